import type {Json, JsonObject} from '../api/json.ts';
import {getOwn, isObject} from '../api/json.ts';
import type {ListSchema} from '../schema/schema.ts';
import {formatGoFloat} from './go-format.ts';

/** An object that cannot be owned field by field, with the text upstream has for it. */
export class TypedError extends Error {}

/** The element of an item of a list of type map (by its keys, absent ones by their default) or set. Throws TypedError. */
export function listElement(list: ListSchema, item: Json | undefined): string {
  return list.listType === 'map' ? keyElement(list, item) : valueElement(item);
}

function keyElement(list: ListSchema, item: Json | undefined): string {
  if (item === null || item === undefined) throw new TypedError('associative list with keys may not have a null element');
  if (!isObject(item)) throw new TypedError('associative list with keys may not have non-map elements');
  let text = '';
  for (const key of sortedKeys(list)) {
    const value = getOwn(item, key) ?? keyDefault(list, key);
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}"${key}":${encode(value)}`;
  }
  if (text === '') {
    const keys = (list.keys ?? []).map(key => JSON.stringify(key)).join(' ');
    throw new TypedError(
      `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`,
    );
  }
  return `k:{${text}}`;
}

/** Most lists have one key. */
const sortedKeys = ({keys = []}: ListSchema): readonly string[] => (keys.length < 2 ? keys : [...keys].sort());

function keyDefault({items}: ListSchema, key: string): Json | undefined {
  return (items.type === 'struct' ? items.fields.get(key)?.default : undefined) ?? undefined;
}

function valueElement(item: Json | undefined): string {
  if (item === null || item === undefined) {
    throw new TypedError("associative list without keys has an element that's an explicit null");
  }
  if (Array.isArray(item)) throw new TypedError('not supported: associative list with lists as elements');
  if (isObject(item)) throw new TypedError("associative list without keys has an element that's a map type");
  return `v:${encode(item)}`;
}

/** Do two items have the same keys? Quicker than comparing their elements. */
export function sameKeys(list: ListSchema, left: Json | undefined, right: Json | undefined): boolean {
  if (list.listType !== 'map') return left === right && typeof left !== 'object';
  if (!isObject(left) || !isObject(right)) return false;
  for (const key of list.keys ?? []) {
    const value = left[key];
    if (value !== right[key] || typeof value === 'object' || value === undefined) return false;
  }
  return true;
}

/** JSON as Go writes it: `<`, `>`, `&` and the line separators escaped. */
const encode = (value: Json): string => {
  const text = JSON.stringify(value);
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
};

const UNSAFE = /[<>&\u2028\u2029]/;
const UNSAFE_ALL = /[<>&\u2028\u2029]/g;

/** Order of elements: the parent itself, fields by name, keys and values by their values, indexes. */
export function compareElements(left: string, right: string): number {
  if (left === right) return 0;
  const kind = left[0]!;
  if (kind !== right[0]) return KINDS.indexOf(kind) - KINDS.indexOf(right[0]!);
  if (kind === 'f') return left < right ? -1 : 1;
  return compareValues(JSON.parse(left.slice(2)) as Json, JSON.parse(right.slice(2)) as Json);
}

const KINDS = '.fkvi';

/** Keys compare name by name, then by value: numbers before strings before booleans, as upstream's value.Compare has it. */
function compareValues(left: Json, right: Json): number {
  if (isObject(left) && isObject(right)) return compareKeys(left, right);
  const kind = valueKind(left) - valueKind(right);
  if (kind !== 0) return kind;
  if (left === right) return 0;
  return (left as string | number) < (right as string | number) ? -1 : 1;
}

const valueKind = (value: Json): number => ['number', 'string', 'boolean'].indexOf(typeof value);

function compareKeys(left: JsonObject, right: JsonObject): number {
  const mine = Object.keys(left).sort();
  const others = Object.keys(right).sort();
  for (let index = 0; index < mine.length && index < others.length; index++) {
    if (mine[index] !== others[index]) return mine[index]! < others[index]! ? -1 : 1;
    const order = compareValues(left[mine[index]!]!, right[others[index]!]!);
    if (order !== 0) return order;
  }
  return mine.length - others.length;
}

/** An element from a client in its one spelling; undefined for a form that does not exist. Throws SyntaxError or TypedError. */
export function canonicalElement(key: string): string | undefined {
  if (key.length < 2) throw new TypedError('key must be 2 characters long:');
  if (key[1] !== ':') throw new TypedError(`missing colon: ${key}`);
  const text = key.slice(2);
  switch (key[0]) {
    case 'f':
      return key;
    case 'v':
      return `v:${encode(JSON.parse(text) as Json)}`;
    case 'i':
      if (!/^[+-]?\d+$/.test(text)) throw new TypedError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
      return `i:${Number(text)}`;
    case 'k': {
      const keys: unknown = JSON.parse(text);
      if (!isObject(keys)) throw new TypedError(`not an object: ${text}`);
      const sorted = Object.keys(keys).sort();
      return `k:{${sorted.map(name => `${JSON.stringify(name)}:${encode(keys[name]!)}`).join(',')}}`;
    }
    default:
      return undefined;
  }
}

/** A path as messages print it: `.spec.containers[name="c"].image`. */
export const formatPath = (path: readonly string[]): string => path.map(formatElement).join('');

export function formatElement(element: string): string {
  const text = element.slice(2);
  if (element[0] === 'f') return `.${text}`;
  if (element[0] === 'i') return `[${text}]`;
  const value = JSON.parse(text) as Json;
  if (element[0] === 'v') return `[=${formatScalar(value)}]`;
  const keys = value as JsonObject;
  return `[${Object.keys(keys)
    .sort()
    .map(key => `${key}=${formatScalar(keys[key]!)}`)
    .join(',')}]`;
}

const formatScalar = (value: Json): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'number' && !Number.isInteger(value) ? formatGoFloat(value) : String(value);
};
