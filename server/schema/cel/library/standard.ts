import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import {matchesPattern} from '../regex.ts';
import {contains} from '../steps.ts';
import {
  checkedDuration,
  checkedTimestamp,
  floorDivide,
  formatDuration,
  formatTimestamp,
  inZone,
  parseDuration,
  parseTimestamp,
} from '../time-values.ts';
import type {CelMap, Duration, List, Timestamp, Uint, Value} from '../values.ts';
import {compareNumbers, equal, failure, isError, isTagged, list, listMapKey, typeName, uint} from '../values.ts';
import {formatDouble} from './numbers.ts';

const int = (value: bigint): Value => (BigInt.asIntN(64, value) === value ? value : failure('integer overflow'));
const unsigned = (value: bigint): Value => (BigInt.asUintN(64, value) === value ? uint(value) : failure('unsigned integer overflow'));
const conversion = (from: string, to: string) => failure(`type conversion error from '${from}' to '${to}'`);
const OVERFLOW = failure('integer overflow');
const UNSIGNED_OVERFLOW = failure('unsigned integer overflow');

/** The language's own functions and operators (cel-go common/stdlib). */
export function standardLibrary(functions: Functions): void {
  const add = declare(functions);
  add('_&&_', 'logical_and', '(bool, bool) -> bool', () => false);
  add('_||_', 'logical_or', '(bool, bool) -> bool', () => false);
  add('_?_:_', 'conditional', '(bool, A, A) -> A', () => null);
  add('!_', 'logical_not', '(bool) -> bool', (value: boolean) => !value);
  add('@not_strictly_false', 'not_strictly_false', '(bool) -> bool', value => value);
  add('_==_', 'equals', '(A, A) -> bool', equal);
  add('_!=_', 'not_equals', '(A, A) -> bool', (a: Value, b: Value) => !equal(a, b));
  add('_[_]', 'index_list', '(list(A), int) -> A', () => null);
  add('_[_]', 'index_map', '(map(A, B), A) -> B', () => null);
  add('@in', 'in_list', '(A, list(A)) -> bool', contains);
  add('@in', 'in_map', '(A, map(A, B)) -> bool', contains);
  add('dyn', 'to_dyn', '(A) -> dyn', value => value);
  add('type', 'type', '(A) -> type(A)', value => ({kind: 'type', name: typeNameOf(value)}));
  arithmetic(add);
  comparisons(add);
  conversions(add);
  strings(add);
  times(add);
}

/** Objects are maps for whoever asks, but for those that policies make. */
const typeNameOf = (value: Value): string => {
  const name = typeName(value);
  return isTagged(value, 'object') && !/^Object\b/.test(name) ? 'map' : name;
};

type Add = ReturnType<typeof declare>;

