/**
 * Writes the committed facts of a Kubernetes version, `openapi/<version>/*.json`, from a folder of recorded ones:
 * `npx tsx openapi/import-facts.ts <folder> [version]`. The folder holds `schemas/` (definitions in short form), `protobuf.json`,
 * `discovery/` (the answers), `table-columns.json`, `field-selectors.json`, `behaviour.json`, and `go-types.json`: per Go struct its
 * fields in order, each `json name:Go type:tag options` or `+Embedded:Go type`, as reflection over the API types prints them.
 * What is derivable is left out: documents and paths of OpenAPI follow from the resources, group lists from the group-versions.
 */
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {BehaviourFact, ColumnFact, DefinitionFact, GroupVersionFact, MessageFieldFact, ResourceFact} from './facts.ts';
import {goTypeOf, propertyType} from './types.ts';

const [folder, version = '1.36'] = process.argv.slice(2);
if (!folder) throw new Error('usage: import-facts.ts <folder> [version]');
const target = new URL(`./${version}/`, import.meta.url);
mkdirSync(target, {recursive: true});

const read = <T>(file: string): T => JSON.parse(readFileSync(join(folder, file), 'utf8')) as T;
/** One line per entry: small, and a change shows as a line of a diff. */
const write = (file: string, entries: readonly (readonly [string, unknown])[]): void =>
  writeFileSync(
    new URL(file, target),
    `{\n${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',\n')}\n}\n`,
  );

const definitions: Record<string, DefinitionFact> = {};
for (const file of readdirSync(join(folder, 'schemas')).sort())
  if (file !== 'documents.json') Object.assign(definitions, read<Record<string, DefinitionFact>>(`schemas/${file}`));
write('schemas.json', sorted(definitions));
write('protobuf.json', sorted(read<{messages: Record<string, MessageFieldFact[]>}>('protobuf.json').messages));
write('structs.json', structs(read<Record<string, string[]>>('go-types.json')));

const groups = [
  'v1',
  ...read<{groups: {versions: {groupVersion: string}[]}[]}>('discovery/apis.json').groups.flatMap(group =>
    group.versions.map(each => each.groupVersion),
  ),
];
const groupVersions = groups.map((groupVersion): GroupVersionFact => {
  const [group, name] = groupVersion.includes('/') ? (groupVersion.split('/') as [string, string]) : ['', groupVersion];
  const file = group === '' ? 'api-v1' : `gv-${group}-${name}`;
  return {group, version: name, resources: read<{resources: ResourceFact[]}>(`discovery/${file}.json`).resources};
});
writeFileSync(new URL('discovery.json', target), `[\n${groupVersions.map(each => JSON.stringify(each)).join(',\n')}\n]\n`);

write('server.json', [
  ['version', read('discovery/version.json')],
  ['rootPaths', read('discovery/root-paths.json')],
  ['protobufPackages', read<{packages: unknown}>('protobuf.json').packages],
  ['openapiV2Parameters', Object.keys(read<{parameters: object}>('openapi-v2.json').parameters)],
  ['openapiV2ExtraKinds', read<{deleteOptionsAndWatchEventKinds: unknown}>('openapi-v2.json').deleteOptionsAndWatchEventKinds],
]);

const columns = read<{columns: Record<string, ColumnFact[]>}>('table-columns.json').columns;
const labels = read<{accepted: Record<string, string[]>}>('field-selectors.json').accepted;
const behaviour = read<{resources: Record<string, Recorded>}>('behaviour.json').resources;
write(
  'resources.json',
  Object.keys({...columns, ...labels, ...behaviour})
    .filter(key => groups.includes(key.split(' ')[0]!))
    .map(key => [key, {columns: columns[key], fieldLabels: labels[key], behaviour: behaviour[key] && compact(behaviour[key])}]),
);

interface Recorded {
  generationOnCreate: number | null;
  generationMovesOn?: string[];
  updateWithoutResourceVersion: boolean;
  createOnUpdate: boolean;
  deleteAnswers: string;
  finalizersOnCreate?: string[];
  names?: string;
  etcd?: {key: string; storedAs: string};
  status?: Record<string, unknown>;
}

