import type {ApiClient, ResourceType, Watch} from '../../server/api/client.ts';
import type {Clock, Timer} from '../../server/api/clock.ts';
import type {ObjectMeta, WatchEventType} from '../../server/api/object.ts';
import {isApiError} from '../../server/api/status.ts';
import {createSharing} from './sharing.ts';

/** What an informer can hold. */
export interface Named {
  metadata: ObjectMeta;
}

/** `namespace/name`, or `name` for cluster-scoped objects (cache.MetaNamespaceKeyFunc). */
export const keyOf = ({metadata}: Named): string => objectKey(metadata.namespace, metadata.name!);

export const objectKey = (namespace: string | undefined, name: string): string => (namespace ? `${namespace}/${name}` : name);

export function splitKey(key: string): {namespace: string; name: string} {
  const slash = key.indexOf('/');
  return slash < 0 ? {namespace: '', name: key} : {namespace: key.slice(0, slash), name: key.slice(slash + 1)};
}

export interface Handler<T> {
  added?(object: T): void;
  updated?(object: T, old: T): void;
  /** The object's last known state. */
  deleted?(object: T): void;
}

/** Values under which an index finds an object. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** Read-only view of what an informer knows. Objects are frozen and shared, and carry no managedFields. Lists are in key order of arrival: sort where order matters. */
export interface Lister<T> {
  get(key: string): T | undefined;
  list(namespace?: string): T[];
  /** Objects for which the named index gave this value. */
  by(index: string, value: string): T[];
  size(): number;
}

/** A list that follows the server (client-go SharedIndexInformer). */
export interface Informer<T> extends Lister<T> {
  readonly type: ResourceType<T>;
  /** Handlers get every object that is there as `added`, then the changes; they run synchronously and must be quick. */
  addHandler(handler: Handler<T>): () => void;
  /** Indexes may be added at any time; the same name twice is the same index. */
  addIndex(name: string, values: IndexFunction<T>): void;
  whenSynced(): Promise<void>;
  synced(): boolean;
  /** The last resourceVersion seen, bookmarks included. */
  resourceVersion(): string;
  /** True while everything received is handled; false before the first list and while listing again. */
  idle(): boolean;
  /**
   * Resolves when all up to this resourceVersion of the resource is handled: what one wrote oneself is then in the cache. Relies on
   * resourceVersions being numbers that rise, as Kubernetes promises since 1.35.
   */
  reached(resourceVersion: string): Promise<void>;
  stop(): void;
}

