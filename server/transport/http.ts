import type {Server as HttpServer, IncomingMessage, ServerResponse} from 'node:http';
import {createServer as createHttpServer} from 'node:http';
import {createServer as createHttpsServer} from 'node:https';
import type {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import type {ClientCertificate} from '../access/client-certificates.ts';
import {describeCertificate} from '../access/client-certificates.ts';
import type {Identity} from '../api/client.ts';
import {badRequest} from '../api/status.ts';
import type {App} from '../app.ts';
import {tooLarge} from '../request/body.ts';
import type {ApiRequest, RequestBody} from '../request/request.ts';
import {send} from './send.ts';
import {serveUpgrades} from './upgrade.ts';

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

export interface ListenOptions {
  port: number;
  bind: string;
  /** PEM; `ca` are the authorities whose client certificates are asked for. Without it the server speaks plain HTTP. */
  tls?: {certificate: string; key: string; ca: string[]};
  /** Everybody on this port is this identity: the port without authentication. */
  identity?: Identity;
  /** Headers whose values are kept apart where they come several times; those of impersonation are anyway. */
  isList?(name: string): boolean;
}

// Node's defaults (5 s, 300 s, 16 KB) break pooled connections of Go clients and their long tokens.
const SERVER_OPTIONS = {keepAliveTimeout: 120_000, requestTimeout: 0, headersTimeout: 60_000, maxHeaderSize: 1024 * 1024, noDelay: true};

/** Listens for requests to `app`; rejects with the system's error where the port cannot be had. */
export async function listen(app: App, options: ListenOptions): Promise<Listening> {
  const {tls, port, bind, identity} = options;
  const isList = (name: string): boolean => name.startsWith('impersonate-') || options.isList?.(name) === true;
  const sockets = new Set<Socket>();
  const certificateOf = rememberCertificates();
  const requestOf = (incoming: IncomingMessage, body: RequestBody): ApiRequest => {
    const certificate = tls ? certificateOf(incoming.socket as TLSSocket) : undefined;
    return {
      ...readTarget(incoming),
      headers: headersOf(incoming, isList),
      body,
      ...(identity && {identity}),
      ...(certificate && {certificate}),
    };
  };
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    // An answer that cannot be written ends its connection, not the process.
    const fail = (error: unknown) => {
      if (!outgoing.destroyed) app.report(error);
      outgoing.destroy();
    };
    outgoing.on('error', fail);
    serve(app, requestOf(incoming, bodyOf(incoming, outgoing)), incoming, outgoing).catch(fail);
  };
  const server: HttpServer = tls
    ? (createHttpsServer(
        {
          ...SERVER_OPTIONS,
          cert: tls.certificate,
          key: tls.key,
          ca: tls.ca,
          requestCert: true,
          rejectUnauthorized: false,
          minVersion: 'TLSv1.2',
        },
        onRequest,
      ) as unknown as HttpServer)
    : createHttpServer(SERVER_OPTIONS, onRequest);
  server.on('connection', socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  if (tls) server.on('secureConnection', readAsStream);
  server.on('checkContinue', onRequest);
  serveUpgrades(server, {
    handle: incoming => app.handle(requestOf(incoming, NO_BODY)),
    send: (answer, incoming, outgoing) => send(answer, incoming, outgoing, sendContext(app)),
    context: sendContext(app),
    connectionEvent: tls ? 'secureConnection' : 'connection',
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, bind, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * Node's parser takes bytes straight from a TLS connection, and goes on doing so after it has been told to pause, as it is for a request that comes
 * before the answer to the last one has gone out: it ends the connection (HPE_PAUSED). Once somebody listens, it reads the stream, which does pause.
 */
function readAsStream(socket: Socket): void {
  const listen = () => {};
  socket.on('data', listen);
  socket.off('data', listen);
}

async function serve(app: App, request: ApiRequest, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  await send(await app.handle(request), incoming, outgoing, sendContext(app));
}

const sendContext = ({environment, wall, report}: App) => ({
  now: () => environment.clock.now(),
  protobuf: environment.protobuf,
  wall,
  report,
});

const NO_BODY: RequestBody = {type: 'bytes', read: async () => Buffer.alloc(0)};

function readTarget({method, url}: IncomingMessage): Pick<ApiRequest, 'method' | 'path' | 'query'> {
  const question = url!.indexOf('?');
  return {
    method: method!,
    path: question < 0 ? url! : url!.slice(0, question),
    query: new URLSearchParams(question < 0 ? '' : url!.slice(question + 1)),
  };
}

/** Node joins the values of most headers that come several times; those of `isList` may hold commas. */
function headersOf({headers, headersDistinct}: IncomingMessage, isList: (name: string) => boolean): ApiRequest['headers'] {
  const lists = Object.keys(headers).filter(name => isList(name) && name !== 'impersonate-user');
  return lists.length === 0 ? headers : {...headers, ...Object.fromEntries(lists.map(name => [name, headersDistinct[name]]))};
}

function bodyOf(incoming: IncomingMessage, outgoing: ServerResponse): RequestBody {
  return {
    type: 'bytes',
    read(limit) {
      if (incoming.headers.expect !== undefined) outgoing.writeContinue();
      return readAll(incoming, limit);
    },
  };
}

/** A body beyond the limit is refused as soon as that is known; the rest is not kept. */
function readAll(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else reject(tooLarge(limit));
    });
    incoming.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    // The client went away; nobody will read the answer.
    const cut = () => {
      if (!incoming.complete) reject(badRequest('unexpected EOF'));
    };
    incoming.once('error', cut);
    incoming.once('close', cut);
  });
}

/** A connection's client certificate, read once: it does not change, and reading it is dear. Whether it is any good is not the transport's to say. */
function rememberCertificates(): (socket: TLSSocket) => ClientCertificate | undefined {
  const known = new WeakMap<TLSSocket, {certificate: ClientCertificate | undefined}>();
  return socket => {
    let entry = known.get(socket);
    if (entry === undefined) {
      const own = socket.getPeerX509Certificate();
      entry = {certificate: own && describeCertificate(own)};
      known.set(socket, entry);
    }
    return entry.certificate;
  };
}
