import {Agent} from 'node:https';
import {posix} from 'node:path';
import type {WallClock} from '../api/clock.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {plainJson} from '../schema/parse-json.ts';
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
        const {status, headers, text} = await call({
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
        return answered(status, text, headers['content-type']);
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

/** A 2xx answer's JSON, or what client-go makes of anything else; `type`: the answer's Content-Type. */
export function answered(status: number, text: string, type = ''): Json {
  if (status < 300) return decoded(status, text, type);
  let value: Json | undefined;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    // Told by its status.
  }
  if (isObject(value) && value.kind === 'Status' && value.message) throw new Refused(String(value.message));
  const isText = type === '' || type.startsWith('text/');
  throw new Refused(unexpected(status, (isText && text.trim().slice(0, LONGEST_TEXT)) || 'unknown'));
}

function decoded(status: number, text: string, type: string): Json {
  if (text === '') throw new Refused(`0-length response with status code: ${status} and content type: ${type}`);
  try {
    return plainJson(text);
  } catch (error) {
    throw new Refused(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

// k8s.io/client-go/rest: how much of a text that is no Status is told.
const LONGEST_TEXT = 2048;

/** k8s.io/apimachinery/pkg/api/errors, NewGenericServerResponse for a POST; `said`: the text that came. */
function unexpected(status: number, said: string): string {
  const known = STATUS_TEXTS[status];
  if (known !== undefined) return known;
  if (status === 403 || status === 415) return said;
  if (status === 406) return said === 'unknown' ? 'the server was unable to respond with a content type that the client supports' : said;
  if (status >= 500) return `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information`;
}

const STATUS_TEXTS: {readonly [status: number]: string} = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};
