import {timingSafeEqual} from 'node:crypto';
import type {Identity} from '../api/client.ts';
import type {KnowToken} from './bootstrap-tokens.ts';
import type {ServiceAccountTokens, TokenResult} from './service-account-tokens.ts';

/** Finds out whose a bearer token is. */
export interface TokenAuthenticator {
  /** For whom tokens are accepted that come with requests to this server. */
  readonly audiences: readonly string[];
  authenticate(token: string, audiences?: readonly string[]): Promise<TokenResult>;
}

const AUTHENTICATED = 'system:authenticated';
const INVALID = 'invalid bearer token';

/** Asks in order: tokens known from the start, those of service accounts, any `others` (pkg/kubeapiserver/authenticator). */
export function createTokenAuthenticator(
  known: ReadonlyMap<string, Identity>,
  accounts: ServiceAccountTokens,
  others?: KnowToken,
): TokenAuthenticator {
  const own = [accounts.issuer];
  return {
    audiences: own,
    async authenticate(token, audiences = own) {
      for (const [value, identity] of known) {
        const shared = own.filter(audience => audiences.includes(audience));
        if (sameToken(value, token) && shared.length > 0) return {identity: authenticated(identity), audiences: shared};
      }
      const result = await accounts.authenticate(token, audiences);
      if (result === undefined) {
        const identity = others?.(token);
        const shared = own.filter(audience => audiences.includes(audience));
        return identity && shared.length > 0 ? {identity: authenticated(identity), audiences: shared} : {error: INVALID};
      }
      return 'error' in result ? {error: `[${INVALID}, ${result.error}]`} : {...result, identity: authenticated(result.identity)};
    },
  };
}

/** Whoever was recognized is in the group of all who were. */
export const authenticated = (identity: Identity): Identity =>
  identity.groups.includes(AUTHENTICATED) ? identity : {...identity, groups: [...identity.groups, AUTHENTICATED]};

function sameToken(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
