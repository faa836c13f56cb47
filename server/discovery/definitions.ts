import type {Descriptions} from '../../openapi/descriptions.ts';
import type {DefinitionFact, Facts, PropertyFact} from '../../openapi/facts.ts';
import {propertyType} from '../../openapi/types.ts';
import type {Json, JsonObject} from '../api/json.ts';
import type {GroupVersion, GroupVersionKind} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {Resource} from '../resources/resource.ts';
import type {Operation, TypeName} from './operations.ts';
import {kindKey} from './operations.ts';

/** What OpenAPI documents are made from. */
export interface OpenApiSource {
  readonly facts: Facts;
  /** undefined: documents without descriptions. */
  readonly descriptions: Descriptions | undefined;
  /** The schema of a custom resource's kind, as OpenAPI v3; its metadata and list kind are added. undefined: any object. */
  customSchema?(resource: Resource): JsonObject | undefined;
}

/** Version 3 says allOf, default and components; version 2 is poorer. */
export type OpenApiVersion = 2 | 3;

/** Name of a kind's definition in documents: `io.k8s.api.core.v1.Pod`, or for a custom kind `com.example.stable.v1.CronTab`. */
export function modelName(facts: Facts, type: Exclude<TypeName, 'string'>): string {
  const name = builtInName(facts, type);
  return name === undefined ? customName(type as GroupVersionKind) : `io.k8s.${name}`;
}

/** What the facts call a type; undefined: it is a custom one, though its name may begin with `io.k8s.` too. */
const builtInName = (facts: Facts, type: Exclude<TypeName, 'string'>): string | undefined =>
  'definition' in type ? type.definition : facts.kinds.get(kindKey(type));

export const reference = (name: string, version: OpenApiVersion): string =>
  `#/${version === 3 ? 'components/schemas' : 'definitions'}/${name}`;

/**
 * The definitions that operations need, with all they refer to, sorted by name. `of`: the document's group-version, which DeleteOptions and
 * WatchEvent list as one of theirs.
 */
