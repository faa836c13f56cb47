import type {CelType} from './types.ts';

/**
 * A value of an expression. Integers are bigint, doubles number, bytes Uint8Array; the rest are tagged objects.
 * Errors are values too: && and || may absorb them.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | List
  | CelMap
  | Structure
  | Optional
  | TypeValue
  | Opaque
  | CelError;

export interface Uint {
  readonly kind: 'uint';
  readonly value: bigint;
}
/** Nanoseconds since 1970. */
export interface Timestamp {
  readonly kind: 'timestamp';
  readonly nanos: bigint;
  /** Minutes east of UTC, as it was written; absent: UTC. */
  readonly offset?: number;
}
export interface Duration {
  readonly kind: 'duration';
  readonly nanos: bigint;
}
export interface List {
  readonly kind: 'list';
  readonly items: readonly Value[];
  /** x-kubernetes-list-type set and map change what == and + mean. */
  readonly listType?: 'set' | 'map';
  readonly keys?: readonly string[];
}
/** Entries by `mapKey` of their keys. */
export interface CelMap {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, readonly [Value, Value]>;
}
/** An object with declared fields. */
export interface Structure {
  readonly kind: 'object';
  readonly type: string;
  /** undefined: not set, or no such field. */
  get(field: string): Value | undefined;
  /** Names of the fields that are set. */
  fields(): readonly string[];
}
export interface Optional {
  readonly kind: 'optional';
  readonly value: Value | undefined;
}
export interface TypeValue {
  readonly kind: 'type';
  readonly name: string;
}
/** Values of the libraries: addresses, quantities, URLs … */
export interface Opaque {
  readonly kind: 'opaque';
  readonly type: string;
  readonly value: unknown;
  equals(other: unknown): boolean;
}
export interface CelError {
  readonly kind: 'error';
  readonly message: string;
}

export const failure = (message: string): CelError => ({kind: 'error', message});
export const isError = (value: Value): value is CelError =>
  typeof value === 'object' && value !== null && (value as {kind?: string}).kind === 'error';
export const uint = (value: bigint): Uint => ({kind: 'uint', value});
export const timestamp = (nanos: bigint, offset?: number): Timestamp => ({kind: 'timestamp', nanos, ...(offset && {offset})});
export const duration = (nanos: bigint): Duration => ({kind: 'duration', nanos});
export const list = (items: readonly Value[]): List => ({kind: 'list', items});
export const optional = (value: Value | undefined): Optional => ({kind: 'optional', value});
export const opaque = <T>(type: string, value: T, equals: (other: T) => boolean): Opaque => ({
  kind: 'opaque',
  type,
  value,
  equals: other => equals(other as T),
});

/** A map of entries; a key that is there already is an error of the caller's making. */
export function mapOfEntries(entries: Iterable<readonly [Value, Value]>): CelMap {
  const result = new Map<string, readonly [Value, Value]>();
  for (const entry of entries) result.set(mapKey(entry[0])!, entry);
  return {kind: 'map', entries: result};
}

/** Keys that are equal have one text; undefined: no key can be so. */
export function mapKey(key: Value): string | undefined {
  switch (typeof key) {
    case 'string':
      return `s${key}`;
    case 'boolean':
      return `b${key}`;
    case 'bigint':
      return `n${key}`;
    case 'number':
      return Number.isInteger(key) ? `n${BigInt(key)}` : `d${key}`;
    default:
      return isTagged(key, 'uint') ? `n${key.value}` : undefined;
  }
}

export function isTagged<K extends Exclude<Value, null | boolean | bigint | number | string | Uint8Array>['kind']>(
  value: Value,
  kind: K,
): value is Extract<Value, {kind: K}> {
  return typeof value === 'object' && value !== null && (value as {kind?: string}).kind === kind;
}

/** The name of a value's type, as type(x) and overload errors have it. */
export function typeName(value: Value): string {
  if (value === null) return 'null_type';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
  }
  if (value instanceof Uint8Array) return 'bytes';
  switch (value.kind) {
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    case 'object':
    case 'opaque':
      return value.type;
    case 'optional':
      return 'optional_type';
    default:
      return value.kind;
  }
}

