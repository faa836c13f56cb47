import type {Json, JsonObject} from './json.ts';
import type {KubeList, KubeObject, WatchEventType} from './object.ts';

/** A served resource, as clients name it; `T` is the shape of its objects. The built-in ones are in resource-types.generated.ts. */
export interface ResourceType<T = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Only carries `T`; never set. */
  readonly object?: T;
}

/** Who asks, as authentication found out (user.Info). */
export interface Identity {
  name: string;
  uid?: string;
  groups: string[];
  extra?: {[key: string]: string[]};
}

/** Names one object; `namespace` is left out for cluster-scoped ones. */
export interface ObjectKey {
  namespace?: string;
  name: string;
}

export interface ReadOptions {
  resourceVersion?: string;
}

export interface ListOptions extends ReadOptions {
  /** Left out: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  /** The initial objects as ADDED, then a BOOKMARK with annotation `k8s.io/initial-events-end`. */
  sendInitialEvents?: boolean;
  allowWatchBookmarks?: boolean;
}

export interface WriteOptions {
  /** `status`, `scale`, `binding`, … */
  subresource?: string;
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  force?: boolean;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  preconditions?: {uid?: string; resourceVersion?: string};
  dryRun?: boolean;
}

export type Patch = {type: 'json'; patch: Json[]} | {type: 'merge'; patch: JsonObject} | {type: 'strategic'; patch: JsonObject};

/** Receives a watch's events, in order, one at a time; `end` comes once, last: without error at a regular end. */
export interface WatchHandler<T> {
  event(type: WatchEventType, object: T): void;
  end(error?: Error): void;
}

export interface Watch {
  stop(): void;
}

/** A plain request, for what the typed calls do not cover (discovery, subresources with bodies of other kinds). */
export interface RawRequest {
  method: string;
  /** Path with query. */
  path: string;
  headers?: {[name: string]: string};
  body?: JsonObject;
}

export interface RawResponse {
  status: number;
  headers: {[name: string]: string | string[]};
  body: Json | undefined;
}

/**
 * The one way in for everything outside the API server. In-process it runs the same pipeline without sockets; answers may be
 * frozen and shared: never modify them. Failures are ApiError (status.ts).
 */
export interface ApiClient {
  get<T>(type: ResourceType<T>, key: ObjectKey, options?: ReadOptions & {subresource?: string}): Promise<T>;
  list<T>(type: ResourceType<T>, options?: ListOptions): Promise<KubeList<T>>;
  watch<T>(type: ResourceType<T>, options: WatchOptions, handler: WatchHandler<T>): Watch;
  /** POST; the namespace is the object's own. `subresource` posts below the object (binding, eviction, token). */
  create<T>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  update<T>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T>(type: ResourceType<T>, key: ObjectKey, patch: Patch, options?: WriteOptions): Promise<T>;
  /** Server-side apply; the object names itself. */
  apply<T>(type: ResourceType<T>, object: JsonObject, options: ApplyOptions): Promise<T>;
  /** The object while it is still there (finalizers, grace), else the final answer (object or Status). */
  delete<T>(type: ResourceType<T>, key: ObjectKey, options?: DeleteOptions): Promise<T | JsonObject>;
  deleteCollection<T>(type: ResourceType<T>, list: ListOptions, options?: DeleteOptions): Promise<KubeList<T> | JsonObject>;
  request(request: RawRequest): Promise<RawResponse>;
  /** The same server under another identity (in-process) or impersonating it (over HTTPS). */
  as(identity: Identity, userAgent?: string): ApiClient;
}

export type {KubeList, KubeObject, WatchEventType};
