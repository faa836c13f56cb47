import type {FieldError, FieldPath} from '../api/field.ts';
import {at, child, duplicate, invalid} from '../api/field.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {Structural} from './structural.ts';

/** Sets without repeats and map lists without repeated keys (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype). */
export function validateListTypes(value: Json | undefined, schema: Structural, path: FieldPath): FieldError[] {
  if (Array.isArray(value)) {
    const inner = schema.items ? value.flatMap((item, index) => validateListTypes(item, schema.items!, at(path, index))) : [];
    return [...listErrors(value, schema, path), ...inner];
  }
  if (!isObject(value)) return [];
  const {additionalProperties, properties} = schema;
  const names = Object.keys(value);
  const errors = (name: string, member: Structural | undefined, place: FieldPath): FieldError[] =>
    member ? validateListTypes(value[name], member, place) : [];
  return [
    ...(typeof additionalProperties === 'object' ? names.flatMap(name => errors(name, additionalProperties, at(path, name))) : []),
    ...names.flatMap(name => errors(name, properties.get(name), child(path, name))),
  ];
}

function listErrors(value: Json[], {listType, listMapKeys}: Structural, path: FieldPath): FieldError[] {
  if (listType === 'set') return repeats(value, path);
  if (listType !== 'map') return [];
  const stranger = value.findIndex(item => item !== null && !isObject(item));
  if (stranger >= 0) return [invalid(at(path, stranger), value[stranger], 'must be an object for an array of list-type map')];
  return repeats(
    value.map(item => keysOf(item as JsonObject | null, listMapKeys)),
    path,
  );
}

/** The part of an item that names it; keys that it does not have are left out. */
const keysOf = (item: JsonObject | null, keys: readonly string[]): JsonObject =>
  Object.fromEntries(keys.filter(key => item !== null && Object.hasOwn(item, key)).map(key => [key, item![key]!]));

/** Each value is told once, where it comes again the first time. */
function repeats(list: Json[], path: FieldPath): FieldError[] {
  const seen = new Map<string, boolean>();
  const errors: FieldError[] = [];
  for (const [index, item] of list.entries()) {
    const key = JSON.stringify(item);
    const told = seen.get(key);
    if (told === false) errors.push(duplicate(at(path, index), item));
    seen.set(key, told !== undefined);
  }
  return errors;
}
