import {Agent} from 'node:https';
import {posix} from 'node:path';
import type {WallClock} from '../api/clock.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {call} from './https-call.ts';
import type {FindService} from './service-target.ts';

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

/** A client that keeps its connections; nobody waits for another's webhook. */
export function createWebhookClient({wall, findService}: WebhookClientOptions): WebhookClient {
  const agent = new Agent({keepAlive: true, maxSockets: 64, timeout: 60_000});
  return {
    async post(config, body, timeout) {
      const address = addressOf(config, timeout);
      try {
        const target = config.service && findService(config.service.namespace, config.service.name, config.service.port ?? 443);
        const {status, text} = await call({
          agent,
          wall,
          method: 'POST',
          url: new URL(address),
          target,
          headers: {Accept: 'application/json, */*', 'Content-Type': 'application/json', 'User-Agent': 'kube-apiserver-admission'},
          body: Buffer.from(JSON.stringify(body)),
          ca: config.caBundle && Buffer.from(config.caBundle, 'base64').toString(),
          timeout,
        });
        return answered(status, text);
      } catch (error) {
        throw error instanceof Refused ? error : new Error(`Post ${JSON.stringify(address)}: ${(error as Error).message}`);
      }
    },
    close: () => agent.destroy(),
  };
}

/** The webhook was reached and did not answer as it should. */
export class Refused extends Error {}

/** The webhook's URL as texts show it: with the port that was given, and the time it has. */
function addressOf({url, service}: WebhookClientConfig, timeout: number): string {
  const {namespace = '', name = '', path = '', port = 443} = service ?? {};
  const [, host, given] = /^(https:\/\/[^/]+)(.*)$/.exec(url ?? `https://${name}.${namespace}.svc:${port}${path}`)!;
  return `${host}${cleanPath(given!)}?timeout=${timeout}s`;
}

/** As Go's path.Join makes it, which client-go asks for every path. */
const cleanPath = (path: string): string => posix.join('/', path).replace(/(?<=.)\/$/, '');

/** A 2xx answer's JSON, or what client-go makes of anything else. */
export function answered(status: number, text: string): Json {
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
