import sortedBTree from 'sorted-btree';
import type {KubeObject} from '../api/object.ts';
import type {Cursors} from './cursor.ts';
import {createCursors} from './cursor.ts';
import type {EntryHome} from './entry.ts';
import {CachedEntry} from './entry.ts';
import {compareKeys} from './keys.ts';
import {EventLog} from './log.ts';
import type {Store, StoredRow, StoreEvent} from './store.ts';
import {CompactedError} from './store.ts';
import {storedText} from './text.ts';
import type {CacheEvent, Entry, ResourceStorage, Snapshot, StorageConfig} from './types.ts';

/** What the storages of a store share. */
export interface CacheContext {
  readonly store: Store;
  readonly budget: EntryHome['budget'];
  /** The newest revision that all caches have applied. */
  revision(): number;
}

/** A storage and the end at which it is fed. */
export interface Cache extends ResourceStorage {
  /** Takes an event of the store; readers are woken by `wake`. */
  apply(event: StoreEvent): void;
  wake(): void;
  /** Drops history up to `revision`. */
  trim(revision: number): void;
}

/** Travels with a write through the store, out with the object and back with the entry that the cache made of it. */
interface Note {
  object: KubeObject | undefined;
  entry: Entry | undefined;
}

/** How many older snapshots are kept for the next page of a list. */
const OLDER_SNAPSHOTS = 4;

/** The cache of one storage, filled with its rows and with the history that the store still has of it. */
export function createCache(
  config: StorageConfig,
  context: CacheContext,
  rows: readonly StoredRow[],
  history: readonly StoreEvent[],
): Cache {
  const {store} = context;
  const home: EntryHome = {fields: config.fields, budget: context.budget, read: store.read};
  const trees = createTrees(config.indexedField);
  const log = new EventLog();
  const cursors: Cursors = createCursors({log, indexedField: config.indexedField, revision: context.revision, oldest});
  /** What snapshots share until the next change. */
  let present: Trees | undefined;
  const older = new Map<number, Trees>();

  for (const {key, revision} of rows) trees.set(new CachedEntry(home, below(key), revision));
  const past = new Map<string, CachedEntry>();
  for (const event of history) {
    const key = below(event.key);
    const live = trees.get(key);
    log.append(record(event, past.get(key), () => (live?.revision === event.revision ? live : new CachedEntry(home, key, event.revision))));
    past.set(key, log.at(log.end - 1)!.entry as CachedEntry);
  }

  return {
    config,
    get revision() {
      return context.revision();
    },
    get oldest() {
      return oldest();
    },
    get: key => trees.get(key),
    snapshot: current,
    snapshotAt,
    write,
    remove,
    cursor: (revision, scope = {}) => cursors.open(revision, scope),
    apply,
    wake: cursors.wake,
    trim,
  };

  function oldest(): number {
    return store.compacted;
  }

  function below(key: string): string {
    return key.slice(config.prefix.length);
  }

  async function write(key: string, object: KubeObject, expected: number): Promise<Entry> {
    const note: Note = {object, entry: undefined};
    await store.commit({key: config.prefix + key, value: storedText(object), expected, note});
    return note.entry!;
  }

  async function remove(key: string, expected: number): Promise<Entry> {
    const note: Note = {object: undefined, entry: undefined};
    await store.commit({key: config.prefix + key, value: undefined, expected, note});
    return note.entry!;
  }

  function apply(event: StoreEvent): void {
    const note = event.note as Note | undefined;
    const written = event.value === undefined ? undefined : {text: event.value, object: note?.object};
    const change = record(event, trees.get(below(event.key)), key => new CachedEntry(home, key, event.revision, written));
    if (note) note.entry = change.entry;
    if (change.type === 'DELETED') trees.delete(change.entry.key);
    else trees.set(change.entry as CachedEntry);
    present = undefined;
    log.append(change);
    cursors.append(change);
  }

  /** `known` is the entry that the key had before, if it is at hand; `make` gives the one that it has now. */
  function record(event: StoreEvent, known: CachedEntry | undefined, make: (key: string) => CachedEntry): CacheEvent {
    const {revision, previous} = event;
    const key = known?.key ?? below(event.key);
    const before = previous && (known?.revision === previous.revision ? known : new CachedEntry(home, key, previous.revision));
    if (event.deleted) return {type: 'DELETED', revision, entry: before!.at(revision), previous: before};
    const entry = make(key);
    if (before) entry.share(before);
    return {type: before ? 'MODIFIED' : 'ADDED', revision, entry, previous: before};
  }

  function current(): Snapshot {
    present ??= trees.clone();
    return toSnapshot(present, context.revision());
  }

  function snapshotAt(revision: number): Snapshot {
    if (revision < oldest()) throw new CompactedError(revision, oldest());
    if (revision >= context.revision()) return current();
    const past = older.get(revision) ?? undo(revision);
    older.delete(revision);
    older.set(revision, past);
    if (older.size > OLDER_SNAPSHOTS) older.delete(older.keys().next().value!);
    return toSnapshot(past, revision);
  }

  /** From the nearest state that is at hand, back to `revision`. */
  function undo(revision: number): Trees {
    let start = Number.POSITIVE_INFINITY;
    for (const at of older.keys()) if (at > revision && at < start) start = at;
    const past = (older.get(start) ?? trees).clone();
    const first = log.after(revision);
    const end = start === Number.POSITIVE_INFINITY ? log.end : log.after(start);
    for (let number = end - 1; number >= first; number--) {
      const {type, entry, previous} = log.at(number)!;
      if (type !== 'DELETED') past.delete(entry.key);
      if (previous) past.set(previous as CachedEntry);
    }
    return past;
  }

  function trim(revision: number): void {
    // Lists that are being sent may still have them.
    for (const {type, entry, previous} of log.trim(revision)) {
      (previous as CachedEntry | undefined)?.hold();
      if (type === 'DELETED') (entry as CachedEntry).hold();
    }
    cursors.trim(revision);
    for (const at of [...older.keys()]) if (at < revision) older.delete(at);
  }
}

