import type {Clock} from '../api/clock.ts';

/** Remembers values for a while of cluster time. */
export interface Expiring<T> {
  get(key: string): T | undefined;
  /** `ttl`: milliseconds; 0 and less: not at all. */
  set(key: string, value: T, ttl: number): void;
}

/** Holds `limit` values at most: the oldest goes first. */
export function createExpiring<T>(clock: Clock, limit: number): Expiring<T> {
  const known = new Map<string, {readonly value: T; readonly until: number}>();
  return {
    get(key) {
      const entry = known.get(key);
      if (entry === undefined) return undefined;
      if (entry.until > clock.now()) return entry.value;
      known.delete(key);
      return undefined;
    },
    set(key, value, ttl) {
      if (ttl <= 0) return;
      known.delete(key);
      if (known.size >= limit) known.delete(known.keys().next().value!);
      known.set(key, {value, until: clock.now() + ttl});
    },
  };
}