function arithmetic(add: Add): void {
  add('_+_', 'add_bytes', '(bytes, bytes) -> bytes', (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]));
  add('_+_', 'add_double', '(double, double) -> double', (a: number, b: number) => a + b);
  add('_+_', 'add_duration_duration', '(duration, duration) -> duration', (a: Duration, b: Duration) => checkedDuration(a.nanos + b.nanos));
  add('_+_', 'add_duration_timestamp', '(duration, timestamp) -> timestamp', (a: Duration, b: Timestamp) =>
    checkedTimestamp(a.nanos + b.nanos, b.offset),
  );
  add('_+_', 'add_timestamp_duration', '(timestamp, duration) -> timestamp', (a: Timestamp, b: Duration) =>
    checkedTimestamp(a.nanos + b.nanos, a.offset),
  );
  add('_+_', 'add_int64', '(int, int) -> int', (a: bigint, b: bigint) => int(a + b));
  add('_+_', 'add_list', '(list(A), list(A)) -> list(A)', joinLists);
  add('_+_', 'add_string', '(string, string) -> string', (a: string, b: string) => a + b);
  add('_+_', 'add_uint64', '(uint, uint) -> uint', (a: Uint, b: Uint) => unsigned(a.value + b.value));
  add('_-_', 'subtract_double', '(double, double) -> double', (a: number, b: number) => a - b);
  add('_-_', 'subtract_duration_duration', '(duration, duration) -> duration', (a: Duration, b: Duration) =>
    checkedDuration(a.nanos - b.nanos),
  );
  add('_-_', 'subtract_int64', '(int, int) -> int', (a: bigint, b: bigint) => int(a - b));
  add('_-_', 'subtract_timestamp_duration', '(timestamp, duration) -> timestamp', (a: Timestamp, b: Duration) =>
    checkedTimestamp(a.nanos - b.nanos, a.offset),
  );
  add('_-_', 'subtract_timestamp_timestamp', '(timestamp, timestamp) -> duration', (a: Timestamp, b: Timestamp) =>
    checkedDuration(a.nanos - b.nanos),
  );
  add('_-_', 'subtract_uint64', '(uint, uint) -> uint', (a: Uint, b: Uint) => unsigned(a.value - b.value));
  add('_*_', 'multiply_double', '(double, double) -> double', (a: number, b: number) => a * b);
  add('_*_', 'multiply_int64', '(int, int) -> int', (a: bigint, b: bigint) => int(a * b));
  add('_*_', 'multiply_uint64', '(uint, uint) -> uint', (a: Uint, b: Uint) => unsigned(a.value * b.value));
  add('_/_', 'divide_double', '(double, double) -> double', (a: number, b: number) => a / b);
  add('_/_', 'divide_int64', '(int, int) -> int', (a: bigint, b: bigint) => (b === 0n ? failure('division by zero') : int(a / b)));
  add('_/_', 'divide_uint64', '(uint, uint) -> uint', (a: Uint, b: Uint) =>
    b.value === 0n ? failure('division by zero') : uint(a.value / b.value),
  );
  add('_%_', 'modulo_int64', '(int, int) -> int', (a: bigint, b: bigint) => (b === 0n ? failure('modulus by zero') : a % b));
  add('_%_', 'modulo_uint64', '(uint, uint) -> uint', (a: Uint, b: Uint) =>
    b.value === 0n ? failure('modulus by zero') : uint(a.value % b.value),
  );
  add('-_', 'negate_double', '(double) -> double', (a: number) => -a);
  add('-_', 'negate_int64', '(int) -> int', (a: bigint) => int(-a));
}

/** Lists of type set unite, map lists merge by key, others are joined (k8s.io/apiserver/pkg/cel/common/values.go). */
function joinLists(a: List, b: List): Value {
  if (a.listType === 'set') return {...a, items: [...a.items, ...b.items.filter(item => !a.items.some(own => equal(own, item)))]};
  if (a.listType === 'map') {
    const result = [...a.items];
    const places = new Map(result.map((item, index) => [listMapKey(item, a.keys!), index]));
    for (const item of b.items) {
      const key = listMapKey(item, a.keys!);
      const place = places.get(key);
      if (place === undefined) places.set(key, result.push(item) - 1);
      else result[place] = item;
    }
    return {...a, items: result};
  }
  return list([...a.items, ...b.items]);
}

type Comparable = bigint | number | Uint | string | boolean | Uint8Array | Timestamp | Duration;

/** -1, 0 or 1; NaN: neither. Strings by code points. */
export function compare(a: Comparable, b: Comparable): number {
  if (typeof a === 'string') return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  if (typeof a === 'boolean') return Number(a) - Number(b);
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array);
  if (typeof a === 'object' && a.kind !== 'uint') {
    const [left, right] = [a.nanos, (b as Timestamp).nanos];
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return compareNumbers(a, b as bigint | number | Uint);
}

function comparisons(add: Add): void {
  const types = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'];
  const id = (type: string): string => (type === 'int' || type === 'uint' ? `${type}64` : type);
  const operators: [string, string, (order: number) => boolean][] = [
    ['_<_', 'less', order => order < 0],
    ['_<=_', 'less_equals', order => order <= 0],
    ['_>_', 'greater', order => order > 0],
    ['_>=_', 'greater_equals', order => order >= 0],
  ];
  for (const [name, prefix, holds] of operators) {
    const test = (a: Comparable, b: Comparable): boolean => holds(compare(a, b));
    for (const type of types) add(name, `${prefix}_${id(type)}`, `(${type}, ${type}) -> bool`, test);
    const numbers = ['int', 'uint', 'double'];
    for (const a of numbers) for (const b of numbers) if (a !== b) add(name, `${prefix}_${id(a)}_${id(b)}`, `(${a}, ${b}) -> bool`, test);
  }
}

