import type {Json, JsonObject} from '../api/json.ts';
import {getOwn, isObject, setOwn} from '../api/json.ts';
import type {ListSchema, Schema} from '../schema/schema.ts';
import {jsonEqual} from './equal.ts';
import {listElement} from './path-element.ts';
import {DEDUCED, hasItems, hasMembers, memberSchema, shapeOf} from './typed.ts';

/**
 * Lays a configuration over an object: nothing is removed, leaves are the configuration's where it has them. Returns `live` itself where
 * nothing changes. Items keep the live order unless the configuration has them in another. Throws TypedError.
 */
export function merge(live: Json | undefined, applied: Json | undefined, schema: Schema): Json | undefined {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  switch (shapeOf(schema)) {
    case 'fields':
      return hasMembers(live) || hasMembers(applied) ? mergeMembers(membersOf(live), membersOf(applied), schema) : leaf(live, applied);
    case 'items':
      return hasItems(live) || hasItems(applied) ? mergeItems(itemsOf(live), itemsOf(applied), schema as ListSchema) : leaf(live, applied);
    case 'deduced':
      return isObject(live) && (isObject(applied) || applied === null) && (hasMembers(live) || hasMembers(applied))
        ? mergeMembers(live, membersOf(applied), DEDUCED)
        : leaf(live, applied);
    default:
      return leaf(live, applied);
  }
}

const membersOf = (value: Json): JsonObject => (isObject(value) ? value : {});
const itemsOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);
const leaf = (live: Json, applied: Json): Json => (jsonEqual(live, applied) ? live : applied);

function mergeMembers(live: JsonObject, applied: JsonObject, schema: Schema): JsonObject {
  let result: JsonObject | undefined;
  for (const key in applied) {
    const value = applied[key];
    if (value === undefined) continue;
    const current = getOwn(live, key);
    const merged = merge(current, value, memberSchema(schema, key));
    if (merged === current) continue;
    result ??= {...live};
    setOwn(result, key, merged);
  }
  return result ?? live;
}

/** `keys` that several live items share have no item to merge with: the applied one replaces the first of them. */
function mergeItems(live: readonly Json[], applied: readonly Json[], schema: ListSchema): Json {
  const appliedKeys = applied.map(item => listElement(schema, item));
  const liveKeys = live.map(item => listElement(schema, item));
  const appliedItems = new Map(appliedKeys.map((key, index) => [key, applied[index]!]));
  const liveItems = new Map<string, Json | null>();
  for (const [index, key] of liveKeys.entries()) liveItems.set(key, liveItems.has(key) ? null : live[index]!);
  const combine = (key: string): Json => merge(liveItems.get(key) ?? undefined, appliedItems.get(key), schema.items)!;
  const result: Json[] = [];
  for (const {key, index} of mergedOrder(liveKeys, appliedKeys)) result.push(appliedItems.has(key) ? combine(key) : live[index]!);
  const unchanged = result.length === live.length && result.every((item, index) => item === live[index]);
  return unchanged ? (live as Json[]) : result;
}

/**
 * The order of a merged list: items of the configuration in its order, each live item that it does not have where the live list has it
 * between them. `index` is the place in the live list of an item that only that has.
 */
function mergedOrder(liveKeys: readonly string[], appliedKeys: readonly string[]): {key: string; index: number}[] {
  const inLive = new Set(liveKeys);
  const inApplied = new Set(appliedKeys);
  const shared = appliedKeys.filter(key => inLive.has(key));
  const done = new Set<string>();
  const order: {key: string; index: number}[] = [];
  let nextShared = 0;
  const take = (key: string): void => {
    done.add(key);
    order.push({key, index: -1});
    if (shared[nextShared] === key) nextShared++;
  };
  let left = 0;
  let right = 0;
  while (left < liveKeys.length || right < appliedKeys.length) {
    const key = liveKeys[left];
    if (key !== undefined && right < appliedKeys.length) {
      if (key === appliedKeys[right]) {
        take(key);
        left++;
        right++;
        continue;
      }
      if (inApplied.has(key) && nextShared < shared.length && shared[nextShared] !== key) {
        left++;
        continue;
      }
    }
    if (key !== undefined) {
      if (!inApplied.has(key)) {
        order.push({key, index: left++});
        continue;
      }
      if (done.has(key)) left++;
    }
    if (right < appliedKeys.length) take(appliedKeys[right++]!);
  }
  return order;
}
