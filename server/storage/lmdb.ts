import type {Clock} from '../api/clock.ts';
import type {Change, HistoryLimits} from './changes.ts';
import {createChanges} from './changes.ts';
import {prefixEnd} from './keys.ts';
import {lockFolder} from './lock.ts';
import {decodeRow, encodeRow} from './rows.ts';
import type {Store, StoredRow, StoreEvent, Write} from './store.ts';
import {CompactedError, RevisionMismatch} from './store.ts';
import type {Put, Tables} from './tables.ts';
import {openTables} from './tables.ts';

export interface LmdbStoreOptions {
  /** The data folder; made if missing, then owned by this store alone until it is closed. */
  path: string;
  /** Commits resolve when they are on disk. Otherwise they survive the death of the process, but not of the machine. */
  durable: boolean;
  clock: Clock;
  limits?: Partial<HistoryLimits>;
  /** Told once when a batch could not be written: nothing can be stored from then on. */
  onFailure?: (cause: Error) => void;
}

/** 5 minutes is what kube-apiserver lets etcd keep. */
const LIMITS: HistoryLimits = {age: 300_000, count: 100_000, bytes: 64 * 1024 * 1024};
const COMPACTION_INTERVAL = 30_000;
const CHUNK = 500;
/** LMDB refuses keys of more than 1,978 bytes. */
const LONGEST_KEY = 1900;

/**
 * A store in one LMDB file. Every value lies there once, under its revision; a second table says which revision each key has. The process
 * is its only writer, so expected revisions are checked in memory. Writes of one turn of the event loop are one transaction.
 * Throws an Error of one plain line for a folder that is taken or not writable and for data of a newer format.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const unlock = lockFolder(options.path);
  try {
    return createStore(options, openTables(options.path, options.durable), unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** What a key holds now, accepted writes that are still on their way included. */
interface KeyState {
  revision: number;
  createRevision: number;
}

interface Accepted {
  write: Write;
  revision: number;
  previous: KeyState | undefined;
  createRevision: number;
  resolve(revision: number): void;
  reject(error: Error): void;
}

