import {timingSafeEqual} from 'node:crypto';
import type {Identity} from '../api/client.ts';
import {unauthorized} from '../api/status.ts';
import type {ApiRequest} from './request.ts';

export const ANONYMOUS: Identity = {name: 'system:anonymous', groups: ['system:unauthenticated']};

const AUTHENTICATED = 'system:authenticated';

/** Who may come in how. */
export interface Authentication {
  /** Bearer tokens by value. */
  readonly tokens: ReadonlyMap<string, Identity>;
}

/** Finds out who asks: the transport's word, a client certificate, a bearer token, else nobody. A bad token is 401, never anonymous. */
export function authenticate(authentication: Authentication, request: ApiRequest): Identity {
  if (request.identity) return request.identity;
  const {certificate} = request;
  if (certificate && certificate.commonName !== '') {
    return {name: certificate.commonName, groups: withAuthenticated(certificate.organizations)};
  }
  const header = request.headers.authorization;
  if (header === undefined) return ANONYMOUS;
  const token = /^bearer +(\S+)\s*$/i.exec(String(header))?.[1];
  if (token === undefined) return ANONYMOUS;
  for (const [known, identity] of authentication.tokens) {
    if (sameToken(known, token)) return {...identity, groups: withAuthenticated(identity.groups)};
  }
  throw unauthorized();
}

const withAuthenticated = (groups: readonly string[]): string[] =>
  groups.includes(AUTHENTICATED) ? [...groups] : [...groups, AUTHENTICATED];

function sameToken(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
