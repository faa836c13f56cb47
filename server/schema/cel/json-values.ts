import type {Json} from '../../api/json.ts';
import type {CelMap, List, Value} from './values.ts';

/** Reads JSON of no known schema: whole numbers are int, objects are maps. */
export function dynamicValue(json: Json | undefined): Value {
  if (json === null || json === undefined) return null;
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json;
  if (typeof json !== 'object') return json;
  if (Array.isArray(json)) return lazyList(json, dynamicValue);
  return lazyMap(json, dynamicValue);
}

/** A list whose items are read when they are first looked at. */
export function lazyList(json: readonly Json[], read: (json: Json) => Value, more: Partial<List> = {}): List {
  let items: Value[] | undefined;
  return {
    kind: 'list',
    ...more,
    get items() {
      items ??= json.map(read);
      return items;
    },
  };
}

/** A map of strings to values read when it is first looked at. */
export function lazyMap(json: {readonly [name: string]: Json | undefined}, read: (json: Json) => Value): CelMap {
  let entries: Map<string, readonly [Value, Value]> | undefined;
  return {
    kind: 'map',
    get entries() {
      if (entries === undefined) {
        entries = new Map();
        for (const name of Object.keys(json)) {
          const own = json[name];
          if (own !== undefined) entries.set(`s${name}`, [name, read(own)]);
        }
      }
      return entries;
    },
  };
}

/** JSON of a value; undefined where there is none. */
export function toJson(value: Value): Json | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  switch (value.kind) {
    case 'uint':
      return Number(value.value);
    case 'list':
      return value.items.map(item => toJson(item) ?? null);
    case 'map':
      return Object.fromEntries([...value.entries.values()].map(([key, own]) => [String(toJson(key)), toJson(own) ?? null]));
    case 'object':
      return Object.fromEntries(value.fields().map(name => [name, toJson(value.get(name)!) ?? null]));
    case 'optional':
      return value.value === undefined ? undefined : toJson(value.value);
    default:
      return undefined;
  }
}
