import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import type {Duration, List, Uint, Value} from '../values.ts';
import {duration, equal, failure, isError, isTagged, list, typeName, uint} from '../values.ts';
import {compare} from './standard.ts';

const SORTED = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];
/** As many items as cel-go makes of one range or flattening. */
const LONGEST_RANGE = 1_000_000n;

/** Lists, of Kubernetes (min, sum, isSorted …) and of cel-go (slice, sort, distinct …). */
export function listLibrary(functions: Functions): void {
  const add = declare(functions);
  for (const type of SORTED) {
    add('isSorted', `list_${type}_is_sorted_bool`, `list(${type}).() -> bool`, ({items}: List) =>
      items.every((item, index) => index === 0 || compare(items[index - 1] as never, item as never) <= 0),
    );
    add('max', `list_${type}_max`, `list(${type}).() -> ${type}`, extreme('max', 1));
    add('min', `list_${type}_min`, `list(${type}).() -> ${type}`, extreme('min', -1));
  }
  add('sum', 'list_int_sum', 'list(int).() -> int', ({items}: List) => {
    const sum = (items as bigint[]).reduce((total, item) => total + item, 0n);
    return BigInt.asIntN(64, sum) === sum ? sum : failure('integer overflow');
  });
  add('sum', 'list_uint_sum', 'list(uint).() -> uint', ({items}: List) =>
    uint((items as Uint[]).reduce((total, {value}) => total + value, 0n)),
  );
  add('sum', 'list_double_sum', 'list(double).() -> double', ({items}: List) =>
    (items as number[]).reduce((total, item) => total + item, 0),
  );
  add('sum', 'list_duration_sum', 'list(duration).() -> duration', ({items}: List) =>
    duration((items as Duration[]).reduce((total, {nanos}) => total + nanos, 0n)),
  );
  add('indexOf', 'list_a_index_of_int', 'list(T).(T) -> int', ({items}: List, value: Value) =>
    BigInt(items.findIndex(item => equal(item, value))),
  );
  add('lastIndexOf', 'list_a_last_index_of_int', 'list(T).(T) -> int', ({items}: List, value: Value) =>
    BigInt(items.findLastIndex(item => equal(item, value))),
  );
  extended(add);
}

const extreme =
  (name: string, wanted: number) =>
  ({items}: List): Value => {
    if (items.length === 0) return failure(`${name} called on empty list`);
    return items.reduce((best, item) => (Math.sign(compare(item as never, best as never)) === wanted ? item : best));
  };

function extended(add: ReturnType<typeof declare>): void {
  add('slice', 'list_slice', 'list(T).(int, int) -> list(T)', slice);
  add('flatten', 'list_flatten', 'list(list(T)).() -> list(T)', (value: List) => flatten(value, 1n));
  add('flatten', 'list_flatten_int', 'list(dyn).(int) -> list(dyn)', flatten);
  for (const type of SORTED) {
    add('sort', `list_${type}_sort`, `list(${type}).() -> list(${type})`, (value: List) => sortBy(value, value));
    add('@sortByAssociatedKeys', `list_${type}_sortByAssociatedKeys`, `list(T).(list(${type})) -> list(T)`, sortBy);
  }
  add('lists.range', 'lists_range', '(int) -> list(int)', (size: bigint) =>
    size > LONGEST_RANGE
      ? failure(`lists.range() size exceeds limit: ${LONGEST_RANGE}`)
      : list(Array.from({length: Math.max(0, Number(size))}, (_, index) => BigInt(index))),
  );
  add('reverse', 'list_reverse', 'list(T).() -> list(T)', ({items}: List) => list([...items].reverse()));
  add('distinct', 'list_distinct', 'list(T).() -> list(T)', ({items}: List) => {
    const seen: Value[] = [];
    const scalars = new Set<Value>();
    for (const item of items) {
      if (typeof item === 'object' && item !== null) {
        if (!seen.some(other => equal(other, item))) seen.push(item);
      } else if (!scalars.has(item)) {
        scalars.add(item);
        seen.push(item);
      }
    }
    return list(seen);
  });
}

function slice({items}: List, start: bigint, end: bigint): Value {
  if (start < 0n || end < 0n) return failure(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end) return failure(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (BigInt(items.length) < end) return failure(`cannot slice(${start}, ${end}), list is length ${items.length}`);
  return list(items.slice(Number(start), Number(end)));
}

function flatten({items}: List, depth: bigint): Value {
  if (depth < 0n) return failure('level must be non-negative');
  const result: Value[] = [];
  for (const item of items) {
    if (!isTagged(item, 'list') || depth === 0n) {
      result.push(item);
      continue;
    }
    const inner = flatten(item, depth - 1n);
    if (isError(inner)) return inner;
    for (const part of (inner as List).items) result.push(part);
  }
  return list(result);
}

function sortBy({items}: List, {items: keys}: List): Value {
  if (keys.length !== items.length)
    return failure(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${items.length} and ${keys.length} elements respectively`,
    );
  if (keys.some(key => typeName(key) !== typeName(keys[0]!))) return failure('list elements must have the same type');
  const order = keys.map((_, index) => index).sort((a, b) => compare(keys[a] as never, keys[b] as never));
  return list(order.map(index => items[index]!));
}
