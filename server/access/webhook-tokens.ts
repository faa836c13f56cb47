import {createHash} from 'node:crypto';
import type {Identity} from '../api/client.ts';
import type {Clock} from '../api/clock.ts';
import type {JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {createExpiring} from './expiring.ts';
import type {ReviewWebhook} from './review-webhook.ts';
import type {TokenResult} from './service-account-tokens.ts';

export interface WebhookTokensOptions {
  readonly webhook: ReviewWebhook;
  readonly version: 'v1' | 'v1beta1';
  /** How long an answer is believed, in milliseconds of cluster time. */
  readonly ttl: number;
  /** For whom a token is meant whose review does not say. */
  readonly audiences: readonly string[];
  readonly clock: Clock;
}

const REMEMBERED = 8192;

/** undefined: nobody knows the token. */
type Answer = TokenResult | undefined;

/** Asks a webhook by TokenReview (k8s.io/apiserver/plugin/pkg/authenticator/token/webhook); who asks the same at the same time waits for one answer. */
export function createWebhookTokens({webhook, version, ttl, audiences: own, clock}: WebhookTokensOptions) {
  // By hash, so that no token lies in memory for longer than its request.
  const known = createExpiring<{answer: Answer}>(clock, REMEMBERED);
  const asked = new Map<string, Promise<Answer>>();
  const ask = async (token: string, audiences: readonly string[]): Promise<Answer> => {
    const spec = {token, audiences: [...audiences]};
    let status: JsonObject;
    try {
      status = await webhook.ask({apiVersion: `authentication.k8s.io/${version}`, kind: 'TokenReview', spec});
    } catch (error) {
      return {error: (error as Error).message};
    }
    return answerOf(status, audiences, own);
  };
  return async (token: string, audiences: readonly string[]): Promise<Answer> => {
    const key = createHash('sha256')
      .update(JSON.stringify([token, audiences]))
      .digest('base64');
    const remembered = known.get(key);
    if (remembered) return remembered.answer;
    const running = asked.get(key);
    if (running) return running;
    const question = ask(token, audiences);
    asked.set(key, question);
    const answer = await question.finally(() => asked.delete(key));
    if (answer === undefined || !('error' in answer)) known.set(key, {answer}, ttl);
    return answer;
  };
}

function answerOf({authenticated, audiences: said, error, user}: JsonObject, wanted: readonly string[], own: readonly string[]): Answer {
  const listed = stringsOf(said);
  const audiences = wanted.filter(audience => (listed.length > 0 ? listed : own).includes(audience));
  if (audiences.length === 0) return undefined;
  if (authenticated !== true) return typeof error === 'string' && error !== '' ? {error} : undefined;
  return {identity: identityOf(isObject(user) ? user : {}), audiences};
}

function identityOf({username, uid, groups, extra}: JsonObject): Identity {
  const named = isObject(extra) ? Object.entries(extra).map(([key, values]) => [key, stringsOf(values)] as const) : [];
  return {
    name: typeof username === 'string' ? username : '',
    ...(typeof uid === 'string' && uid !== '' && {uid}),
    groups: stringsOf(groups),
    ...(named.length > 0 && {extra: Object.fromEntries(named)}),
  };
}

const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
