import type {Run, Step} from './run.ts';
import {charge} from './run.ts';
import type {CelError, Value} from './values.ts';
import {failure, goTypeName, isError, isTagged, list, mapKey, typeName} from './values.ts';

/** Adds to a list or map being built; an error ends it. */
export type Grow = (run: Run, to: Value[] | Map<string, readonly [Value, Value]>) => CelError | undefined;

/** Runs a comprehension that only adds, for every pair. */
export function growAll(run: Run, pairs: Iterable<readonly [Value, Value]>, base: number, grow: Grow, initial: Value, result: Step): Value {
  const isList = isTagged(initial, 'list');
  const to: Value[] | Map<string, readonly [Value, Value]> = isList ? [] : new Map();
  for (const [key, value] of pairs) {
    run.locals[base + 1] = key;
    run.locals[base + 2] = value;
    charge(run, 1);
    const error = grow(run, to);
    if (error) return error;
  }
  run.locals[base] = isList ? list(to as Value[]) : {kind: 'map', entries: to as Map<string, readonly [Value, Value]>};
  return result(run);
}

/** Adds an entry; two of one key are an error. */
export function insert(run: Run, to: Map<string, readonly [Value, Value]>, key: Value, value: Value): CelError | undefined {
  if (isError(key)) return key;
  if (isError(value)) return value;
  charge(run, 2);
  const text = mapKey(key);
  if (text === undefined) return failure(`unsupported key type: ${typeName(key)}`);
  if (to.has(text)) return failure(`insert failed: key ${String(key)} already exists`);
  to.set(text, [key, value]);
  return undefined;
}

/** Adds all entries of a map. */
export const insertEntries =
  (entries: Step): Grow =>
  (run, to) => {
    const value = entries(run);
    if (isError(value)) return value;
    if (!isTagged(value, 'map')) return failure('no such overload');
    for (const [key, own] of value.entries.values()) {
      const error = insert(run, to as Map<string, readonly [Value, Value]>, key, own);
      if (error) return error;
    }
    return undefined;
  };

/** What a comprehension goes over, as pairs; `two`: of index and item. undefined: nothing to go over. */
export function iterate(over: Value, two: boolean): Iterable<readonly [Value, Value]> | undefined {
  if (isTagged(over, 'list')) return listPairs(over.items, two);
  if (isTagged(over, 'map')) return over.entries.values();
  if (isTagged(over, 'object')) return over.fields().map(name => [name, over.get(name)!] as const);
  return undefined;
}

export const notIterable = (over: Value, two: boolean): CelError =>
  failure(two ? `unsupported comprehension range type: ${goTypeName(over)}` : `got '${goTypeName(over)}', expected iterable type`);

function* listPairs(items: readonly Value[], two: boolean): Iterable<readonly [Value, Value]> {
  for (let index = 0; index < items.length; index++) yield two ? [BigInt(index), items[index]!] : [items[index]!, null];
}