function conversions(add: Add): void {
  const whole = (value: number): bigint => BigInt(Math.trunc(value));
  add('int', 'int64_to_int64', '(int) -> int', (value: bigint) => value);
  add('int', 'double_to_int64', '(double) -> int', (value: number) => (Math.abs(value) < 2 ** 63 ? whole(value) : OVERFLOW));
  add('int', 'duration_to_int64', '(duration) -> int', ({nanos}: Duration) => nanos);
  add('int', 'string_to_int64', '(string) -> int', (text: string) =>
    /^[+-]?\d+$/.test(text) && !isError(int(BigInt(text.replace(/^\+/, ''))))
      ? BigInt(text.replace(/^\+/, ''))
      : conversion('string', 'int'),
  );
  add('int', 'timestamp_to_int64', '(timestamp) -> int', ({nanos}: Timestamp) => floorDivide(nanos, 1_000_000_000n));
  add('int', 'uint64_to_int64', '(uint) -> int', ({value}: Uint) => int(value));
  add('uint', 'uint64_to_uint64', '(uint) -> uint', (value: Uint) => value);
  add('uint', 'double_to_uint64', '(double) -> uint', (value: number) =>
    value >= 0 && value < 2 ** 64 ? uint(whole(value)) : UNSIGNED_OVERFLOW,
  );
  add('uint', 'int64_to_uint64', '(int) -> uint', (value: bigint) => (value < 0n ? UNSIGNED_OVERFLOW : uint(value)));
  add('uint', 'string_to_uint64', '(string) -> uint', (text: string) =>
    /^\d+$/.test(text) && BigInt.asUintN(64, BigInt(text)) === BigInt(text) ? uint(BigInt(text)) : conversion('string', 'uint'),
  );
  add('double', 'double_to_double', '(double) -> double', (value: number) => value);
  add('double', 'int64_to_double', '(int) -> double', Number);
  add('double', 'uint64_to_double', '(uint) -> double', ({value}: Uint) => Number(value));
  add('double', 'string_to_double', '(string) -> double', parseDouble);
  add('bool', 'bool_to_bool', '(bool) -> bool', (value: boolean) => value);
  add('bool', 'string_to_bool', '(string) -> bool', (text: string) =>
    /^(1|t|T|TRUE|true|True)$/.test(text) ? true : /^(0|f|F|FALSE|false|False)$/.test(text) ? false : conversion('string', 'bool'),
  );
  add('bytes', 'bytes_to_bytes', '(bytes) -> bytes', (value: Uint8Array) => value);
  add('bytes', 'string_to_bytes', '(string) -> bytes', (text: string) => Buffer.from(text));
  add('string', 'string_to_string', '(string) -> string', (text: string) => text);
  add('string', 'bool_to_string', '(bool) -> string', String);
  add('string', 'bytes_to_string', '(bytes) -> string', bytesToString);
  add('string', 'double_to_string', '(double) -> string', formatDouble);
  add('string', 'duration_to_string', '(duration) -> string', formatDuration);
  add('string', 'int64_to_string', '(int) -> string', String);
  add('string', 'timestamp_to_string', '(timestamp) -> string', formatTimestamp);
  add('string', 'uint64_to_string', '(uint) -> string', ({value}: Uint) => String(value));
  add('timestamp', 'timestamp_to_timestamp', '(timestamp) -> timestamp', (value: Timestamp) => value);
  add('timestamp', 'int64_to_timestamp', '(int) -> timestamp', (seconds: bigint) => checkedTimestamp(seconds * 1_000_000_000n));
  add(
    'timestamp',
    'string_to_timestamp',
    '(string) -> timestamp',
    (text: string) => parseTimestamp(text) ?? conversion('string', 'google.protobuf.Timestamp'),
  );
  add('duration', 'duration_to_duration', '(duration) -> duration', (value: Duration) => value);
  add('duration', 'int64_to_duration', '(int) -> duration', (nanos: bigint) => checkedDuration(nanos));
  add(
    'duration',
    'string_to_duration',
    '(string) -> duration',
    (text: string) => parseDuration(text) ?? conversion('string', 'google.protobuf.Duration'),
  );
}

