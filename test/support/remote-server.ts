import type {IncomingHttpHeaders, IncomingMessage, ServerResponse} from 'node:http';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {type Authority, createAuthority, issueCertificate} from '../../cluster/certificates.ts';
import {createRandom} from '../../cluster/random.ts';
import type {JsonObject} from '../../server/api/json.ts';

/** What somebody asked a remote server. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: JsonObject;
}

/** A server on loopback that this cluster asks: an issuer, a webhook. Its answers are the test's. */
export interface RemoteServer {
  url: string;
  port: number;
  /** PEM of the authority behind its certificate. */
  ca: string;
  authority: Authority;
  /** What came, in order. */
  asked: Asked[];
  /** undefined: it never answers. */
  answer: (asked: Asked) => {status?: number; headers?: {[name: string]: string}; body: unknown} | undefined;
  server: Server;
}

/** Starts one before the tests of the surrounding `describe` and stops it after them. */
export function useRemoteServer(): RemoteServer {
  const remote = {asked: [] as Asked[], answer: () => ({body: {}})} as unknown as RemoteServer;
  before(async () => {
    const random = createRandom();
    remote.authority = createAuthority(random, 'remote');
    remote.ca = remote.authority.certificate;
    const hosts = ['localhost', '127.0.0.1', 'remote.default.svc'];
    const {certificate, key} = issueCertificate(remote.authority, {commonName: 'remote', hosts, usage: 'server'}, random);
    remote.server = createServer({cert: certificate, key}, (incoming, outgoing) => void respond(remote, incoming, outgoing));
    await new Promise<void>(resolve => remote.server.listen(0, '127.0.0.1', resolve));
    remote.port = (remote.server.address() as AddressInfo).port;
    remote.url = `https://localhost:${remote.port}`;
  });
  after(() => {
    remote.server.closeAllConnections();
    remote.server.close();
  });
  return remote;
}

async function respond(remote: RemoteServer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const asked = {
    method: incoming.method!,
    path: incoming.url!,
    headers: incoming.headers,
    body: (text === '' ? {} : JSON.parse(text)) as JsonObject,
  };
  remote.asked.push(asked);
  const answer = remote.answer(asked);
  if (answer === undefined) return;
  outgoing.writeHead(answer.status ?? 200, {'content-type': 'application/json', ...answer.headers});
  outgoing.end(JSON.stringify(answer.body));
}

/** A kubeconfig, as text, by which the cluster reaches it. */
export const kubeconfigOf = ({url, ca}: RemoteServer, path = ''): string =>
  JSON.stringify({
    clusters: [{name: 'remote', cluster: {server: `${url}${path}`, 'certificate-authority-data': Buffer.from(ca).toString('base64')}}],
    users: [{name: 'apiserver', user: {token: 'own-token'}}],
    contexts: [{name: 'webhook', context: {cluster: 'remote', user: 'apiserver'}}],
    'current-context': 'webhook',
  });
