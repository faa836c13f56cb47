import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {ListSchema, Schema} from '../schema/schema.ts';
import {formatGoSyntax, formatGoValue, goTypeName} from './go-format.ts';
import {formatElement, listElement, TypedError} from './path-element.ts';
import {isDeclared, memberSchema} from './typed.ts';

/**
 * What keeps a configuration from being read with the schema, each with its path: `.data.a: expected string, got …`. Of several
 * undeclared fields of one object only the first is told; the rest of that object is not looked at.
 */
export function typedErrors(value: Json, schema: Schema): string[] {
  const errors: string[] = [];
  visit(value, schema, '', errors);
  return errors;
}

/** The text of an error list as upstream joins it. */
export const joinErrors = (errors: readonly string[]): string =>
  errors.length === 1 ? errors[0]! : ['errors:', ...errors.map(error => `  ${error}`)].join('\n');

const report = (errors: string[], path: string, message: string): void => {
  errors.push(path === '' ? message : `${path}: ${message}`);
};

function visit(value: Json, schema: Schema, path: string, errors: string[]): void {
  if (value === null) return;
  switch (schema.type) {
    case 'struct':
    case 'map':
      if (isObject(value)) visitMembers(value, schema, path, errors);
      else report(errors, path, `expected map, got ${goReference(value)}`);
      return;
    case 'list':
      if (Array.isArray(value)) visitItems(value, schema, path, errors);
      else report(errors, path, `expected list, got ${goReference(value)}`);
      return;
    case 'string':
    case 'bytes':
    case 'time':
    case 'microTime':
    case 'duration':
      if (typeof value !== 'string') report(errors, path, `expected string, got &value.valueUnstructured{Value:${formatGoSyntax(value)}}`);
      return;
    case 'bool':
      if (typeof value !== 'boolean') report(errors, path, `expected boolean, got ${goReference(value)}`);
      return;
    case 'quantity':
      if (typeof value === 'object') report(errors, path, `expected any scalar, got ${goReference(value)}`);
      return;
    case 'int32':
    case 'int64':
    case 'double':
      if (typeof value !== 'number') report(errors, path, `expected numeric (int or float), got ${goTypeName(value)}`);
  }
}

const goReference = (value: Json): string => `&{${formatGoValue(value)}}`;

function visitMembers(object: JsonObject, schema: Schema, path: string, errors: string[]): void {
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    const place = `${path}.${key}`;
    if (schema.type === 'struct' && !isDeclared(schema, key) && !schema.undeclared) {
      report(errors, place, 'field not declared in schema');
      return;
    }
    visit(value, memberSchema(schema, key), place, errors);
  }
}

function visitItems(list: readonly Json[], schema: ListSchema, path: string, errors: string[]): void {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    let place = `[${index}]`;
    if (schema.listType !== 'atomic') {
      const element = tryElement(schema, item, index, path, errors);
      if (element === undefined) return;
      place = formatElement(element);
      if (seen.has(element)) report(errors, path, `duplicate entries for key ${place}`);
      seen.add(element);
    }
    visit(item, schema.items, path + place, errors);
  }
}

function tryElement(schema: ListSchema, item: Json, index: number, path: string, errors: string[]): string | undefined {
  try {
    return listElement(schema, item);
  } catch (error) {
    if (!(error instanceof TypedError)) throw error;
    report(errors, path, `element ${index}: ${error.message}`);
    return undefined;
  }
}
