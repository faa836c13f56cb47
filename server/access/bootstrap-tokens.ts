import {timingSafeEqual} from 'node:crypto';
import type {Identity} from '../api/client.ts';
import type {Clock} from '../api/clock.ts';
import type {Secret} from '../api/kinds.generated.ts';
import type {Find} from './service-account-tokens.ts';

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const TYPE = 'bootstrap.kubernetes.io/token';
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Whose a token is, undefined if it is none of these. */
export type KnowToken = (token: string) => Identity | undefined;

/** Tokens by which new nodes join, kept as Secrets of kube-system (plugin/pkg/auth/authenticator/token/bootstrap). */
export const createBootstrapTokens =
  (clock: Clock, find: Find): KnowToken =>
  token => {
    const [, id, password] = TOKEN.exec(token) ?? [];
    if (id === undefined || password === undefined) return undefined;
    const secret = find('secrets', 'kube-system', `bootstrap-token-${id}`) as unknown as Secret | undefined;
    if (secret?.type !== TYPE || secret.metadata.deletionTimestamp !== undefined) return undefined;
    const field = (name: string) => Buffer.from(secret.data?.[name] ?? '', 'base64').toString();
    const kept = Buffer.from(field('token-secret'));
    if (kept.length !== password.length || !timingSafeEqual(kept, Buffer.from(password)) || field('token-id') !== id) return undefined;
    const expiration = field('expiration');
    // What cannot be read as a time has expired.
    if (expiration !== '' && !(Date.parse(expiration) > clock.now())) return undefined;
    if (field('usage-bootstrap-authentication') !== 'true') return undefined;
    const extra = field('auth-extra-groups')
      .split(',')
      .filter(group => group !== '');
    if (!extra.every(group => EXTRA_GROUP.test(group))) return undefined;
    return {name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...new Set(extra)]};
  };