export function definitionsFor(
  source: OpenApiSource,
  operations: readonly Operation[],
  resources: readonly Resource[],
  version: OpenApiVersion,
  of: readonly GroupVersion[],
): JsonObject {
  const {facts} = source;
  const names = new Set<string>();
  const custom = new Map<string, JsonObject>();
  for (const type of operations.flatMap(({body, responses}) => [body, ...Object.values(responses)])) {
    if (type === undefined || type === 'string') continue;
    const name = builtInName(facts, type);
    if (name !== undefined) collect(facts, name, names);
    else if (!custom.has(modelName(facts, type))) addCustom(source, type as GroupVersionKind, resources, version, custom, names);
  }
  const built: [string, Json][] = [...names].map(name => [`io.k8s.${name}`, definition(source, name, version, of)]);
  return Object.fromEntries([...built, ...custom].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const customName = ({group, version, kind}: GroupVersionKind): string => [...group.split('.').reverse(), version, kind].join('.');

function collect(facts: Facts, name: string, into: Set<string>): void {
  const fact = facts.definitions[name];
  if (!fact || into.has(name)) return;
  into.add(name);
  for (const property of Object.values(fact.p ?? {})) collect(facts, propertyType(property).replace(/^(\[\]|\{\})+/, ''), into);
}

function definition({facts, descriptions}: OpenApiSource, name: string, version: OpenApiVersion, of: readonly GroupVersion[]): JsonObject {
  const fact = facts.definitions[name]!;
  const texts = descriptions?.[name];
  const about = texts?.[''];
  const head: JsonObject = about === undefined ? {} : {description: about};
  if (fact.as) return {...head, ...(version === 2 ? plainForm(fact.as) : fact.as)};
  const properties = Object.entries(fact.p ?? {}).map(([field, property]): [string, Json] => {
    const text = texts?.[field];
    return [field, {...(text !== undefined && {description: text}), ...expand(property, version)}];
  });
  return {
    ...head,
    type: 'object',
    ...(fact.req && {required: [...fact.req]}),
    ...(properties.length > 0 && {properties: Object.fromEntries(properties)}),
    ...(fact.gvk && {'x-kubernetes-group-version-kind': kindsIn(name, fact, of)}),
    ...(fact.map !== undefined && {'x-kubernetes-map-type': fact.map}),
    ...(fact.unions !== undefined && {'x-kubernetes-unions': fact.unions}),
  };
}

/** Any group-version has DeleteOptions and WatchEvent of its own. */
const EVERYWHERE = new Set(['apimachinery.pkg.apis.meta.v1.DeleteOptions', 'apimachinery.pkg.apis.meta.v1.WatchEvent']);

function kindsIn(name: string, {gvk = []}: DefinitionFact, of: readonly GroupVersion[]): JsonObject[] {
  const own = gvk.map((text): GroupVersionKind => {
    const [groupVersion, kind] = text.split(' ') as [string, string];
    return {...parseGroupVersion(groupVersion)!, kind};
  });
  const all = EVERYWHERE.has(name)
    ? [...own, ...of.filter(({group}) => group !== '').map(groupVersion => ({...groupVersion, kind: own[0]!.kind}))]
    : own;
  return all.map(({group, kind, version}) => ({group, kind, version}));
}

/** Version 2 knows no oneOf. */
const plainForm = (form: JsonObject): JsonObject =>
  form.oneOf === undefined ? form : {type: 'string', ...(form.format !== undefined && {format: form.format})};

const SCALARS: {readonly [type: string]: JsonObject} = {
  bool: {type: 'boolean'},
  bytes: {type: 'string', format: 'byte'},
  string: {type: 'string'},
  int32: {type: 'integer', format: 'int32'},
  int64: {type: 'integer', format: 'int64'},
  double: {type: 'number', format: 'double'},
  integer: {type: 'integer'},
  number: {type: 'number'},
  object: {type: 'object'},
  any: {},
};

function expand(property: PropertyFact, version: OpenApiVersion): JsonObject {
  const details: Exclude<PropertyFact, string> = typeof property === 'string' ? {t: property} : property;
  const type = details.t;
  const inner = type.slice(2);
  const schema: JsonObject = type.startsWith('[]')
    ? {type: 'array', items: element(inner, details, version)}
    : type.startsWith('{}')
      ? {type: 'object', additionalProperties: element(inner, details, version)}
      : (SCALARS[type] ?? pointTo(type, version, details.direct === true));
  return {
    ...schema,
    ...(details.def !== undefined && version === 3 && {default: details.def}),
    ...(details.enum && {enum: [...details.enum]}),
    ...(details.keys && {'x-kubernetes-list-map-keys': [...details.keys]}),
    ...(details.list !== undefined && {'x-kubernetes-list-type': details.list}),
    ...(details.map !== undefined && {'x-kubernetes-map-type': details.map}),
    ...(details.mergeKey !== undefined && {'x-kubernetes-patch-merge-key': details.mergeKey}),
    ...(details.patch !== undefined && {'x-kubernetes-patch-strategy': details.patch}),
  };
}

/** A reference stands alone, or in allOf so that more may stand beside it. */
function pointTo(type: string, version: OpenApiVersion, direct: boolean): JsonObject {
  const $ref = reference(`io.k8s.${type}`, version);
  return version === 2 || direct ? {$ref} : {allOf: [{$ref}]};
}

/** Items and values carry their type's zero value as default. */
function element(type: string, details: Exclude<PropertyFact, string>, version: OpenApiVersion): JsonObject {
  if (type.startsWith('[]') || type.startsWith('{}')) return expand(type, version);
  const zero = details.elemDef === undefined ? zeroOf(type) : (details.elemDef ?? undefined);
  const scalar = SCALARS[type];
  const enumeration = details.elemEnum && {enum: [...details.elemEnum]};
  const fallback = zero !== undefined && version === 3 && {default: zero};
  if (scalar) return {...scalar, ...fallback, ...enumeration};
  return {...fallback, ...pointTo(type, version, fallback === false), ...enumeration};
}

function zeroOf(type: string): Json | undefined {
  if (type === 'string') return '';
  if (type === 'int32' || type === 'int64') return 0;
  if (type === 'bool') return false;
  return type === 'bytes' || type.endsWith('Quantity') ? undefined : {};
}

function addCustom(
  source: OpenApiSource,
  kind: GroupVersionKind,
  resources: readonly Resource[],
  version: OpenApiVersion,
  into: Map<string, JsonObject>,
  names: Set<string>,
): void {
  const own = (resource: Resource, name: string) =>
    resource.group === kind.group && resource.version === kind.version && name === kind.kind;
  const kinds = {'x-kubernetes-group-version-kind': [{group: kind.group, kind: kind.kind, version: kind.version}]};
  const single = resources.find(resource => own(resource, resource.kind));
  if (single) {
    into.set(customName(kind), {...customObject(source, single, version), ...kinds});
    collect(source.facts, 'apimachinery.pkg.apis.meta.v1.ObjectMeta', names);
    return;
  }
  const listed = resources.find(resource => own(resource, resource.listKind));
  if (!listed) return;
  into.set(customName(kind), {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: {type: 'string'},
      items: {type: 'array', items: {$ref: reference(customName(listed), version)}},
      kind: {type: 'string'},
      metadata: {$ref: reference('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta', version)},
    },
    ...kinds,
  });
  collect(source.facts, 'apimachinery.pkg.apis.meta.v1.ListMeta', names);
  addCustom(source, listed, resources, version, into, names);
}

/** A schema with the fields every object has; a kind without schema stays open, for else clients would take it to have no other fields. */
function customObject(source: OpenApiSource, resource: Resource, version: OpenApiVersion): JsonObject {
  const schema = source.customSchema?.(resource);
  if (!schema || (version === 2 && schema['x-kubernetes-preserve-unknown-fields'] === true)) return {type: 'object'};
  return {
    ...schema,
    properties: {
      ...(schema.properties as JsonObject | undefined),
      apiVersion: {type: 'string'},
      kind: {type: 'string'},
      metadata: {$ref: reference('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', version)},
    },
  };
}
