import type {Json} from '../server/api/json.ts';
import type {GroupVersionKind} from '../server/api/object.ts';
import {formatGroupVersion} from '../server/api/object.ts';
import type {ListSchema, ScalarSchema, ScalarType, Schema, StructSchema} from '../server/schema/schema.ts';
import {atomicStruct, type LooseField, structSchema} from '../server/schema/struct-schema.ts';
import type {DefinitionFact, Facts, MessageFieldFact, PropertyFact} from './facts.ts';
import {goTypeOf, propertyType} from './types.ts';

/** The schemas of the built-in kinds. Nodes are built when first walked and then shared. */
export interface Schemas {
  /** By definition name: `api.core.v1.PodSpec`; undefined if there is none. */
  definition(name: string): Schema | undefined;
  /** Kinds of objects, of lists and of options alike; undefined if no definition has the group-version-kind. */
  forKind(kind: GroupVersionKind): StructSchema | undefined;
}

/** Definitions whose JSON is not the struct they are in Go. */
const SPECIAL: {readonly [name: string]: ScalarType} = {
  'apimachinery.pkg.api.resource.Quantity': 'quantity',
  'apimachinery.pkg.apis.meta.v1.Duration': 'duration',
  'apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'apimachinery.pkg.apis.meta.v1.MicroTime': 'microTime',
  'apimachinery.pkg.apis.meta.v1.Patch': 'any',
  'apimachinery.pkg.apis.meta.v1.Time': 'time',
  'apimachinery.pkg.runtime.RawExtension': 'any',
  'apimachinery.pkg.util.intstr.IntOrString': 'intOrString',
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'any',
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'schemaOrArray',
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'schemaOrBool',
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'schemaOrStringArray',
};

const SCALARS: {readonly [type: string]: ScalarSchema} = {
  string: {type: 'string'},
  bytes: {type: 'bytes'},
  bool: {type: 'bool'},
  int32: {type: 'int32'},
  int64: {type: 'int64'},
  double: {type: 'double'},
};

const KNOWN = new WeakMap<Facts, Schemas>();

/** Schemas over the facts of one version; who has the same facts shares them. */
export function schemasOf(facts: Facts): Schemas {
  const known = KNOWN.get(facts) ?? createSchemas(facts);
  KNOWN.set(facts, known);
  return known;
}

function createSchemas(facts: Facts): Schemas {
  const nodes = new Map<string, Schema>();
  const definition = (name: string): Schema | undefined => {
    const known = nodes.get(name);
    if (known) return known;
    const special = SPECIAL[name];
    if (!special && !(name in facts.structs)) return undefined;
    const node: Schema = special ? scalar(special, name, required) : struct(facts, name, required);
    nodes.set(name, node);
    return node;
  };
  const required = (name: string): Schema => {
    const node = definition(name);
    if (!node) throw new Error(`no definition ${name}`);
    return node;
  };
  return {
    definition,
    forKind(kind) {
      const name = facts.kinds.get(`${formatGroupVersion(kind)} ${kind.kind}`);
      return name === undefined ? undefined : (required(name) as StructSchema);
    },
  };
}

type Lookup = (name: string) => Schema;

const scalar = (type: ScalarType, name: string, lookup: Lookup): ScalarSchema =>
  type.startsWith('schemaOr')
    ? {
        type,
        name,
        get object() {
          return lookup(name.replace(/Or\w+$/, '')) as StructSchema;
        },
      }
    : {type, name};

/** A struct whose fields are built on first use: types may contain themselves, and most kinds are never touched. */
function struct(facts: Facts, name: string, lookup: Lookup): StructSchema {
  const definition = facts.definitions[name] ?? {};
  const fieldsOf = () => {
    const fields = new Map<string, LooseField>();
    addFields(facts, name, definition, '', fields, lookup);
    return fields.values();
  };
  return structSchema(name, fieldsOf, {
    ...(definition.map === 'atomic' && {atomic: true}),
    ...(definition.unions !== undefined && {unions: definition.unions}),
  });
}

/** `owner` holds the fields in Go, `definition` is the outermost struct, which has the properties of what it inlines. */
function addFields(
  facts: Facts,
  owner: string,
  definition: DefinitionFact,
  goPath: string,
  fields: Map<string, LooseField>,
  lookup: Lookup,
): void {
  const message = new Map((facts.messages[owner] ?? []).map(field => [field[1], field]));
  for (const word of facts.structs[owner]!.split(' ')) {
    if (word === '') continue;
    if (word.startsWith('+')) {
      const embedded = word.slice(1);
      addFields(facts, embedded, definition, `${goPath}${embedded.slice(embedded.lastIndexOf('.') + 1)}.`, fields, lookup);
      continue;
    }
    const separator = word.indexOf(':');
    const field = separator < 0 ? word : word.slice(0, separator);
    const property = definition.p?.[field] ?? facts.definitions[owner]?.p?.[field];
    if (property === undefined || fields.has(field)) continue;
    const goType = separator < 0 ? undefined : word.slice(separator + 1);
    fields.set(field, makeField(field, property, goType, goPath, message.get(field), definition, lookup));
  }
}

function makeField(
  name: string,
  property: PropertyFact,
  goType: string | undefined,
  goPath: string,
  message: MessageFieldFact | undefined,
  definition: DefinitionFact,
  lookup: Lookup,
): LooseField {
  const details: Exclude<PropertyFact, string> = typeof property === 'string' ? {t: property} : property;
  const type = propertyType(property);
  // apiVersion and kind are no fields of a message; both are omitempty.
  const flags = message?.[3] ?? 'e';
  return {
    name,
    schema: schemaOf(type, details, lookup),
    pointer: flags.includes('p') || type.startsWith('[]') || type.startsWith('{}') || type === 'bytes',
    omitempty: flags.includes('e'),
    omitzero: flags.includes('z'),
    required: definition.req?.includes(name) ?? false,
    goType: goType ?? goTypeOf(type),
    // Every field has the same keys in the same order: decoding reads these objects for each value.
    goPath,
    default: details.def as Json | undefined,
    enum: details.enum,
    patchStrategy: details.patch,
    patchMergeKey: details.mergeKey,
    number: message?.[0],
  };
}

function schemaOf(type: string, details: Exclude<PropertyFact, string>, lookup: Lookup): Schema {
  if (type.startsWith('[]')) {
    const items = schemaOf(type.slice(2), {t: ''}, lookup);
    const list: ListSchema = {type: 'list', items, listType: details.list ?? 'atomic'};
    return details.keys ? {...list, keys: details.keys} : list;
  }
  if (type.startsWith('{}')) {
    const values = schemaOf(type.slice(2), {t: ''}, lookup);
    return details.map === 'atomic' ? {type: 'map', values, atomic: true} : {type: 'map', values};
  }
  const plain = SCALARS[type.split(':')[0]!] ?? (type === 'any' || type === 'object' ? {type: 'any'} : undefined);
  if (plain) return plain;
  const node = lookup(type);
  return details.map === 'atomic' && node.type === 'struct' && !node.atomic ? atomicStruct(node) : node;
}
