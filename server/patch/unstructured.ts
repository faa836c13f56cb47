import type {Json, JsonObject} from '../api/json.ts';
import {getOwn, isObject} from '../api/json.ts';
import type {Schema, StructSchema} from '../schema/schema.ts';
import {goTypeName} from './go-format.ts';

/**
 * Why a strategically patched object does not become one of its kind, in the words of the converter that reads it (not those of the JSON
 * decoder; k8s.io/apimachinery/pkg/runtime/converter.go). undefined: it does, or the value's own type will complain.
 */
export function conversionError(value: Json, schema: Schema, goType = 'string'): string | undefined {
  if (value === null) return undefined;
  switch (schema.type) {
    case 'struct':
      return isObject(value) ? firstField(value, schema) : `cannot restore struct from: ${goKind(value)}`;
    case 'map':
      return isObject(value) ? first(Object.values(value), schema.values) : `cannot restore map from ${goKind(value)}`;
    case 'list':
      return Array.isArray(value) ? first(value, schema.items) : `cannot restore slice from ${goKind(value)}`;
    case 'string':
      if (typeof value === 'string') return undefined;
      return Number.isInteger(value) ? `cannot convert int64 to ${goType}` : 'unrecognized type: string';
    case 'bool':
      return typeof value === 'boolean' ? undefined : 'unrecognized type: bool';
    case 'int32':
    case 'int64':
      return typeof value === 'number' ? undefined : `unrecognized type: ${schema.type}`;
    case 'double':
      return typeof value === 'number' ? undefined : 'unrecognized type: float64';
    default:
      return undefined;
  }
}

function firstField(object: JsonObject, {fields}: StructSchema): string | undefined {
  for (const [key, {schema, goType}] of fields) {
    const error = conversionError(getOwn(object, key) ?? null, schema, goType);
    if (error !== undefined) return error;
  }
  return undefined;
}

function first(values: readonly (Json | undefined)[], schema: Schema): string | undefined {
  for (const value of values) {
    const error = conversionError(value ?? null, schema);
    if (error !== undefined) return error;
  }
  return undefined;
}

const goKind = (value: Json): string => (Array.isArray(value) ? 'slice' : isObject(value) ? 'map' : goTypeName(value));
