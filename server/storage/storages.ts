import type {Clock} from '../api/clock.ts';
import type {Cache} from './cache.ts';
import {createCache} from './cache.ts';
import {MemoBudget} from './memo.ts';
import type {Store, StoredRow, StoreEvent} from './store.ts';
import type {ResourceStorage, StorageConfig} from './types.ts';

export interface Storages {
  /** The storage of a group-resource; the same one for the same prefix. */
  open(config: StorageConfig): Promise<ResourceStorage>;
  /** The newest revision that all storages have applied: what a list of any of them says. */
  readonly revision: number;
  close(): Promise<void>;
}

export interface StoragesOptions {
  store: Store;
  clock: Clock;
  /** Bytes that decoded objects and other encodings may take, all storages together. */
  memoBytes?: number;
}

const MEMO_BYTES = 32 * 1024 * 1024;
/** Milliseconds after which what nobody uses is forgotten: a rush does not leave its copies behind. */
const AGE = 30_000;

/**
 * The caches over a store, one per storage, fed by nothing but what the store tells. Closing them does not close the store,
 * of which they hear to its end: whoever is writing still gets an answer.
 */
export function createStorages({store, clock, memoBytes = MEMO_BYTES}: StoragesOptions): Storages {
  const budget = new MemoBudget(memoBytes);
  let aging = clock.after(AGE, 'upkeep', age);
  const opening = new Map<string, Promise<ResourceStorage>>();
  const caches = new Map<string, Cache>();
  let revision = store.revision;
  let compacted = store.compacted;
  store.watch(apply);

  return {
    open(config) {
      const known = opening.get(config.prefix) ?? fill(config);
      opening.set(config.prefix, known);
      return known;
    },
    get revision() {
      return revision;
    },
    async close() {
      aging.cancel();
    },
  };

  function age(): void {
    budget.age();
    aging = clock.after(AGE, 'upkeep', age);
  }

  async function fill(config: StorageConfig): Promise<ResourceStorage> {
    const {prefix} = config;
    const rows = new Map<string, StoredRow>();
    const missed: StoreEvent[] = [];
    const stopMissing = store.watch(events => missed.push(...events.filter(event => event.key.startsWith(prefix))));
    for await (const row of store.load(prefix)) rows.set(row.key, row);
    stopMissing();
    // From here on nothing waits, so that no event is lost between what was missed and `caches`.
    for (const event of missed) {
      if (event.revision <= (rows.get(event.key)?.revision ?? 0)) continue;
      if (event.deleted) rows.delete(event.key);
      else rows.set(event.key, {...event, value: event.value!});
    }
    const cache = createCache(
      config,
      {store, budget, revision: () => revision},
      [...rows.values()],
      store.history(store.compacted, prefix),
    );
    caches.set(prefix, cache);
    return cache;
  }

  function apply(events: readonly StoreEvent[]): void {
    const changed = new Set<Cache>();
    for (const event of events) {
      const cache = cacheOf(event.key);
      if (!cache) continue;
      cache.apply(event);
      changed.add(cache);
    }
    revision = store.revision;
    if (store.compacted !== compacted) {
      compacted = store.compacted;
      for (const cache of caches.values()) cache.trim(compacted);
    }
    for (const cache of changed) cache.wake();
  }

  /** Prefixes are two to four parts long, and none begins another. */
  function cacheOf(key: string): Cache | undefined {
    for (let end = key.indexOf('/', 1); end > 0; end = key.indexOf('/', end + 1)) {
      const cache = caches.get(key.slice(0, end + 1));
      if (cache) return cache;
    }
    return undefined;
  }
}