/** The entries by key, and by indexed field and key. */
interface Trees {
  readonly size: number;
  get(key: string): CachedEntry | undefined;
  from(key: string): Iterable<[string, Entry]>;
  withField(value: string): Iterable<Entry>;
  set(entry: CachedEntry): void;
  delete(key: string): void;
  clone(): Trees;
}

// A CommonJS module: its default export is a property of ours in Node, and ours itself for loaders that compile on the fly.
const BTree = sortedBTree.default ?? (sortedBTree as unknown as typeof sortedBTree.default);
type EntryTree = sortedBTree.default<string, CachedEntry>;

function createTrees(
  indexedField: string | undefined,
  byKey: EntryTree = new BTree(undefined, compareKeys),
  byField: EntryTree = new BTree(undefined, compareKeys),
): Trees {
  const fieldKey = (entry: Entry): string => `${entry.fields[indexedField!] ?? ''}\u0000${entry.key}`;
  return {
    get size() {
      return byKey.size;
    },
    get: key => byKey.get(key),
    from: key => byKey.entries(key),
    *withField(value) {
      const start = `${value}\u0000`;
      for (const [key, entry] of byField.entries(start)) {
        if (!key.startsWith(start)) return;
        yield entry;
      }
    },
    set(entry) {
      if (indexedField !== undefined) {
        const old = byKey.get(entry.key);
        if (old) byField.delete(fieldKey(old));
        byField.set(fieldKey(entry), entry);
      }
      byKey.set(entry.key, entry);
    },
    delete(key) {
      const old = byKey.get(key);
      if (old && indexedField !== undefined) byField.delete(fieldKey(old));
      byKey.delete(key);
    },
    clone: () => createTrees(indexedField, byKey.clone(), byField.clone()),
  };
}

function toSnapshot(trees: Trees, revision: number): Snapshot {
  return {
    revision,
    size: trees.size,
    get: key => trees.get(key),
    *range({prefix = '', start = prefix} = {}) {
      for (const [key, entry] of trees.from(start > prefix ? start : prefix)) {
        if (!key.startsWith(prefix)) return;
        yield entry;
      }
    },
    indexed: value => trees.withField(value),
  };
}
