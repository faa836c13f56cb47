import equal from 'fast-deep-equal';
import type {Json, JsonObject} from '../../server/api/json.ts';
import {isObject, setOwn} from '../../server/api/json.ts';

/** Gives the same object made of parts of objects before it, wherever they are equal; first of those of `known`, its last version. */
export type Share = <T extends object>(object: T, known?: T) => T;

/** Longer parts are hardly ever the same: only their own parts are compared. */
const LONGEST = 1000;

/**
 * Pods of one workload differ in little, and the versions of one object in less: what they have in common takes memory once. Objects are
 * frozen, before and after. `limit` is how many parts are remembered at most; those that came again stay longest.
 */
export function createSharing(limit = 4096): Share {
  const texts = createTable<string>(limit);
  const parts = createTable<Json>(limit);

  const shareValue = (value: Json, known: Json | undefined): Json => {
    if (typeof value === 'string') return value === known ? known : shareText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (equal(value, known)) return known!;
    const text = JSON.stringify(value);
    if (text.length > LONGEST) return rebuild(value, known, shareValue);
    return parts.get(text) ?? parts.set(text, rebuild(value, known, shareValue));
  };
  const shareText = (text: string): string => (text.length > LONGEST ? text : (texts.get(text) ?? texts.set(text, text)));

  // Metadata, spec and status as a whole are nobody else's.
  const shareField = (value: Json, known: Json | undefined): Json =>
    isObject(value) && !equal(value, known) ? rebuild(value, known, shareValue) : shareValue(value, known);
  return <T extends object>(object: T, known?: T) => rebuild(object as JsonObject, known as JsonObject | undefined, shareField) as T;
}

function rebuild(value: Json[] | JsonObject, known: Json | undefined, share: (value: Json, known: Json | undefined) => Json): Json {
  if (Array.isArray(value)) {
    const before = Array.isArray(known) ? known : [];
    return Object.freeze(value.map((item, i) => share(item, before[i]))) as Json[];
  }
  const before = isObject(known) ? known : {};
  const copy = {...value};
  for (const key in copy) setOwn(copy, key, share(copy[key]!, Object.hasOwn(before, key) ? before[key] : undefined));
  return Object.freeze(copy);
}

/** Remembers up to `limit` values, in two generations: what was not asked for since the older one was closed is forgotten with it. */
function createTable<V>(limit: number): {get(key: string): V | undefined; set(key: string, value: V): V} {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  const set = (key: string, value: V): V => {
    young.set(key, value);
    if (young.size > limit / 2) {
      old = young;
      young = new Map();
    }
    return value;
  };
  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const found = old.get(key);
      return found === undefined ? undefined : set(key, found);
    },
    set,
  };
}
