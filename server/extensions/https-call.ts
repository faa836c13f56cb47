import type {IncomingMessage} from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import {isIP} from 'node:net';
import type {PeerCertificate, SecureContextOptions} from 'node:tls';
import type {WallClock} from '../api/clock.ts';
import type {Target} from './service-target.ts';

/** One request to somebody else's server. */
export interface HttpsCall {
  readonly agent: http.Agent;
  readonly wall: WallClock;
  readonly method: 'GET' | 'POST';
  /** `https:`, or `http:` where nothing secret is said. */
  readonly url: URL;
  /** Where to connect to, if not where the URL says. */
  readonly target?: Target | undefined;
  readonly headers: {readonly [name: string]: string};
  readonly body?: Buffer;
  /** PEM; without it the system's authorities are trusted. */
  readonly ca?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
  /** Whom the server's certificate is for, if not the URL's host. */
  readonly serverName?: string | undefined;
  /** Seconds of wall time until the whole answer is there. */
  readonly timeout: number;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

// No server may fill the memory.
const MAX_ANSWER = 64 * 1024 * 1024;

/** Sends it; rejects with an Error in the words of Go's client. */
export async function call(request: HttpsCall): Promise<HttpsAnswer> {
  return attempt(request).catch(error => {
    if (error instanceof ClosedIdle) return attempt(request);
    throw error;
  });
}

/** A connection that was kept had been closed at the other end: as Go's client, one tries again. */
export class ClosedIdle extends Error {}

/** Did a request fail for no other reason than that? */
export const isClosedIdle = ({code}: NodeJS.ErrnoException, {reusedSocket}: http.ClientRequest): boolean =>
  reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');

function attempt({
  agent,
  wall,
  method,
  url,
  target,
  headers,
  body,
  ca,
  insecureSkipVerify,
  serverName,
  timeout,
}: HttpsCall): Promise<HttpsAnswer> {
  const secure = url.protocol === 'https:';
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const host = target?.host ?? name;
  const port = target?.port ?? Number(url.port || (secure ? 443 : 80));
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? https : http).request(
      {
        agent,
        method,
        host,
        port,
        path: url.pathname + url.search,
        // TLS knows no names that are addresses.
        ...(serverName ? {servername: serverName} : isIP(name) === 0 && {servername: url.hostname}),
        ...trusts(ca),
        ...(insecureSkipVerify && {rejectUnauthorized: false}),
        headers: {Host: url.host, ...headers, ...(body && {'Content-Length': body.length})},
      },
      incoming =>
        readAnswer(incoming, MAX_ANSWER).then(
          bytes => resolve({status: incoming.statusCode!, headers: incoming.headers, text: bytes.toString()}),
          fail,
        ),
    );
    const timer = wall.after(timeout * 1000, () => {
      fail(new Error('context deadline exceeded'));
      outgoing.destroy();
    });
    function fail(error: Error): void {
      reject(isClosedIdle(error, outgoing) ? new ClosedIdle('EOF') : new Error(goText(error, host, port, serverName || name)));
    }
    outgoing.once('error', fail);
    outgoing.once('close', () => timer.cancel());
    outgoing.end(body);
  });
}

/** Trust in a bundle (PEM) as Go has it: every certificate in it counts as a root, the server's own too. */
export const trusts = (ca: string | undefined): SecureContextOptions => (ca ? {ca, allowPartialTrustChain: true} : {});

/** The whole of an answer; rejects beyond the limit in bytes. */
export async function readAnswer(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Error('http: response body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const UNKNOWN_AUTHORITY = /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

/** An error of a connection in the words of Go's net and crypto/tls. */
export function goText(error: Error, host: string, port: number, name: string): string {
  const {code = '', message} = error as NodeJS.ErrnoException;
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  if (code === 'ECONNREFUSED') return `dial tcp ${address}: connect: connection refused`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: no such host`;
  if (code === 'EHOSTUNREACH') return `dial tcp ${address}: connect: no route to host`;
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'EOF';
  if (code === 'EPROTO') return 'http: server gave HTTP response to HTTPS client';
  if (UNKNOWN_AUTHORITY.test(code)) return `${UNVERIFIED}certificate signed by unknown authority`;
  if (code === 'CERT_HAS_EXPIRED') return `${UNVERIFIED}certificate has expired or is not yet valid`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return UNVERIFIED + wrongName((error as {cert?: PeerCertificate}).cert, name);
  return message;
}

/** Of what a certificate says of whom it is for, and who was asked (crypto/x509, HostnameError). */
function wrongName(certificate: Partial<PeerCertificate> | undefined, name: string): string {
  const {subject, subjectaltname = ''} = certificate ?? {};
  const names = subjectaltname.split(', ').map(entry => entry.split(/:(.*)/s) as [type: string, value?: string]);
  const of = (wanted: string) => names.flatMap(([type, value]) => (type === wanted && value !== undefined ? [value] : []));
  const valid = isIP(name) === 0 ? of('DNS') : of('IP Address');
  if (isIP(name) !== 0 && valid.length === 0) return `cannot validate certificate for ${name} because it doesn't contain any IP SANs`;
  if (valid.length > 0) return `certificate is valid for ${valid.join(', ')}, not ${name}`;
  return subjectaltname === '' && subject?.CN
    ? 'certificate relies on legacy Common Name field, use SANs instead'
    : `certificate is not valid for any names, but wanted to match ${name}`;
}

const UNVERIFIED = 'tls: failed to verify certificate: x509: ';
