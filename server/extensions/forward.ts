import type {IncomingHttpHeaders, OutgoingHttpHeaders} from 'node:http';
import {Agent, request} from 'node:https';
import type {Duplex} from 'node:stream';
import {connect, type TLSSocket} from 'node:tls';
import type {Identity} from '../api/client.ts';
import type {WallClock} from '../api/clock.ts';
import type {APIServiceSpec} from '../api/kinds.generated.ts';
import {ClosedIdle, goText, isClosedIdle, readAnswer, trusts} from './https-call.ts';
import type {FindService, Target} from './service-target.ts';

export interface ForwardedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
  /** Whom the server is told to act for; left out: the API server itself. */
  readonly identity?: Identity;
  /** Wall time until the answer begins. */
  readonly seconds: number;
}

export interface ForwardedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly stream: AsyncIterable<Buffer>;
  /** The whole of `stream`; rejects beyond the limit in bytes. */
  read(limit: number): Promise<Buffer>;
}

/** Sends a request to the server behind an APIService; rejects with an Error in the words of Go's client. */
export type Forward = (spec: APIServiceSpec, request: ForwardedRequest) => Promise<ForwardedAnswer>;

/** Sends a request that asks for another protocol; what comes from the connection is the server's raw answer. */
export type ForwardUpgrade = (spec: APIServiceSpec, request: ForwardedRequest) => Promise<Duplex>;

/** The Service of an APIService cannot be resolved. */
export class NoSuchService extends Error {}

export interface ForwardOptions {
  readonly wall: WallClock;
  readonly findService: FindService;
  /** What the API server shows so that its word on identities is taken: PEM. */
  readonly clientCertificate?: {readonly certificate: string; readonly key: string};
}

/** Forwards over TLS; who asks is told in X-Remote headers (k8s.io/apiserver: requestheader authentication). */
export function createForward(options: ForwardOptions): {forward: Forward; upgrade: ForwardUpgrade; close(): void} {
  const {wall} = options;
  const agent = new Agent({keepAlive: true, timeout: 60_000});
  const forward: Forward = async (spec, forwarded) => {
    const remote = remoteOf(spec, options);
    return send(agent, wall, remote, forwarded).catch(error => {
      if (error instanceof ClosedIdle && SAFE.has(forwarded.method)) return send(agent, wall, remote, forwarded);
      throw error;
    });
  };
  const upgrade: ForwardUpgrade = async (spec, {method, path, headers, identity, seconds}) => {
    const remote = remoteOf(spec, options);
    const socket = await connected(wall, remote, seconds);
    const all = {...headers, host: `${remote.host}:${remote.port}`, ...remoteHeaders(identity)};
    const lines = Object.entries(all).flatMap(([name, value]) => [value ?? []].flat().map(one => `${name}: ${one}`));
    socket.write(`${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
    return socket;
  };
  return {forward, upgrade, close: () => agent.destroy()};
}

/** What may be asked twice. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

type Remote = ReturnType<typeof remoteOf>;

const failureOf = (error: Error, {host, port, servername}: Remote): string => goText(error, host, port, servername);

function send(
  agent: Agent,
  wall: WallClock,
  remote: Remote,
  {method, path, headers, body, identity, seconds}: ForwardedRequest,
): Promise<ForwardedAnswer> {
  const own = {host: `${remote.host}:${remote.port}`, ...remoteHeaders(identity), ...(body && {'content-length': body.length})};
  return new Promise((resolve, reject) => {
    const outgoing = request({agent, method, path, ...remote, headers: {...headers, ...own}});
    const fail = (error: Error): void => {
      const text = failureOf(error, remote);
      reject(isClosedIdle(error, outgoing) ? new ClosedIdle(text) : new Error(text));
    };
    const timer = wall.after(seconds * 1000, () => {
      fail(new Error('context deadline exceeded'));
      outgoing.destroy();
    });
    outgoing.once('error', fail);
    outgoing.once('close', () => timer.cancel());
    outgoing.once('response', incoming => {
      timer.cancel();
      resolve({status: incoming.statusCode!, headers: incoming.headers, stream: incoming, read: limit => readAnswer(incoming, limit)});
    });
    outgoing.end(body);
  });
}

/** A connection of its own. */
function connected(wall: WallClock, remote: Remote, seconds: number): Promise<TLSSocket> {
  const socket = connect({...remote, ALPNProtocols: ['http/1.1']});
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new Error(failureOf(error, remote)));
    const timer = wall.after(seconds * 1000, () => {
      fail(new Error('context deadline exceeded'));
      socket.destroy();
    });
    socket.on('error', fail);
    socket.once('close', () => timer.cancel());
    socket.once('secureConnect', () => {
      timer.cancel();
      resolve(socket);
    });
  });
}

/** Where the server is and how it is trusted. */
function remoteOf(spec: APIServiceSpec, {findService, clientCertificate}: ForwardOptions) {
  const {namespace = '', name = '', port = 443} = spec.service!;
  let target: Target;
  try {
    target = findService(namespace, name, port);
  } catch (error) {
    throw (error as Error).message.startsWith('dial') ? error : new NoSuchService((error as Error).message);
  }
  return {
    ...target,
    servername: `${name}.${namespace}.svc`,
    rejectUnauthorized: spec.insecureSkipTLSVerify !== true,
    ...trusts(spec.caBundle && Buffer.from(spec.caBundle, 'base64').toString()),
    ...(clientCertificate && {cert: clientCertificate.certificate, key: clientCertificate.key}),
  };
}

function remoteHeaders(identity: Identity | undefined): OutgoingHttpHeaders {
  if (!identity) return {};
  const {name, uid, groups, extra = {}} = identity;
  return {
    'X-Remote-User': headerValue(name),
    ...(uid && {'X-Remote-Uid': headerValue(uid)}),
    ...(groups.length > 0 && {'X-Remote-Group': groups.map(headerValue)}),
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`X-Remote-Extra-${headerKey(key)}`, values.map(headerValue)])),
  };
}

/** As Go sends it: UTF-8. What would begin a header of its own is refused. */
function headerValue(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not be sent
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) throw new Error('net/http: invalid header field value for "X-Remote-User"');
  return Buffer.from(text).toString('latin1');
}

/** Bytes that no header's name may hold are percent-encoded (client-go transport, headerKeyEscape). */
const headerKey = (key: string): string =>
  [...Buffer.from(key)]
    .map(byte => {
      const character = String.fromCharCode(byte);
      return /[\w!#$&'*+.^`|~-]/.test(character) && byte < 128 ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
