import type {Json, JsonObject} from '../api/json.ts';
import {getOwn, isObject} from '../api/json.ts';
import {unknownError} from '../api/status.ts';
import {formatGoValue} from './go-format.ts';
import {badArgument, noMergeKey, unknownDirective} from './strategic-errors.ts';

const DIRECTIVE = '$patch';

/**
 * Merges the patch's elements into the list and orders the result: the patch's elements in the patch's order, the others where they
 * stood. `mergeKey` '' is a list of scalars.
 */
export function mergeInOrder(
  original: Json[],
  patch: Json[],
  mergeKey: string,
  merge?: (original: JsonObject, patch: JsonObject) => JsonObject,
): Json[] {
  const merged = merge ? mergeElements(original, patch as JsonObject[], mergeKey, merge) : [...new Set([...original, ...patch])];
  return interleave(merged, patch, original, mergeKey);
}

function mergeElements(
  original: Json[],
  patch: JsonObject[],
  mergeKey: string,
  merge: (original: JsonObject, patch: JsonObject) => JsonObject,
): Json[] {
  const merged = [...original];
  for (const change of patch) {
    const index = findByKey(merged, mergeKey, keyOf(change, mergeKey));
    if (index < 0) merged.push(change);
    else merged[index] = merge(merged[index] as JsonObject, change);
  }
  return merged;
}

/** `$setElementOrder`: `order` decides; `original` (or, without one, the patch) must agree on the type of elements. */
export function orderElements(list: Json[], order: Json[], original: Json[], patch: Json[], mergeKey: string): Json[] {
  if (original.length === 0 && patch.length === 0) throw unknownError('no elements in any of the given slices');
  return interleave(list, order, original, mergeKey);
}

/** Elements that `order` names come in its order, the others in `original`'s, each before what follows it there. */
function interleave(list: Json[], order: Json[], original: Json[], mergeKey: string): Json[] {
  const named = list.filter(element => position(order, element, mergeKey) >= 0);
  const others = list.filter(element => position(order, element, mergeKey) < 0);
  const right = sortBy(named, order, mergeKey);
  const left = sortBy(others, original, mergeKey);
  const result: Json[] = [];
  let next = 0;
  for (const element of right) {
    const limit = position(original, element, mergeKey);
    for (; next < left.length; next++) {
      const place = position(original, left[next]!, mergeKey);
      if (place < 0 || limit < 0 || place >= limit) break;
      result.push(left[next]!);
    }
    result.push(element);
  }
  return [...result, ...left.slice(next)];
}

/** Insertion as upstream does it: what the order does not name goes before whatever it is compared with. */
function sortBy(list: Json[], order: Json[], mergeKey: string): Json[] {
  const sorted: {element: Json; place: number}[] = [];
  for (const element of list) {
    const place = position(order, element, mergeKey);
    let index = sorted.length;
    for (; index > 0; index--) {
      const before = sorted[index - 1]!.place;
      if (place >= 0 && before >= 0 && place >= before) break;
    }
    sorted.splice(index, 0, {element, place});
  }
  return sorted.map(({element}) => element);
}

function position(list: Json[], element: Json, mergeKey: string): number {
  if (mergeKey === '') return list.indexOf(element);
  const key = keyOf(element, mergeKey);
  return list.findIndex(other => keyOf(other, mergeKey) === key);
}

function keyOf(element: Json, mergeKey: string): Json {
  if (!isObject(element)) throw badArgument('map[string]interface {}', element);
  const key = getOwn(element, mergeKey);
  if (key === undefined) throw noMergeKey(element, mergeKey);
  return key;
}

function findByKey(list: Json[], mergeKey: string, key: Json): number {
  return list.findIndex((element, index) => {
    if (!isObject(element)) throw unknownError(`value for key ${index} is not a map`);
    return getOwn(element, mergeKey) === key;
  });
}

/** Carries out the `$patch` elements of a list: what they leave of the original, and the patch without them. */
export function replaceMarked(original: Json[], patch: JsonObject[], mergeKey: string): {kept: Json[]; rest: Json[]} {
  const rest: Json[] = [];
  let kept = original;
  let replace = false;
  for (const element of patch) {
    const directive = element[DIRECTIVE];
    if (directive === undefined) rest.push(element);
    else if (directive === 'replace') replace = true;
    else if (directive === 'delete') {
      const key = keyOf(element, mergeKey);
      findByKey(kept, mergeKey, key);
      kept = kept.filter(other => (other as JsonObject)[mergeKey] !== key);
    } else if (directive === 'merge') throw unknownError('merging lists cannot yet be specified in the patch');
    else throw unknownDirective(directive, element);
  }
  return replace ? {kept: rest, rest: []} : {kept, rest};
}

export const deleteFromList = (list: Json[], removed: Json[]): Json[] => list.filter(element => !removed.includes(element));

/** The patch's elements must come in the order of `$setElementOrder`, which has to name them all. */
export function validateOrder(patch: Json[], order: Json[], mergeKey: string): void {
  if (order.length === 0 || patch.length === 0) return;
  const elements = mergeKey === '' ? patch : patch.filter(element => !isDeletion(element));
  let place = 0;
  let index = 0;
  while (index < elements.length && place < order.length) {
    const element = elements[index]!;
    if (isObject(element) && element[DIRECTIVE] !== undefined) {
      index++;
      continue;
    }
    const same = mergeKey === '' ? element === order[place] : keyOf(element, mergeKey) === keyOf(order[place]!, mergeKey);
    if (same) index++;
    place++;
  }
  if (index < elements.length) {
    throw unknownError(
      `The order in patch list:\n${formatGoValue(patch)}\n doesn't match $setElementOrder list:\n${formatGoValue(order)}\n`,
    );
  }
}

function isDeletion(element: Json): boolean {
  if (!isObject(element)) throw badArgument('map[string]interface {}', element);
  return element[DIRECTIVE] === 'delete';
}
