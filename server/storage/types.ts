import type {KubeObject} from '../api/object.ts';

/** Which objects a storage holds and how they are found: one per group-resource in etcd, whatever versions are served from it. */
export interface StorageConfig {
  /** `/registry/pods/`, with the trailing slash. */
  readonly prefix: string;
  readonly namespaced: boolean;
  /** Values of selectable fields, by label; kept per entry so that selectors do not parse objects. */
  readonly fields: (object: KubeObject) => {[label: string]: string};
  /** One selectable field by which entries and watches are also found (`spec.nodeName` for pods). */
  readonly indexedField?: string;
}

/** A stored object as the cache holds it. Immutable: a write makes a new entry. */
export interface Entry {
  /** Storage key below the prefix: `namespace/name` or `name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly labels: {readonly [key: string]: string};
  readonly fields: {readonly [label: string]: string};
  /** The object in hub version with metadata.resourceVersion, deeply frozen, decoded on first use. */
  readonly object: KubeObject;
  /** The same for who will not need it again, say to encode it: decoded anew where it is not at hand, and neither kept nor frozen. Not to be changed. */
  readonly glance: KubeObject;
  /** Its JSON on the wire (with metadata.resourceVersion), exact-sized, encoded on first use. */
  readonly bytes: Buffer;
  /** What is derived from it for other views and formats: `format` names both; memoized within the cache's byte budget. */
  memo(format: string, make: () => Buffer): Buffer;
  /** The same state under a later revision: what a watch sends when an object leaves its selector. */
  at(revision: number): Entry;
}

/** A change of one storage, as cursors and informers see it. */
export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** The entry after the change; of DELETED the last state, stamped with the revision of the deletion. */
  readonly entry: Entry;
  /** What was there before; undefined for ADDED. */
  readonly previous: Entry | undefined;
}

/** A consistent picture of a storage at one revision; cheap (copy on write). */
export interface Snapshot {
  readonly revision: number;
  readonly size: number;
  get(key: string): Entry | undefined;
  /** In key order, from `start` (inclusive); `prefix` limits to a namespace (`ns/`). */
  range(options?: {prefix?: string; start?: string}): Iterable<Entry>;
  /** The entries whose indexed field has this value, in key order. */
  indexed(value: string): Iterable<Entry>;
}

/** Which events a cursor is woken for; anything finer is the reader's filter. */
export interface CursorScope {
  namespace?: string;
  name?: string;
  /** Value of the storage's indexed field. */
  indexed?: string;
}

/**
 * A reading position in a storage's log. It has no queue: `next` reads on from where it stands, as fast as the reader likes.
 * A cursor that falls behind the log's start is expired.
 */
export interface Cursor {
  /** Up to `limit` events of the scope after the position, which moves behind them; [] at the head. Throws CompactedError when expired. */
  next(limit: number): CacheEvent[];
  /** The revision up to which everything has been read: what a bookmark may say. */
  readonly position: number;
  /** Called (once per turn at most) when there may be something new. */
  onReady(wake: () => void): void;
  close(): void;
}

/** The storage of one group-resource: reads from its cache, writes through the store. */
export interface ResourceStorage {
  readonly config: StorageConfig;
  /** Revision of the newest event the cache has applied (of the whole store, not just of this storage). */
  readonly revision: number;
  /** The oldest revision at which history can still be read. */
  readonly oldest: number;
  get(key: string): Entry | undefined;
  snapshot(): Snapshot;
  /** The exact state at an older revision, by undoing the log; throws CompactedError. */
  snapshotAt(revision: number): Snapshot;
  /**
   * Stores `object` (its resourceVersion is ignored) and resolves when the cache holds it. `expected` 0: create. Throws RevisionMismatch.
   * The object belongs to the storage from then on: what lies below its metadata is frozen and becomes part of the entry.
   */
  write(key: string, object: KubeObject, expected: number): Promise<Entry>;
  /** Resolves with the last state, stamped with the deletion's revision. Throws RevisionMismatch. */
  remove(key: string, expected: number): Promise<Entry>;
  /** Events after `revision`; throws CompactedError. */
  cursor(revision: number, scope?: CursorScope): Cursor;
}
