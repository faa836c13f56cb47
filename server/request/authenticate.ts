import type {TokenAuthenticator} from '../access/tokens.ts';
import {authenticated} from '../access/tokens.ts';
import type {Identity} from '../api/client.ts';
import {unauthorized} from '../api/status.ts';
import type {ApiRequest} from './request.ts';

export const ANONYMOUS: Identity = {name: 'system:anonymous', groups: ['system:unauthenticated']};

/** Who may come in how. */
export interface Authentication {
  readonly tokens: TokenAuthenticator;
}

/** Finds out who asks: the transport's word, a client certificate, a bearer token, else nobody. A bad token is 401, never anonymous. */
export function authenticate({tokens}: Authentication, request: ApiRequest): Identity | Promise<Identity> {
  if (request.identity) return request.identity;
  const {certificate} = request;
  if (certificate && certificate.commonName !== '') {
    const {commonName, organizations, fingerprint} = certificate;
    const extra = fingerprint !== undefined && {'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`]};
    return authenticated({name: commonName, groups: [...organizations], ...(extra && {extra})});
  }
  const header = request.headers.authorization;
  if (header === undefined) return ANONYMOUS;
  const token = /^bearer +(\S+)\s*$/i.exec(String(header))?.[1];
  return token === undefined ? ANONYMOUS : bearer(tokens, token);
}

async function bearer(tokens: TokenAuthenticator, token: string): Promise<Identity> {
  const result = await tokens.authenticate(token);
  if ('error' in result) throw unauthorized();
  return result.identity;
}