function parseDouble(text: string): Value {
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = DECIMAL.test(text) ? Number(text.replaceAll('_', '')) : HEXADECIMAL.test(text) ? hexadecimal(text) : Number.NaN;
  return Number.isFinite(value) ? value : conversion('string', 'double');
}

// Digits may be told apart by underscores, as in Go.
const DECIMAL = /^[+-]?(\d(_?\d)*\.?(\d(_?\d)*)?|\.\d(_?\d)*)([eE][+-]?\d+)?$/;
const HEXADECIMAL = /^[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+$/;

function hexadecimal(text: string): number {
  const [, sign, whole, fraction = '', power] = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(text)!;
  const size = Number.parseInt(whole! + fraction, 16) * 2 ** (Number(power) - 4 * fraction.length);
  return sign === '-' ? -size : size;
}

export function bytesToString(bytes: Uint8Array): Value {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    return failure('invalid UTF-8 in bytes, cannot convert to string');
  }
}

/** size() of a string: its code points. */
export function lengthOf(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) if ((text.charCodeAt(index) & 0xfc00) === 0xdc00) length--;
  return length;
}

function strings(add: Add): void {
  const sizes: [string, string, (value: never) => number][] = [
    ['bytes', 'bytes', (value: Uint8Array) => value.length],
    ['list', 'list(A)', (value: List) => value.items.length],
    ['map', 'map(A, B)', (value: CelMap) => value.entries.size],
    ['string', 'string', lengthOf],
  ];
  for (const [id, type, measure] of sizes) {
    add('size', `size_${id}`, `(${type}) -> int`, value => BigInt(measure(value as never)));
    add('size', `${id}_size`, `${type}.() -> int`, value => BigInt(measure(value as never)));
  }
  add('contains', 'contains_string', 'string.(string) -> bool', (text: string, part: string) => text.includes(part));
  add('endsWith', 'ends_with_string', 'string.(string) -> bool', (text: string, part: string) => text.endsWith(part));
  add('startsWith', 'starts_with_string', 'string.(string) -> bool', (text: string, part: string) => text.startsWith(part));
  add('matches', 'matches', '(string, string) -> bool', matchesPattern);
  add('matches', 'matches_string', 'string.(string) -> bool', matchesPattern);
}

function times(add: Add): void {
  const fields: [string, (date: Date) => number][] = [
    ['getFullYear', date => date.getUTCFullYear()],
    ['getMonth', date => date.getUTCMonth()],
    ['getDayOfYear', date => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000)],
    ['getDate', date => date.getUTCDate()],
    ['getDayOfMonth', date => date.getUTCDate() - 1],
    ['getDayOfWeek', date => date.getUTCDay()],
    ['getHours', date => date.getUTCHours()],
    ['getMinutes', date => date.getUTCMinutes()],
    ['getSeconds', date => date.getUTCSeconds()],
    ['getMilliseconds', date => date.getUTCMilliseconds()],
  ];
  for (const [name, field] of fields) {
    const read = (at: Timestamp, zone = ''): Value => {
      const date = inZone(at, zone);
      return date instanceof Date ? BigInt(field(date)) : date;
    };
    add(name, `timestamp_${name}`, 'timestamp.() -> int', read);
    add(name, `timestamp_${name}_with_tz`, 'timestamp.(string) -> int', read);
  }
  const units: [string, bigint][] = [
    ['getHours', 3_600_000_000_000n],
    ['getMinutes', 60_000_000_000n],
    ['getSeconds', 1_000_000_000n],
    ['getMilliseconds', 1_000_000n],
  ];
  for (const [name, unit] of units) add(name, `duration_${name}`, 'duration.() -> int', ({nanos}: Duration) => nanos / unit);
}