function compact(fact: Recorded): BehaviourFact {
  const status =
    fact.status &&
    Object.fromEntries(['onCreate', 'mainPut', 'labels', 'annotations', 'finalizers', 'spec'].map(key => [key, fact.status![key]]));
  return {
    storageKey: fact.etcd?.key,
    storedAs: fact.etcd?.storedAs,
    generationOnCreate: fact.generationOnCreate,
    generationMovesOn: fact.generationMovesOn,
    unconditionalUpdate: fact.updateWithoutResourceVersion,
    createOnUpdate: fact.createOnUpdate,
    returnsDeleted: fact.deleteAnswers === 'object',
    finalizersOnCreate: fact.finalizersOnCreate,
    names: fact.names?.split(' '),
    status: status as BehaviourFact['status'],
  };
}

function sorted<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Field names in Go's order; the Go type only where it does not follow from the OpenAPI property; embedded structs by definition name. */
function structs(types: Record<string, string[]>): [string, string][] {
  const byGoName = (owner: string, goType: string): string => {
    const candidates = Object.keys(types).filter(name => name.endsWith(`.${goType.replace('*', '')}`));
    const prefix = owner.slice(0, owner.lastIndexOf('.'));
    const found =
      candidates.find(name => name.startsWith(`${prefix}.`)) ?? candidates.find(name => name.includes('.meta.v1.')) ?? candidates[0];
    if (!found) throw new Error(`${owner}: no struct ${goType}`);
    return found;
  };
  const used = new Map<string, string>();
  const add = (name: string): void => {
    if (used.has(name) || !types[name]) return;
    used.set(name, '');
    const fields = types[name].map(text => {
      const [field, goType] = text.split(':') as [string, string];
      if (field.startsWith('+')) {
        const embedded = byGoName(name, goType);
        add(embedded);
        return `+${embedded}`;
      }
      const plain = goType.replace('*', '');
      const property = definitions[name]?.p?.[field];
      return property !== undefined && goTypeOf(propertyType(property)) === plain ? field : `${field}:${plain}`;
    });
    used.set(name, fields.join(' '));
  };
  for (const [name, definition] of sorted(definitions)) if (!definition.as) add(name);
  return sorted(Object.fromEntries(used));
}

interface BootstrapList {
  kind: string;
  apiVersion: string;
  items: {metadata: Record<string, unknown>; [field: string]: unknown}[];
}

// What differs from server to server is made by server/bootstrap.ts.
const OWN_VALUES = /^(core\.(configmaps|endpoints|services)|coordination|discovery|networking)/;

/** The objects that an API server makes in a fresh cluster, as they would be sent. */
function bootstrapObjects(): (readonly [string, unknown])[] {
  const {fromControllers} = read<{fromControllers: string[]}>('bootstrap/counts.json');
  const files = readdirSync(join(folder!, 'bootstrap')).filter(file => /\..*\.json$/.test(file) && !OWN_VALUES.test(file));
  return files.sort().map(file => {
    const {apiVersion, kind, items} = read<BootstrapList>(`bootstrap/${file}`);
    const resource = file.split('.').at(-2)!;
    const made = items.filter(
      ({metadata}) => !fromControllers.includes(`${resource} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`),
    );
    return [`${apiVersion} ${resource}`, made.map(item => bootstrapObject(apiVersion, kind.replace(/List$/, ''), item))];
  });
}

function bootstrapObject(apiVersion: string, kind: string, {metadata, ...rest}: BootstrapList['items'][number]): unknown {
  const {uid: _uid, resourceVersion: _version, creationTimestamp: _time, generation: _generation, ...kept} = metadata;
  // An aggregated role gets its rules from the controller.
  if (rest.aggregationRule) rest.rules = null;
  return {apiVersion, kind, metadata: kept, ...rest};
}

write(
  'bootstrap.json',
  bootstrapObjects().filter(([, objects]) => (objects as unknown[]).length > 0),
);
