import type {IncomingMessage, RequestOptions} from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import type {
  ApiClient,
  Identity,
  KubeList,
  KubeObject,
  ObjectKey,
  RawRequest,
  RawResponse,
  ResourceType,
  Watch,
  WatchHandler,
  WatchOptions,
} from '../../server/api/client.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';
import type {WatchEventType} from '../../server/api/object.ts';
import {APPLY_TYPE, collectionPath, deleteBody, objectPath, PATCH_TYPES, queryOf, writeQuery} from '../../server/api/requests.ts';
import type {Status} from '../../server/api/status.ts';
import {ApiError} from '../../server/api/status.ts';

export interface HttpsClientOptions {
  /** `https://127.0.0.1:6443`, or http. */
  server: string;
  /** PEM of the authority that signed the server's certificate; left out: the system's. */
  ca?: string;
  /** PEM of a client certificate and its key. */
  cert?: string;
  key?: string;
  token?: string;
  userAgent?: string;
  insecureSkipVerify?: boolean;
  /** Whom the server's certificate is for, if not the server's host. */
  serverName?: string;
  /** What is sent with every request. */
  headers?: {[name: string]: string};
}

/** An ApiClient over the network, for any Kubernetes API server. Connections are kept alive; `as` impersonates. */
export function createHttpsClient(options: HttpsClientOptions): ApiClient {
  const {ca, cert, key, insecureSkipVerify, serverName: servername} = options;
  const secure = options.server.startsWith('https:');
  const agent = secure
    ? new https.Agent({keepAlive: true, ca, cert, key, rejectUnauthorized: !insecureSkipVerify, ...(servername && {servername})})
    : new http.Agent({keepAlive: true});
  return clientOver({send: senderTo(new URL(options.server), agent, secure), identity: undefined, options});
}

interface Call {
  method: string;
  /** With query. */
  path: string;
  headers?: {[name: string]: string};
  body?: JsonObject | Json[];
  contentType?: string;
}

type Send = (request: {method: string; path: string; headers: {[name: string]: string | string[]}; body?: string}) => {
  response: Promise<IncomingMessage>;
  abort(): void;
};

interface Connection {
  send: Send;
  identity: Identity | undefined;
  options: HttpsClientOptions;
}

function senderTo(base: URL, agent: http.Agent | https.Agent, secure: boolean): Send {
  const prefix = base.pathname.replace(/\/$/, '');
  return ({method, path, headers, body}) => {
    const target: RequestOptions = {
      host: base.hostname,
      port: base.port || (secure ? 443 : 80),
      method,
      path: prefix + path,
      headers,
      agent,
    };
    const request = (secure ? https : http).request(target);
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve);
      request.on('error', reject);
    });
    request.end(body);
    return {response, abort: () => request.destroy()};
  };
}

function clientOver(connection: Connection): ApiClient {
  const {send, options} = connection;
  const headers = commonHeaders(connection);
  const start = ({method, path, body, contentType = 'application/json', headers: more}: Call) => {
    if (body === undefined) return send({method, path, headers: {...headers, ...more}});
    const text = JSON.stringify(body);
    // Node sends no length of its own with a DELETE.
    const described = {'content-type': contentType, 'content-length': String(Buffer.byteLength(text))};
    return send({method, path, headers: {...headers, ...described, ...more}, body: text});
  };
  const call = async <T>(request: Call): Promise<T> => {
    const answer = await readAnswer(await start(request).response);
    if (answer.status >= 400) throw apiError(answer);
    return answer.body as T;
  };
  const withQuery = (path: string, query: URLSearchParams) => (query.size > 0 ? `${path}?${query}` : path);

  return {
    get: (type, key, {subresource, ...rest} = {}) =>
      call({method: 'GET', path: withQuery(objectPath(type, key, subresource), queryOf(rest))}),
    list: <T>(type: ResourceType<T>, {namespace, ...rest} = {} as {namespace?: string}): Promise<KubeList<T>> =>
      call({method: 'GET', path: withQuery(collectionPath(type, namespace), queryOf(rest))}),
    watch: (type, watchOptions, handler) => openWatch(start, type, watchOptions, handler),
    create(type, object, write = {}) {
      const {namespace, name = ''} = (object as KubeObject).metadata;
      const path = write.subresource ? objectPath(type, {namespace, name}, write.subresource) : collectionPath(type, namespace);
      return call({method: 'POST', path: withQuery(path, writeQuery(write)), body: typed(type, object)});
    },
    update(type, object, write = {}) {
      const path = objectPath(type, (object as KubeObject).metadata as ObjectKey, write.subresource);
      return call({method: 'PUT', path: withQuery(path, writeQuery(write)), body: typed(type, object)});
    },
    patch: (type, key, {type: form, patch}, write = {}) =>
      call({
        method: 'PATCH',
        path: withQuery(objectPath(type, key, write.subresource), writeQuery(write)),
        body: patch,
        contentType: PATCH_TYPES[form],
      }),
    apply(type, object, {force, ...write}) {
      const query = writeQuery(write);
      if (force) query.set('force', 'true');
      const path = withQuery(objectPath(type, object.metadata as unknown as ObjectKey, write.subresource), query);
      return call({method: 'PATCH', path, body: object, contentType: APPLY_TYPE});
    },
    delete: (type, key, deletion = {}) => call({method: 'DELETE', path: objectPath(type, key), body: deleteBody(deletion)}),
    deleteCollection: (type, {namespace, ...rest}, deletion = {}) =>
      call({method: 'DELETE', path: withQuery(collectionPath(type, namespace), queryOf(rest)), body: deleteBody(deletion)}),
    request: async (request: RawRequest) => readAnswer(await start(request).response),
    as: (identity, userAgent = options.userAgent) => clientOver({send, identity, options: {...options, userAgent}}),
  };
}