function createStore(options: LmdbStoreOptions, tables: Tables, unlock: () => void): Store {
  const {clock} = options;
  const {rows, keys, meta, transact} = tables;
  const states = new Map<string, KeyState>();
  const sinks = new Set<(events: readonly StoreEvent[]) => void>();
  let compacted = Number(meta.get('compacted'));
  const changes = createChanges({...LIMITS, ...options.limits});
  for (const {key, value} of keys.getRange()) states.set(key, parseState(value));
  for (const {key, value} of rows.getRange({start: compacted + 1})) {
    const row = decodeRow(value);
    remember(key, row.key, row.value, row.previousRevision);
  }
  let revision = changes.newest?.revision ?? compacted;
  let newest = revision;

  let queue: Accepted[] = [];
  let refusals: (() => void)[] = [];
  let scheduled = false;
  let flushing: Promise<void> | undefined;
  let compacting: Promise<void> = Promise.resolve();
  let failure: Error | undefined;
  let closing: Promise<void> | undefined;
  let timer = clock.after(COMPACTION_INTERVAL, 'upkeep', compactByAge);

  return {
    get revision() {
      return revision;
    },
    get compacted() {
      return compacted;
    },
    load,
    read,
    commit,
    watch(sink) {
      sinks.add(sink);
      return () => sinks.delete(sink);
    },
    history,
    compact,
    size: tables.size,
    close: () => (closing ??= close()),
  };

  function commit(write: Write): Promise<number> {
    if (failure) return Promise.reject(failure);
    if (write.key.length > LONGEST_KEY / 3 && Buffer.byteLength(write.key) > LONGEST_KEY)
      return Promise.reject(new Error(`key is longer than ${LONGEST_KEY} bytes`));
    return new Promise((resolve, reject) => {
      const previous = states.get(write.key);
      const actual = previous?.revision ?? 0;
      const deletesNothing = write.value === undefined && !previous;
      if (actual === write.expected && !deletesNothing) accept(write, previous, resolve, reject);
      // A refusal waits for the batch as well: until then the writer could not read what it was refused for, and would try in vain.
      else refusals.push(() => reject(new RevisionMismatch(write.key, actual)));
      schedule();
    });
  }

  function accept(write: Write, previous: KeyState | undefined, resolve: Accepted['resolve'], reject: Accepted['reject']): void {
    newest++;
    const createRevision = previous?.createRevision ?? newest;
    if (write.value === undefined) states.delete(write.key);
    else states.set(write.key, {revision: newest, createRevision});
    queue.push({write, revision: newest, previous, createRevision, resolve, reject});
  }

  function schedule(): void {
    if (scheduled || flushing) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      flushing = flush().finally(() => {
        flushing = undefined;
        if (queue.length > 0 || refusals.length > 0) schedule();
      });
    });
  }

  async function flush(): Promise<void> {
    const batch = queue;
    const refused = refusals;
    queue = [];
    refusals = [];
    try {
      if (batch.length > 0 && failure === undefined) {
        await transact(() => batch.flatMap(put));
        publish(batch);
      }
    } catch (error) {
      fail(error as Error);
    }
    for (const {resolve, reject, revision} of batch) failure ? reject(failure) : resolve(revision);
    for (const refuse of refused) refuse();
    if (!failure) compactBySize();
  }

  function put({write: {key, value}, revision, previous, createRevision}: Accepted): Put[] {
    const row = encodeRow({key, previousRevision: previous?.revision ?? 0, createRevision, value});
    return [rows.put(revision, row, APPEND), value === undefined ? keys.remove(key) : keys.put(key, `${revision} ${createRevision}`)];
  }

  function publish(batch: readonly Accepted[]): void {
    const events = batch.map(({write: {key, value, note}, revision, previous, createRevision}) => {
      const previousRevision = previous?.revision ?? 0;
      remember(revision, key, value, previousRevision);
      return {key, revision, deleted: value === undefined, value, previous: previousOf(previousRevision), createRevision, note};
    });
    revision = batch.at(-1)!.revision;
    for (const sink of sinks) sink(events);
  }

  function fail(error: Error): void {
    if (failure) return;
    failure = new Error(`the store has stopped: ${error.message}`, {cause: error});
    timer.cancel();
    for (const {reject} of queue) reject(failure);
    queue = [];
    options.onFailure?.(failure);
  }

  async function* load(prefix: string): AsyncGenerator<StoredRow> {
    const end = prefixEnd(prefix);
    let start = prefix;
    for (;;) {
      // No read transaction stays open across a yield.
      const chunk = [...keys.getRange({start, end, limit: CHUNK})].map(({key, value}) => storedRow(key, parseState(value)));
      yield* chunk;
      if (chunk.length < CHUNK) return;
      start = `${chunk.at(-1)!.key}\u0000`;
    }
  }

  function storedRow(key: string, {revision, createRevision}: KeyState): StoredRow {
    return {
      key,
      revision,
      createRevision,
      get value() {
        return read(revision);
      },
    };
  }

  function history(after: number, prefix: string): StoreEvent[] {
    if (after < compacted) throw new CompactedError(after, compacted);
    return changes
      .after(after)
      .filter(({key}) => key.startsWith(prefix))
      .map(pastEvent);
  }

  /** Most of what a cache is filled with it has from `load`: values are read only when they are asked for. */
  function pastEvent({revision, key, previousRevision, deleted}: Change): StoreEvent {
    return {
      key,
      revision,
      deleted,
      get value() {
        return deleted ? undefined : read(revision);
      },
      previous: previousOf(previousRevision),
      get createRevision() {
        return decodeRow(rows.get(revision)!).createRevision;
      },
    };
  }

  function previousOf(revision: number): StoreEvent['previous'] {
    if (revision === 0) return undefined;
    return {
      revision,
      get value() {
        return read(revision);
      },
    };
  }

  function read(revision: number): string {
    const text = rows.get(revision);
    if (text === undefined) throw new CompactedError(revision, compacted);
    return decodeRow(text).value!;
  }

  function remember(revision: number, key: string, value: string | undefined, previousRevision: number): void {
    const deleted = value === undefined;
    changes.push({revision, key, previousRevision, deleted, bytes: value?.length ?? 0, time: clock.now()});
  }

  function compactByAge(): void {
    compact(changes.outdated(clock.now()) ?? 0).catch(fail);
    timer = clock.after(COMPACTION_INTERVAL, 'upkeep', compactByAge);
  }

  function compactBySize(): void {
    const excess = changes.excess();
    if (excess !== undefined) compact(excess).catch(fail);
  }

  function compact(to: number): Promise<void> {
    const boundary = Math.min(to, revision);
    if (boundary <= compacted) return compacting;
    compacted = boundary;
    const dropped = changes.drop(boundary);
    compacting = compacting.then(() => forget(dropped, boundary));
    for (const sink of sinks) sink([]);
    return compacting;
  }

  /**
   * An event that leaves the history takes along the row that it superseded, and a deletion its own; each chunk moves the stored boundary,
   * so that nothing is left behind by a crash.
   */
  async function forget(dropped: readonly Change[], boundary: number): Promise<void> {
    for (let start = 0; start === 0 || start < dropped.length; start += CHUNK) {
      const chunk = dropped.slice(start, start + CHUNK);
      const reached = start + CHUNK < dropped.length ? chunk.at(-1)!.revision : boundary;
      await transact(() => [
        ...chunk.flatMap(change => superseded(change).map(revision => rows.remove(revision))),
        meta.put('compacted', String(reached)),
      ]);
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  async function close(): Promise<void> {
    while (flushing || scheduled) await (flushing ?? new Promise(resolve => setImmediate(resolve)));
    failure ??= new Error('the store is closed');
    timer.cancel();
    await compacting.catch(() => {});
    await tables.close();
    unlock();
  }
}

// Revisions only rise, and pages filled from the end are filled whole. The type lacks the options that `put` takes like `putSync`.
const APPEND = {append: true} as unknown as number;

function parseState(text: string): KeyState {
  const blank = text.indexOf(' ');
  return {revision: Number(text.slice(0, blank)), createRevision: Number(text.slice(blank + 1))};
}

/** The rows that nobody needs any more when a change leaves the history. */
function superseded({revision, previousRevision, deleted}: Change): number[] {
  return [...(previousRevision > 0 ? [previousRevision] : []), ...(deleted ? [revision] : [])];
}