const GO_TYPES: {readonly [name: string]: string} = {
  null_type: 'types.Null',
  bool: 'types.Bool',
  int: 'types.Int',
  uint: 'types.Uint',
  double: 'types.Double',
  string: 'types.String',
  bytes: 'types.Bytes',
  type: '*types.Type',
  list: '*common.unstructuredList',
  optional_type: '*types.Optional',
  'google.protobuf.Timestamp': 'types.Timestamp',
  'google.protobuf.Duration': 'types.Duration',
};

/** How Go calls what holds a value: some errors name it. */
export function goTypeName(value: Value): string {
  if (isTagged(value, 'map') || isTagged(value, 'object')) return '*common.unstructuredMap';
  if (isTagged(value, 'opaque')) return `cel.${value.type.split('.').at(-1)}`;
  const name = typeName(value);
  return GO_TYPES[name] ?? name;
}

/** Can a value be an argument of a type? Used where the checker could not know. */
export function isOfType(value: Value, type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
    case 'error':
      return true;
    case 'null':
      return value === null;
    case 'type':
      return isTagged(value, 'type');
    default:
      return typeName(value) === type.name;
  }
}

/** Universal equality: values of different types are unequal, numbers compare across types. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object')
    return isNumeric(a) && isNumeric(b) && compareNumbers(a, b) === 0;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (b instanceof Uint8Array || a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'uint':
      return a.value === (b as Uint).value;
    case 'timestamp':
    case 'duration':
      return a.nanos === (b as Duration).nanos;
    case 'list':
      return equalLists(a, b as List);
    case 'map':
      return equalMaps(a, b as CelMap);
    case 'object':
      return equalStructures(a, b as Structure);
    case 'optional':
      return equalOptionals(a, b as Optional);
    case 'type':
      return a.name === (b as TypeValue).name;
    case 'opaque':
      return a.type === (b as Opaque).type && a.equals((b as Opaque).value);
    default:
      return false;
  }
}

export const isNumeric = (value: Value): value is bigint | number | Uint =>
  typeof value === 'bigint' || typeof value === 'number' || isTagged(value, 'uint');

/** -1, 0, 1; NaN is not comparable. */
export function compareNumbers(a: bigint | number | Uint, b: bigint | number | Uint): number {
  const left = typeof a === 'object' ? a.value : a;
  const right = typeof b === 'object' ? b.value : b;
  return left < right ? -1 : left > right ? 1 : !(left > right) && left >= right ? 0 : Number.NaN;
}

function equalLists(a: List, b: List): boolean {
  if (a.items.length !== b.items.length) return false;
  if (a.listType === 'set' || b.listType === 'set') return a.items.every(item => b.items.some(other => equal(item, other)));
  if (a.listType === 'map') {
    return a.items.every(item => {
      const key = listMapKey(item, a.keys!);
      return b.items.some(other => listMapKey(other, a.keys!) === key && equal(item, other));
    });
  }
  return a.items.every((item, index) => equal(item, b.items[index]!));
}

/** What identifies an item of a map list. */
export function listMapKey(item: Value, keys: readonly string[]): string {
  return JSON.stringify(keys.map(key => (isTagged(item, 'object') ? (mapKey(item.get(key) ?? null) ?? null) : null)));
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.entries.size !== b.entries.size) return false;
  for (const [key, [, value]] of a.entries) {
    const other = b.entries.get(key);
    if (!other || !equal(value, other[1])) return false;
  }
  return true;
}

function equalStructures(a: Structure, b: Structure): boolean {
  const names = a.fields();
  if (names.length !== b.fields().length) return false;
  return names.every(name => {
    const other = b.get(name);
    return other !== undefined && equal(a.get(name)!, other);
  });
}

const equalOptionals = (a: Optional, b: Optional): boolean =>
  a.value === undefined || b.value === undefined ? a.value === b.value : equal(a.value, b.value);
