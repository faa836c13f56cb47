import type {IncomingHttpHeaders, OutgoingHttpHeaders} from 'node:http';
import {Agent, request} from 'node:https';
import type {Identity} from '../api/client.ts';
import type {WallClock} from '../api/clock.ts';
import type {APIServiceSpec} from '../api/kinds.generated.ts';
import {goText} from './https-call.ts';
import type {FindService} from './service-target.ts';

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
  /** The whole of `stream`. */
  read(): Promise<Buffer>;
}

/** Sends a request to the server behind an APIService; rejects with an Error in the words of Go's client. */
export type Forward = (spec: APIServiceSpec, request: ForwardedRequest) => Promise<ForwardedAnswer>;

export interface ForwardOptions {
  readonly wall: WallClock;
  readonly findService: FindService;
  /** What the API server shows so that its word on identities is taken: PEM. */
  readonly clientCertificate?: {readonly certificate: string; readonly key: string};
}

/** Forwards over TLS; who asks is told in X-Remote headers (k8s.io/apiserver: requestheader authentication). */
export function createForward({wall, findService, clientCertificate}: ForwardOptions): {forward: Forward; close(): void} {
  const agent = new Agent({keepAlive: true, timeout: 60_000});
  const forward: Forward = async (spec, {method, path, headers, body, identity, seconds}) => {
    const {namespace = '', name = '', port = 443} = spec.service!;
    const target = findService(namespace, name, port);
    const servername = `${name}.${namespace}.svc`;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(new Error(goText(error, target.host, target.port, servername)));
      const outgoing = request({
        agent,
        method,
        path,
        ...target,
        servername,
        rejectUnauthorized: spec.insecureSkipTLSVerify !== true,
        ...(spec.caBundle && {ca: Buffer.from(spec.caBundle, 'base64').toString()}),
        ...(clientCertificate && {cert: clientCertificate.certificate, key: clientCertificate.key}),
        headers: {
          ...headers,
          host: `${target.host}:${target.port}`,
          ...remoteHeaders(identity),
          ...(body && {'content-length': body.length}),
        },
      });
      const timer = wall.after(seconds * 1000, () => {
        fail(new Error('context deadline exceeded'));
        outgoing.destroy();
      });
      outgoing.once('error', fail);
      outgoing.once('close', () => timer.cancel());
      outgoing.once('response', incoming => {
        timer.cancel();
        resolve({
          status: incoming.statusCode!,
          headers: incoming.headers,
          stream: incoming,
          async read() {
            const chunks: Buffer[] = [];
            for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
            return Buffer.concat(chunks);
          },
        });
      });
      outgoing.end(body);
    });
  };
  return {forward, close: () => agent.destroy()};
}

function remoteHeaders(identity: Identity | undefined): OutgoingHttpHeaders {
  if (!identity) return {};
  const {name, uid, groups, extra = {}} = identity;
  return {
    'X-Remote-User': name,
    ...(uid && {'X-Remote-Uid': uid}),
    ...(groups.length > 0 && {'X-Remote-Group': groups}),
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`X-Remote-Extra-${encodeURIComponent(key)}`, values])),
  };
}
