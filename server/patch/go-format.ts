import type {Json} from '../api/json.ts';
import {isObject} from '../api/json.ts';

/** What Go's JSON decoder calls a value in `cannot unmarshal … into Go value`. */
export const jsonTypeName = (value: Json): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
};

/** Go's `%v` of a decoded JSON value: `map[a:1 b:[x y]]`. Whole numbers are int64 as the API server decodes patches. */
export function formatGoValue(value: Json | undefined): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(formatGoValue).join(' ')}]`;
  if (isObject(value)) {
    return `map[${goKeys(value)
      .map(key => `${key}:${formatGoValue(value[key])}`)
      .join(' ')}]`;
  }
  return typeof value === 'number' && !Number.isInteger(value) ? formatGoFloat(value) : String(value);
}

/** Go's `%#v` of a value decoded from YAML, where every number is a float64: `map[string]interface {}{"a":1}`. */
export function formatGoSyntax(value: Json | undefined): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(formatGoSyntax).join(', ')}}`;
  if (isObject(value)) {
    return `map[string]interface {}{${goKeys(value)
      .map(key => `${JSON.stringify(key)}:${formatGoSyntax(value[key])}`)
      .join(', ')}}`;
  }
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'number' ? formatGoFloat(value) : String(value);
}

/** Go's `%T` of a decoded JSON value. */
export function goTypeName(value: Json | undefined): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** Go's `%v` of a float64 (%g): the shortest digits, from 1e+06 on and below 1e-04 with an exponent of at least two. */
export function formatGoFloat(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e6)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

const goKeys = (value: {[key: string]: Json | undefined}): string[] =>
  Object.keys(value)
    .filter(key => value[key] !== undefined)
    .sort();
