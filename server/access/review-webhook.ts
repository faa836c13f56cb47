import * as http from 'node:http';
import * as https from 'node:https';
import type {WallClock} from '../api/clock.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {Random} from '../api/random.ts';
import {call} from '../extensions/https-call.ts';
import {answered, Refused} from '../extensions/webhook-client.ts';

/** A server that answers reviews, as a kubeconfig file names it. */
export interface ReviewServer {
  /** URL, `https:` or `http:`. */
  readonly server: string;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly insecureSkipVerify?: boolean;
  /** Whom the server's certificate is for, if not the server's host. */
  readonly serverName?: string;
  /** What is sent with every request. */
  readonly headers?: {readonly [name: string]: string};
}

/** Whom somebody else lets in, or what somebody else allows. */
export interface ReviewWebhook {
  /** The answer's status; rejects with an Error in the words of client-go. */
  ask(review: {readonly apiVersion: string; readonly kind: string; readonly spec: JsonObject}): Promise<JsonObject>;
  close(): void;
}

export interface ReviewWebhookOptions {
  readonly remote: ReviewServer;
  readonly wall: WallClock;
  readonly random: Random;
}

// k8s.io/apiserver/pkg/util/webhook: seconds a call has, how often it is made, milliseconds before the second one.
const TIMEOUT = 30;
const ATTEMPTS = 5;
const FIRST_DELAY = 500;

/** Posts reviews. Every call has a connection of its own if need be: one that gets no answer keeps no other waiting. */
export function createReviewWebhook({remote, wall, random}: ReviewWebhookOptions): ReviewWebhook {
  const {server, ca, cert, key, token, insecureSkipVerify, serverName, headers} = remote;
  const agent = server.startsWith('http:') ? new http.Agent({keepAlive: true}) : new https.Agent({keepAlive: true, cert, key});
  const url = new URL(server);
  url.searchParams.set('timeout', `${TIMEOUT}s`);
  const sleep = (delay: number) => new Promise<void>(resolve => void wall.after(delay, resolve));
  const post = (body: Buffer) =>
    call({
      agent,
      wall,
      method: 'POST',
      url,
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/json',
        'User-Agent': 'kube-apiserver',
        ...headers,
        ...(token !== undefined && {Authorization: `Bearer ${token}`}),
      },
      body,
      ca,
      insecureSkipVerify,
      serverName,
      timeout: TIMEOUT,
    });
  return {
    async ask(review) {
      const body = Buffer.from(JSON.stringify({...review, metadata: {}, status: {}}));
      for (let attempt = 1, delay = FIRST_DELAY; ; attempt++, delay *= 1.5) {
        try {
          const {status, headers, text} = await post(body);
          const again = status === 500 || status === 504 || status === 429 || (status > 299 && headers['retry-after'] !== undefined);
          if (!again || attempt === ATTEMPTS) return statusOf(answered(status, text, headers['content-type']), review.kind);
        } catch (error) {
          if (error instanceof Refused) throw error;
          const {message} = error as Error;
          // The connection was cut: it may have been an old one.
          if (message !== 'EOF' || attempt === ATTEMPTS) throw new Error(`Post ${JSON.stringify(String(url))}: ${message}`);
        }
        await sleep(delay * (1 + 0.2 * random.float()));
      }
    },
    close: () => agent.destroy(),
  };
}

function statusOf(answer: Json, kind: string): JsonObject {
  if (!isObject(answer) || answer.kind !== kind) throw new Refused(`the webhook answered no ${kind}`);
  const {status} = answer;
  return isObject(status) ? status : {};
}
