import type {
  ApiClient,
  ApplyOptions,
  Identity,
  KubeList,
  KubeObject,
  ListOptions,
  ObjectKey,
  RawRequest,
  RawResponse,
  ResourceType,
  Watch,
  WatchHandler,
  WatchOptions,
} from '../api/client.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {APPLY_TYPE, collectionPath, deleteBody, objectPath, PATCH_TYPES, queryOf, writeQuery} from '../api/requests.ts';
import type {Status} from '../api/status.ts';
import {ApiError} from '../api/status.ts';
import {turn} from '../api/turn.ts';
import type {App} from '../app.ts';
import {bookmark} from '../encode/bookmark.ts';
import {toObject} from '../encode/objects.ts';
import type {ApiResponse, WatchFrame, WatchStream} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';

// A watcher in the same process takes this many events before others get their turn.
const WATCH_BATCH = 500;
// Objects of a list may have to be decoded.
const LIST_BATCH = 250;

/** A client of `app` without sockets: same pipeline, same identity rules; answers are the server's own frozen objects. */
export function createInProcessClient(app: App, identity: Identity, userAgent: string): ApiClient {
  const call = async (
    method: string,
    path: string,
    query: URLSearchParams,
    body?: JsonObject | Json[],
    contentType = 'application/json',
  ): Promise<ApiResponse> => {
    const {response} = await app.handle({
      method,
      path,
      query,
      headers: {'user-agent': userAgent, 'content-type': contentType},
      body: {type: 'object', object: body as JsonObject | undefined},
      identity,
    });
    if (response.status >= 400) throw apiError(response);
    return response;
  };
  const object = async <T>(...request: Parameters<typeof call>): Promise<T> => content(await call(...request)) as T;

  return {
    get: (type, key, options = {}) =>
      object('GET', objectPath(type, key, options.subresource), queryOf({resourceVersion: options.resourceVersion})),
    async list<T>(type: ResourceType<T>, options: ListOptions = {}): Promise<KubeList<T>> {
      const {namespace, ...rest} = options;
      const {body} = await call('GET', collectionPath(type, namespace), queryOf(rest));
      if (body.type !== 'list') return content({status: 200, headers: {}, body}) as unknown as KubeList<T>;
      const {resource, entries, metadata} = body;
      const items: T[] = [];
      for (const entry of entries) {
        items.push(resource.view.fromHub(entry.object) as T);
        if (items.length % LIST_BATCH === 0) await turn();
      }
      return {metadata, items};
    },
    watch: (type, options, handler) => openWatch(call, type, options, handler),
    create: (type, body, options = {}) => {
      const {metadata} = body as KubeObject;
      const key = {name: metadata.name ?? '', ...(metadata.namespace !== undefined && {namespace: metadata.namespace})};
      const path = options.subresource ? objectPath(type, key, options.subresource) : collectionPath(type, metadata.namespace);
      return object('POST', path, writeQuery(options), body as JsonObject);
    },
    update: (type, body, options = {}) =>
      object(
        'PUT',
        objectPath(type, (body as KubeObject).metadata as ObjectKey, options.subresource),
        writeQuery(options),
        body as JsonObject,
      ),
    patch: (type, key, {type: form, patch}, options = {}) =>
      object('PATCH', objectPath(type, key, options.subresource), writeQuery(options), patch, PATCH_TYPES[form]),
    apply: (type, body, options: ApplyOptions) => {
      const parameters = writeQuery(options);
      if (options.force) parameters.set('force', 'true');
      return object('PATCH', objectPath(type, body.metadata as unknown as ObjectKey, options.subresource), parameters, body, APPLY_TYPE);
    },
    delete: (type, key, options = {}) => object('DELETE', objectPath(type, key), new URLSearchParams(), deleteBody(options)),
    deleteCollection: (type, {namespace, ...rest}, options = {}) =>
      object('DELETE', collectionPath(type, namespace), queryOf(rest), deleteBody(options)),
    async request({method, path, headers, body}: RawRequest): Promise<RawResponse> {
      const url = new URL(path, 'http://in-process');
      const {response} = await app.handle({
        method,
        path: url.pathname,
        query: url.searchParams,
        headers: {'user-agent': userAgent, 'content-type': 'application/json', ...headers},
        body: {type: 'object', object: body},
        identity,
      });
      return {status: response.status, headers: response.headers, body: content(response)};
    },
    as: (other, agent = userAgent) => createInProcessClient(app, withAuthenticated(other), agent),
  };
}

const withAuthenticated = (identity: Identity): Identity =>
  identity.groups.includes('system:authenticated') ? identity : {...identity, groups: [...identity.groups, 'system:authenticated']};

function content({body}: ApiResponse): Json | undefined {
  switch (body.type) {
    case 'object':
    case 'entry':
    case 'list':
      return toObject(body);
    case 'text':
      return body.text;
    case 'bytes':
      return body.contentType.startsWith('application/json') ? (JSON.parse(body.bytes.toString()) as Json) : body.bytes.toString();
    default:
      return undefined;
  }
}

function apiError(response: ApiResponse): ApiError {
  const status = content(response) as unknown as Status;
  if (status?.kind !== 'Status') return new ApiError(response.status, 'Unknown', String(status));
  const error = new ApiError(status.code ?? response.status, status.reason, status.message ?? '', status.details);
  error.status.metadata = status.metadata;
  return error;
}

function openWatch<T>(
  call: (method: string, path: string, query: URLSearchParams) => Promise<ApiResponse>,
  type: ResourceType<T>,
  {namespace, ...options}: WatchOptions,
  handler: WatchHandler<T>,
): Watch {
  let stream: WatchStream | undefined;
  let stopped = false;
  const matched = options.sendInitialEvents === undefined ? options : {...options, resourceVersionMatch: 'NotOlderThan'};
  call('GET', collectionPath(type, namespace), queryOf({...matched, watch: true})).then(
    ({body}) => {
      if (body.type !== 'watch') return handler.end(new Error('the answer is not a watch'));
      if (stopped) return body.stream.close();
      stream = body.stream;
      pump(body.resource, body.stream, handler, () => stopped);
    },
    error => stopped || handler.end(error as Error),
  );
  return {
    stop() {
      stopped = true;
      stream?.close();
    },
  };
}

function pump<T>(resource: Resource, stream: WatchStream, handler: WatchHandler<T>, stopped: () => boolean): void {
  let finished = false;
  const finish = (error?: Error): void => {
    if (finished || stopped()) return;
    finished = true;
    handler.end(error);
  };
  const run = (): void => {
    for (;;) {
      const frames = stream.read(WATCH_BATCH);
      for (const frame of frames) {
        if (stopped()) return;
        if (frame.type === 'ERROR') finish(streamError(frame.status));
        else handler.event(frame.type, frameObject(resource, frame) as T);
      }
      if (frames.length === 0) break;
    }
    if (stream.ended) finish();
  };
  stream.onReady(run);
  run();
}

function streamError(status: JsonObject): ApiError {
  const {code, reason, message, details} = status as unknown as Status;
  return new ApiError(code ?? 500, reason, message ?? '', details);
}

const frameObject = (resource: Resource, frame: Exclude<WatchFrame, {type: 'ERROR'}>): JsonObject =>
  frame.type === 'BOOKMARK' ? bookmark(resource, frame) : resource.view.fromHub(frame.entry.object);
