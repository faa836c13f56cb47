import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {ListSchema, MapSchema, ScalarSchema, Schema, StructSchema} from '../schema/schema.ts';

/**
 * How a value is owned (sigs.k8s.io/structured-merge-diff): a leaf as a whole, a map or struct by field, a list of type set or map by
 * item. Where nothing is known of a value, objects are owned by field and lists as a whole.
 */
export type Shape = 'leaf' | 'fields' | 'items' | 'deduced';

export const DEDUCED: Schema = {type: 'any'};

/** Forms whose OpenAPI schema names no type: upstream deduces one from the value. */
const UNTYPED: ReadonlySet<Schema['type']> = new Set<Schema['type']>([
  'any',
  'intOrString',
  'schemaOrArray',
  'schemaOrBool',
  'schemaOrStringArray',
]);

export function shapeOf(schema: Schema): Shape {
  switch (schema.type) {
    case 'struct':
    case 'map':
      return schema.atomic ? 'leaf' : 'fields';
    case 'list':
      return schema.listType === 'atomic' ? 'leaf' : 'items';
    default:
      return UNTYPED.has(schema.type) && !isRawExtension(schema) ? 'deduced' : 'leaf';
  }
}

/** The one arbitrary value that is owned as a whole (kube-openapi, schemaconv). */
const isRawExtension = ({name}: ScalarSchema): boolean => name === 'apimachinery.pkg.runtime.RawExtension';

/** The schema of a member; what a struct does not declare is deduced. */
export function memberSchema(schema: Schema, key: string): Schema {
  if (schema.type === 'struct') return schema.fields.get(key)?.schema ?? schema.undeclared ?? DEDUCED;
  return schema.type === 'map' ? schema.values : DEDUCED;
}

/** The element of a member in a set of fields. */
export const memberElement = (schema: Schema, key: string): string =>
  (schema.type === 'struct' ? schema.fields.get(key)?.element : undefined) ?? `f:${key}`;

export const isDeclared = (schema: Schema, key: string): boolean => schema.type === 'struct' && schema.fields.has(key);

/** What an element of a field set leads to. */
export function elementSchema(schema: Schema, element: string): Schema {
  if (element[0] === 'f') return memberSchema(schema, element.slice(2));
  return schema.type === 'list' && element[0] === 'k' ? schema.items : DEDUCED;
}

export const hasMembers = (value: Json | undefined): value is JsonObject => {
  if (!isObject(value)) return false;
  for (const key in value) if (value[key] !== undefined) return true;
  return false;
};

export const hasItems = (value: Json | undefined): value is Json[] => Array.isArray(value) && value.length > 0;

/**
 * The object a kind has before anything is set: what Go encodes of the zero value (`spec: {containers: null}`). A new object is compared
 * with it, so that structs that are always there are not owned themselves.
 */
export function zeroValue(schema: StructSchema): JsonObject {
  const zero: JsonObject = {};
  for (const {name, schema: type, pointer, omitempty, omitzero} of schema.fields.values()) {
    if (pointer) {
      if (!omitempty) zero[name] = null;
    } else if (type.type === 'struct') {
      if (!omitzero) zero[name] = zeroValue(type);
    } else if (!omitzero && (!omitempty || isGoStruct(type))) zero[name] = zeroScalar(type);
  }
  return zero;
}

/** Types that are structs in Go, which `omitempty` does not leave out. */
const isGoStruct = ({type}: Schema): boolean =>
  ['time', 'microTime', 'duration', 'quantity', 'intOrString', 'any', 'schemaOrArray', 'schemaOrBool', 'schemaOrStringArray'].includes(
    type,
  );

function zeroScalar(schema: Exclude<Schema, StructSchema> | ListSchema | MapSchema): Json {
  switch (schema.type) {
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0;
    case 'string':
      return '';
    case 'quantity':
      return '0';
    case 'duration':
      return '0s';
    default:
      return null;
  }
}
