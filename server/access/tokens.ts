import {timingSafeEqual} from 'node:crypto';
import type {Identity} from '../api/client.ts';
import {aggregateText} from './authorizer.ts';
import type {TokenResult} from './service-account-tokens.ts';

/** Finds out whose a bearer token is. */
export interface TokenAuthenticator {
  /** For whom tokens are accepted that come with requests to this server. */
  readonly audiences: readonly string[];
  authenticate(token: string, audiences?: readonly string[]): Promise<TokenResult>;
}

/** One way to know tokens. undefined: the token is none of these; an error: it is, and no good. */
export type TokenSource = (token: string, audiences: readonly string[]) => TokenResult | undefined | Promise<TokenResult | undefined>;

const ANONYMOUS = 'system:anonymous';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
const INVALID = 'invalid bearer token';

/** Asks the sources in order until one knows the token (pkg/kubeapiserver/authenticator); `own` are the audiences of this server. */
export function createTokenAuthenticator(own: readonly string[], sources: readonly TokenSource[]): TokenAuthenticator {
  return {
    audiences: own,
    async authenticate(token, audiences = own) {
      const errors: string[] = [];
      for (const source of sources) {
        const result = await source(token, audiences);
        if (result === undefined) continue;
        if (!('error' in result)) return {...result, identity: authenticated(result.identity)};
        errors.push(result.error);
      }
      return {error: aggregateText([INVALID, ...errors])};
    },
  };
}

/** What knows nothing of audiences: its tokens are meant for this server. */
export const forAudiences =
  (
    own: readonly string[],
    know: (token: string) => Identity | {readonly error: string} | undefined | Promise<Identity | {readonly error: string} | undefined>,
  ): TokenSource =>
  async (token, wanted) => {
    const audiences = own.filter(audience => wanted.includes(audience));
    const known = audiences.length > 0 ? await know(token) : undefined;
    return known === undefined || 'error' in known ? known : {identity: known, audiences};
  };

/** Tokens known from the start. */
export const knownTokens =
  (known: ReadonlyMap<string, Identity>) =>
  (token: string): Identity | undefined => {
    for (const [value, identity] of known) if (sameToken(value, token)) return identity;
    return undefined;
  };

/** Whoever was recognized is in the group of all who were, unless it was said that nobody was. */
export function authenticated(identity: Identity): Identity {
  const {name, groups} = identity;
  if (name === ANONYMOUS || groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED)) return identity;
  return {...identity, groups: [...groups, AUTHENTICATED]};
}

function sameToken(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
