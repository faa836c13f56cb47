import {isObject, type Json, type JsonObject} from '../server/api/json.ts';
import {type Bindings, matchText} from './placeholders.ts';

/** A place where an answer differs from the recording; undefined is absent. */
export interface Difference {
  path: string;
  want: Json | undefined;
  got: Json | undefined;
}

/** All differences between a recorded value and an answer: keys of objects in any order, lists in order. */
export function compare(want: Json | undefined, got: Json | undefined, bindings: Bindings, path: string): Difference[] {
  const different = [{path, want, got}];
  if (want === '<any>') return got === undefined ? different : [];
  if (typeof want === 'string') return matchScalar(want, got, bindings) ? [] : different;
  if (Array.isArray(want) && Array.isArray(got)) return compareLists(want, got, bindings, path);
  if (isObject(want) && isObject(got)) return compareObjects(want, got, bindings, path);
  return want === got ? [] : different;
}

function matchScalar(want: string, got: Json | undefined, bindings: Bindings): boolean {
  if (typeof got === 'string') return matchText(want, got, bindings);
  return typeof got === 'number' && /^<(port|num)(:\d+)?>$/.test(want) && matchText(want, String(got), bindings);
}

function compareLists(want: Json[], got: Json[], bindings: Bindings, path: string): Difference[] {
  const order = orderOf(path, want);
  const [left, right] = order ? [sortBy(want, order), sortBy(got, order)] : [want, got];
  const length = Math.max(left.length, right.length);
  return Array.from({length}, (_, i) => compare(left[i], right[i], bindings, `${path}[${i}]`)).flat();
}

/** Where the real server has no fixed order: by what the entries are paired instead. */
function orderOf(path: string, want: Json[]): ((item: JsonObject) => string) | undefined {
  // entries of equal time are in the order of a Go map
  if (path.endsWith('managedFields')) return item => [item.manager, item.operation, item.apiVersion, item.subresource ?? ''].join('\0');
  const first = want[0];
  const conflicts = path.endsWith('details.causes') && isObject(first) && first.reason === 'FieldManagerConflict';
  return conflicts ? item => JSON.stringify([item.message, item.field]) : undefined;
}

function sortBy(list: Json[], order: (item: JsonObject) => string): Json[] {
  const key = (item: Json) => (isObject(item) ? order(item) : '');
  return [...list].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

function compareObjects(want: JsonObject, got: JsonObject, bindings: Bindings, path: string): Difference[] {
  const left = new Set(Object.keys(got));
  const [present, others] = partition(Object.keys(want), key => left.delete(key));
  const differences = present.flatMap(key => compare(want[key], got[key], bindings, pathOf(path, key)));
  // Keys may be templates too: k:{"name":"<rand:1>"}. They match among what is left once all plain ones are paired.
  for (const key of others) {
    const hit = key.includes('<') ? [...left].find(candidate => matchText(key, candidate, bindings)) : undefined;
    if (hit !== undefined) left.delete(hit);
    differences.push(...compare(want[key], hit === undefined ? undefined : got[hit], bindings, pathOf(path, key)));
  }
  return [...differences, ...[...left].map(key => ({path: pathOf(path, key), want: undefined, got: got[key]}))];
}

function partition<T>(list: T[], test: (item: T) => boolean): [T[], T[]] {
  const [yes, no]: [T[], T[]] = [[], []];
  for (const item of list) (test(item) ? yes : no).push(item);
  return [yes, no];
}

const pathOf = (path: string, key: string): string => {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
};