function commonHeaders({identity, options}: Connection): {[name: string]: string | string[]} {
  const {token, userAgent = 'kubedouble'} = options;
  const extra = Object.entries(identity?.extra ?? {}).map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, values]);
  return {
    accept: 'application/json',
    'user-agent': userAgent,
    ...(token && {authorization: `Bearer ${token}`}),
    ...(identity && {
      'Impersonate-User': identity.name,
      // Everyone who is authenticated gets system:authenticated by itself, and may not ask for it.
      'Impersonate-Group': identity.groups.filter(group => group !== 'system:authenticated'),
      ...(identity.uid && {'Impersonate-Uid': identity.uid}),
      ...Object.fromEntries(extra),
    }),
    ...options.headers,
  };
}

/** Listed objects come without apiVersion and kind; a server wants them in a body. */
const typed = ({group, version, kind}: ResourceType<unknown>, object: unknown): JsonObject => ({
  apiVersion: group ? `${group}/${version}` : version,
  kind,
  ...(object as JsonObject),
});

async function readAnswer(response: IncomingMessage): Promise<RawResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const isJson = (response.headers['content-type'] ?? '').includes('json');
  const headers = response.headers as {[name: string]: string | string[]};
  return {status: response.statusCode ?? 0, headers, body: text === '' ? undefined : isJson ? (JSON.parse(text) as Json) : text};
}

function apiError({status, body}: RawResponse): ApiError {
  const told = body as Status | string | undefined;
  if (typeof told !== 'object' || told?.kind !== 'Status')
    return new ApiError(status, undefined, typeof told === 'string' ? told : `HTTP ${status}`);
  return new ApiError(told.code ?? status, told.reason, told.message ?? '', told.details);
}

function openWatch<T>(
  start: (call: Call) => ReturnType<Send>,
  type: ResourceType<T>,
  {namespace, ...options}: WatchOptions,
  handler: WatchHandler<T>,
): Watch {
  const matched = options.sendInitialEvents === undefined ? options : {...options, resourceVersionMatch: 'NotOlderThan'};
  const query = queryOf({...matched, watch: true});
  const {response, abort} = start({method: 'GET', path: `${collectionPath(type, namespace)}?${query}`});
  let ended = false;
  const end = (error?: Error) => {
    if (ended) return;
    ended = true;
    handler.end(error);
    abort();
  };
  const line = (text: string) => {
    if (ended || text.trim() === '') return;
    const {type: kind, object} = JSON.parse(text) as {type: WatchEventType | 'ERROR'; object: T};
    if (kind === 'ERROR') end(apiError({status: 500, headers: {}, body: object as Json}));
    else handler.event(kind, object);
  };
  const follow = async (stream: IncomingMessage) => {
    if (stream.statusCode !== 200) return end(apiError(await readAnswer(stream)));
    let rest = '';
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      lines.forEach(line);
    }
    end();
  };
  response.then(follow).catch(error => end(error as Error));
  return {
    stop() {
      ended = true;
      abort();
    },
  };
}