export interface InformerOptions {
  /** Only this namespace. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

const NAMESPACE_INDEX = 'namespace';
const FIRST_RETRY = 800;
const LAST_RETRY = 30_000;

/** Starts to list and watch at once. Failures are retried with backoff; a watch that ends goes on from the last resourceVersion. */
export function createInformer<T extends Named>(
  client: ApiClient,
  clock: Clock,
  type: ResourceType<T>,
  options: InformerOptions = {},
): Informer<T> {
  const cache = createCache<T>();
  const share = createSharing();
  const handlers = new Set<Handler<T>>();
  const waiters: (() => void)[] = [];
  let readers: {version: number; resolve(): void}[] = [];
  let synced = false;
  let listing = true;
  let stopped = false;
  let revision = '';
  let failures = 0;
  let watch: Watch | undefined;
  let timer: Timer | undefined;

  const put = (received: T) => {
    const object = share(withoutManagers(received), cache.get(keyOf(received)));
    const old = cache.set(object);
    for (const handler of handlers) {
      if (!old) handler.added?.(object);
      else if (old.metadata.uid !== object.metadata.uid) {
        handler.deleted?.(old);
        handler.added?.(object);
      } else handler.updated?.(object, old);
    }
  };
  const remove = (key: string, last: T | undefined) => {
    const old = cache.delete(key);
    if (old) for (const handler of handlers) handler.deleted?.(last ?? old);
  };

  const handled = (version: string | undefined) => {
    revision = version ?? revision;
    if (readers.length === 0) return;
    const reached = Number(revision);
    for (const reader of readers) if (reader.version <= reached) reader.resolve();
    readers = readers.filter(reader => reader.version > reached);
  };

  const list = async () => {
    listing = true;
    const {items, metadata} = await client.list(type, {...options});
    if (stopped) return;
    const present = new Set(items.map(keyOf));
    for (const key of cache.keys()) if (!present.has(key)) remove(key, undefined);
    for (const item of items) {
      const known = cache.get(keyOf(item));
      if (known?.metadata.resourceVersion !== item.metadata.resourceVersion || known?.metadata.uid !== item.metadata.uid) put(item);
    }
    handled(metadata.resourceVersion);
    listing = false;
    failures = 0;
    if (!synced) {
      synced = true;
      for (const waiter of waiters.splice(0)) waiter();
    }
  };

  const event = (kind: WatchEventType, object: T) => {
    failures = 0;
    if (kind === 'DELETED') remove(keyOf(object), freeze(object));
    else if (kind !== 'BOOKMARK') put(object);
    handled(object.metadata.resourceVersion);
  };

  const run = async () => {
    try {
      if (revision === '') await list();
      if (!stopped) follow();
    } catch (error) {
      retry(error);
    }
  };
  const follow = () => {
    let ended = false;
    const started = client.watch(
      type,
      {...options, resourceVersion: revision, allowWatchBookmarks: true},
      {
        event,
        end(error) {
          ended = true;
          watch = undefined;
          if (error) retry(error);
          else if (!stopped) void run();
        },
      },
    );
    if (!ended) watch = started;
  };
  const retry = (error: unknown) => {
    if (stopped) return;
    const expired = isApiError(error, 'Expired', 'Gone');
    if (expired) {
      revision = '';
      listing = true;
      if (failures++ === 0) return void run();
    }
    const delay = Math.min(FIRST_RETRY * 2 ** Math.min(failures++, 10), LAST_RETRY);
    timer = clock.after(delay, 'upkeep', () => void run());
  };

  void run();
  return {
    type,
    ...cache.lister,
    addHandler(handler) {
      handlers.add(handler);
      for (const object of cache.lister.list()) handler.added?.(object);
      return () => handlers.delete(handler);
    },
    addIndex: cache.addIndex,
    whenSynced: () => (synced ? Promise.resolve() : new Promise(resolve => waiters.push(resolve))),
    synced: () => synced,
    resourceVersion: () => revision,
    idle: () => stopped || !listing,
    reached: version =>
      Number(version) <= Number(revision) ? Promise.resolve() : new Promise(resolve => readers.push({version: Number(version), resolve})),
    stop() {
      stopped = true;
      timer?.cancel();
      watch?.stop();
    },
  };
}

interface Cache<T> {
  readonly lister: Lister<T>;
  get(key: string): T | undefined;
  keys(): string[];
  /** Gives the object it replaced. */
  set(object: T): T | undefined;
  delete(key: string): T | undefined;
  addIndex(name: string, values: IndexFunction<T>): void;
}

interface Index<T> {
  values: IndexFunction<T>;
  buckets: Map<string, Map<string, T>>;
}

function createCache<T extends Named>(): Cache<T> {
  const objects = new Map<string, T>();
  const indexes = new Map<string, Index<T>>();

  const file = (index: Index<T>, key: string, object: T) => {
    for (const value of index.values(object)) {
      const bucket = index.buckets.get(value);
      if (bucket) bucket.set(key, object);
      else index.buckets.set(value, new Map([[key, object]]));
    }
  };
  const unfile = (index: Index<T>, key: string, object: T) => {
    for (const value of index.values(object)) {
      const bucket = index.buckets.get(value);
      bucket?.delete(key);
      if (bucket?.size === 0) index.buckets.delete(value);
    }
  };
  const addIndex = (name: string, values: IndexFunction<T>) => {
    if (indexes.has(name)) return;
    const index: Index<T> = {values, buckets: new Map()};
    indexes.set(name, index);
    for (const [key, object] of objects) file(index, key, object);
  };
  addIndex(NAMESPACE_INDEX, ({metadata}) => [metadata.namespace ?? '']);

  const by = (name: string, value: string): T[] => {
    const index = indexes.get(name);
    if (!index) throw new Error(`no index ${name}`);
    const bucket = index.buckets.get(value);
    return bucket ? [...bucket.values()] : [];
  };
  return {
    lister: {
      get: key => objects.get(key),
      list: namespace => (namespace === undefined ? [...objects.values()] : by(NAMESPACE_INDEX, namespace)),
      by,
      size: () => objects.size,
    },
    get: key => objects.get(key),
    keys: () => [...objects.keys()],
    set(object) {
      const key = keyOf(object);
      const old = objects.get(key);
      for (const index of indexes.values()) {
        if (old && index.values(old).join('\0') !== index.values(object).join('\0')) unfile(index, key, old);
        file(index, key, object);
      }
      objects.set(key, object);
      return old;
    },
    delete(key) {
      const old = objects.get(key);
      if (!old) return undefined;
      for (const index of indexes.values()) unfile(index, key, old);
      objects.delete(key);
      return old;
    },
    addIndex,
  };
}

/** Who set which field takes as much memory as the fields, and is of interest to nobody here; a write that says nothing of it leaves it alone. */
function withoutManagers<T extends Named>(object: T): T {
  const {managedFields, ...metadata} = object.metadata;
  return managedFields ? {...object, metadata} : object;
}

/** In-process answers are frozen already; what came over the network is frozen here. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
