/** A JSON value as it travels through the server. Keys with value `undefined` count as absent. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

export interface JsonObject {
  [key: string]: Json | undefined;
}

/** True for a JSON object (neither null nor a list). */
export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Sets an own property whatever its name: plain assignment of `__proto__`, a legal ConfigMap key, would change the prototype.
 */
export function setOwn(target: JsonObject, key: string, value: Json | undefined): void {
  if (key === '__proto__') Object.defineProperty(target, key, {value, enumerable: true, configurable: true, writable: true});
  else target[key] = value;
}

/** Reads an own property: a plain read of `__proto__` or `constructor` would find the prototype's. */
export const getOwn = (target: JsonObject, key: string): Json | undefined => (Object.hasOwn(target, key) ? target[key] : undefined);

/** A map with its keys in the order in which Go writes them. */
export const sortedMap = (map: {readonly [key: string]: string}): {[key: string]: string} =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
