import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {RemoteVersion} from '../extensions/api-services.ts';
import {jsonEqual} from '../patch/equal.ts';

const REFERENCE = '#/definitions/';

/**
 * Adds what other servers serve below their group-versions to this one's Swagger document. Definitions that two servers have alike are one,
 * others of the same name get another (kube-openapi pkg/aggregator, MergeSpecsIgnorePathConflictRenamingDefinitionsAndParameters).
 */
export function mergeOpenApiV2(own: JsonObject, remote: readonly RemoteVersion[]): JsonObject {
  const served = remote.filter(({openapi}) => openapi?.v2);
  if (served.length === 0) return own;
  const paths = new Map(entries(own.paths));
  const definitions = new Map(entries(own.definitions));
  for (const {group, version, openapi} of served) {
    const {document} = openapi!.v2!;
    const prefix = `/apis/${group}/${version}/`;
    const added = entries(document.paths).filter(([path]) => path.startsWith(prefix) || `${path}/` === prefix);
    const renamed = addDefinitions(
      definitions,
      entries(document.definitions),
      added.map(([, item]) => item),
    );
    const parameters = isObject(document.parameters) ? document.parameters : {};
    for (const [path, item] of added) if (!paths.has(path)) paths.set(path, rewrite(inline(item, parameters), renamed));
  }
  return {...own, paths: sorted(paths), definitions: sorted(definitions)};
}

/** The body of /openapi/v3 with the documents that other servers have. */
export function withRemoteDocuments(index: JsonObject, remote: readonly RemoteVersion[]): JsonObject {
  const paths = new Map(entries(index.paths));
  for (const {openapi} of remote)
    for (const [name, entry] of Object.entries(openapi?.v3 ?? {})) if (!paths.has(name)) paths.set(name, entry);
  return {...index, paths: sorted(paths)};
}

/** Who has a document that this server does not have. */
export const documentOwner = (remote: readonly RemoteVersion[], name: string): RemoteVersion | undefined =>
  remote.find(({openapi}) => openapi && Object.hasOwn(openapi.v3, name));

const entries = (value: Json | undefined): [string, Json][] => (isObject(value) ? (Object.entries(value) as [string, Json][]) : []);

const sorted = (values: ReadonlyMap<string, Json>): JsonObject => Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Adds what the paths refer to; the names under which it is known from here on, where they are others. */
function addDefinitions(known: Map<string, Json>, offered: readonly [string, Json][], from: readonly Json[]): ReadonlyMap<string, string> {
  const byName = new Map(offered);
  const needed = new Set<string>();
  const collect = (value: Json): void => {
    for (const name of references(value)) {
      const definition = byName.get(name);
      if (definition === undefined || needed.has(name)) continue;
      needed.add(name);
      collect(definition);
    }
  };
  from.forEach(collect);
  const renamed = new Map<string, string>();
  for (const name of needed) {
    const present = known.get(name);
    if (present === undefined || jsonEqual(present, byName.get(name)!)) continue;
    let number = 2;
    while (known.has(`${name}_v${number}`)) number++;
    renamed.set(name, `${name}_v${number}`);
  }
  for (const name of needed) {
    const target = renamed.get(name) ?? name;
    if (!known.has(target)) known.set(target, rewrite(byName.get(name)!, renamed));
  }
  return renamed;
}

function* references(value: Json): Iterable<string> {
  if (Array.isArray(value)) for (const item of value) yield* references(item);
  else if (isObject(value)) {
    if (typeof value.$ref === 'string' && value.$ref.startsWith(REFERENCE)) yield value.$ref.slice(REFERENCE.length);
    for (const child of Object.values(value)) yield* references(child as Json);
  }
}

const rewrite = (value: Json, renamed: ReadonlyMap<string, string>): Json =>
  renamed.size === 0
    ? value
    : map(value, object => {
        const name = typeof object.$ref === 'string' ? renamed.get(object.$ref.slice(REFERENCE.length)) : undefined;
        return name === undefined ? undefined : {...object, $ref: REFERENCE + name};
      });

/** Parameters that a document shares among its paths are written out: this server's have the names. */
const inline = (value: Json, parameters: JsonObject): Json =>
  map(value, ({$ref}) =>
    typeof $ref === 'string' && $ref.startsWith('#/parameters/') ? (parameters[$ref.slice(13)] as JsonObject | undefined) : undefined,
  );

function map(value: Json, replace: (object: JsonObject) => JsonObject | undefined): Json {
  if (Array.isArray(value)) return value.map(item => map(item, replace));
  if (!isObject(value)) return value;
  const replaced = replace(value);
  return replaced ?? Object.fromEntries(Object.entries(value).map(([name, child]) => [name, map(child as Json, replace)]));
}
