/**
 * The only door to data (k8s.io/apiserver/pkg/storage/interfaces.go for the vocabulary). LMDB implements it first (lmdb.ts), etcd later;
 * test/server/storage/contract.ts is what every implementation must pass.
 */
export interface Store {
  /** The revision of the newest committed write; 0 is never used, a fresh store starts at 1. */
  readonly revision: number;
  /** History is complete from here on: events after this revision can be read, reading after an older one is refused. */
  readonly compacted: number;
  /** All live rows whose key starts with `prefix`, in key order (UTF-8 bytes). Used to fill a cache once. */
  load(prefix: string): AsyncIterable<StoredRow>;
  /** The value that was written with this revision. Throws CompactedError when it has been forgotten. */
  read(revision: number): string;
  /** One write; resolves with its revision once it is committed (and on disk where the store promises that) and every sink has been told. */
  commit(write: Write): Promise<number>;
  /** Tells of all commits, in order, per batch (an empty one after a compaction); returns how to stop. A sink must not throw. */
  watch(sink: (events: readonly StoreEvent[]) => void): () => void;
  /** History after `revision`, in order; throws CompactedError if some of it is gone. */
  history(revision: number, prefix: string): StoreEvent[];
  /** Forgets history up to `revision`, keeping the newest row of each key and previous values that kept events need. */
  compact(revision: number): Promise<void>;
  /** Bytes that the data takes. */
  size(): number;
  close(): Promise<void>;
}

export interface StoredRow {
  key: string;
  /** JSON text without metadata.resourceVersion, as in etcd; read when it is asked for. */
  readonly value: string;
  /** The revision of the last write of this key. */
  revision: number;
  createRevision: number;
}

export interface Write {
  key: string;
  /** JSON text, or undefined: delete. */
  value: string | undefined;
  /** The revision the key must have now; 0: it must not exist. */
  expected: number;
  /** Never stored: travels to the sinks of this process, so that a cache finds the writer's own object instead of parsing `value`. */
  note?: unknown;
}

export interface StoreEvent {
  key: string;
  revision: number;
  readonly deleted: boolean;
  /** undefined: the key was deleted. Of history, like every previous value, it is read when it is asked for, until it is compacted. */
  readonly value: string | undefined;
  /** What was there before; undefined: the key was created. */
  previous: {readonly value: string; readonly revision: number} | undefined;
  readonly createRevision: number;
  /** The note of the write, when it was made by this process. */
  note?: unknown;
}

/** Somebody else wrote first: the key's revision is `actual` (0: it does not exist). */
export class RevisionMismatch extends Error {
  readonly key: string;
  readonly actual: number;

  constructor(key: string, actual: number) {
    super(`revision mismatch on ${key}`);
    this.name = 'RevisionMismatch';
    this.key = key;
    this.actual = actual;
  }
}

/** History that has been compacted was asked for. */
export class CompactedError extends Error {
  readonly revision: number;
  readonly compacted: number;

  constructor(revision: number, compacted: number) {
    super(`revision ${revision} has been compacted`);
    this.name = 'CompactedError';
    this.revision = revision;
    this.compacted = compacted;
  }
}
