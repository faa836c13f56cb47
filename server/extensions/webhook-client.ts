import type {IncomingMessage} from 'node:http';
import {Agent, request} from 'node:https';
import {isIP} from 'node:net';
import type {WallClock} from '../api/clock.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {FindService, Target} from './service-target.ts';

/** Where a webhook is: a URL or a Service. `caBundle` is base64 of PEM; without it the system's authorities are trusted. */
export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: {readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number};
  readonly caBundle?: string;
}

/** Calls webhooks over TLS. */
export interface WebhookClient {
  /** The JSON that the webhook answers; rejects with an Error in the words of Go's client. `timeout`: seconds of wall time. */
  post(config: WebhookClientConfig, body: JsonObject, timeout: number): Promise<Json>;
  close(): void;
}

export interface WebhookClientOptions {
  readonly wall: WallClock;
  readonly findService: FindService;
}

// No webhook may fill the memory.
const MAX_ANSWER = 64 * 1024 * 1024;

/** A client that keeps its connections; nobody waits for another's webhook. */
export function createWebhookClient({wall, findService}: WebhookClientOptions): WebhookClient {
  const agent = new Agent({keepAlive: true, maxSockets: 64, timeout: 60_000});
  return {
    async post(config, body, timeout) {
      const address = addressOf(config, timeout);
      try {
        const target = config.service && findService(config.service.namespace, config.service.name, config.service.port ?? 443);
        const {status, text} = await call({agent, wall, url: new URL(address), target, ca: config.caBundle, body, timeout});
        return answered(status, text);
      } catch (error) {
        throw error instanceof Refused ? error : new Error(`Post ${JSON.stringify(address)}: ${(error as Error).message}`);
      }
    },
    close: () => agent.destroy(),
  };
}

/** The webhook was reached and did not answer as it should. */
class Refused extends Error {}

/** The webhook's URL as texts show it: with the port that was given, and the time it has. */
function addressOf({url, service}: WebhookClientConfig, timeout: number): string {
  const {namespace = '', name = '', path = '', port = 443} = service ?? {};
  const address = url ?? `https://${name}.${namespace}.svc:${port}${path}`;
  return `${/^https:\/\/[^/]+$/.test(address) ? `${address}/` : address}?timeout=${timeout}s`;
}

interface Call {
  agent: Agent;
  wall: WallClock;
  url: URL;
  target: Target | undefined;
  ca: string | undefined;
  body: JsonObject;
  timeout: number;
}

function call({agent, wall, url, target, ca, body, timeout}: Call): Promise<{status: number; text: string}> {
  const bytes = Buffer.from(JSON.stringify(body));
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const host = target?.host ?? name;
  const port = target?.port ?? Number(url.port || 443);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        method: 'POST',
        host,
        port,
        path: url.pathname + url.search,
        // TLS knows no names that are addresses.
        ...(isIP(name) === 0 && {servername: url.hostname}),
        ...(ca && {ca: Buffer.from(ca, 'base64').toString()}),
        headers: {
          Host: url.host,
          Accept: 'application/json, */*',
          'Content-Type': 'application/json',
          'Content-Length': bytes.length,
          'User-Agent': 'kube-apiserver-admission',
        },
      },
      incoming => readAnswer(incoming).then(text => resolve({status: incoming.statusCode!, text}), fail),
    );
    const timer = wall.after(timeout * 1000, () => {
      fail(new Error('context deadline exceeded'));
      outgoing.destroy();
    });
    function fail(error: Error): void {
      reject(new Error(goText(error, host, port, url.hostname)));
    }
    outgoing.once('error', fail);
    outgoing.once('close', () => timer.cancel());
    outgoing.end(bytes);
  });
}

async function readAnswer(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER) throw new Error('http: response body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
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
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `${UNVERIFIED}certificate is not valid for any names, but wanted to match ${name}`;
  return message;
}

const UNVERIFIED = 'tls: failed to verify certificate: x509: ';

/** A 2xx answer's JSON, or what client-go makes of anything else. */
function answered(status: number, text: string): Json {
  let value: Json | undefined;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    if (status < 300)
      throw new Refused(`couldn't get version/kind; json parse error: invalid character in ${JSON.stringify(text.slice(0, 30))}`);
  }
  if (status < 300) return value!;
  if (isObject(value) && value.kind === 'Status' && value.message) throw new Refused(String(value.message));
  throw new Refused(
    STATUS_TEXTS[status] ??
      `an error on the server (${JSON.stringify(text.trim() || 'unknown')}) has prevented the request from succeeding`,
  );
}

const STATUS_TEXTS: {readonly [status: number]: string} = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  403: 'forbidden: unknown',
  404: 'the server could not find the requested resource',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
};
