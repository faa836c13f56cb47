import type {TrustCertificate} from '../access/client-certificates.ts';
import type {RequestHeaderOptions} from '../access/request-headers.ts';
import {namedByHeaders} from '../access/request-headers.ts';
import type {TokenAuthenticator} from '../access/tokens.ts';
import {authenticated} from '../access/tokens.ts';
import type {Identity} from '../api/client.ts';
import {unauthorized} from '../api/status.ts';
import type {ApiRequest} from './request.ts';

export const ANONYMOUS: Identity = {name: 'system:anonymous', groups: ['system:unauthenticated']};

/** Who may come in how. */
export interface Authentication {
  readonly tokens: TokenAuthenticator;
  readonly clients: TrustCertificate;
  /** Proxies that say whom they ask for. */
  readonly proxies?: {readonly trust: TrustCertificate; readonly options: RequestHeaderOptions};
  /** May those come in who do not say who they are? */
  readonly anonymous: boolean;
}

/**
 * Finds out who asks: the transport's word, a trusted proxy's, a client certificate, a bearer token, else nobody. Credentials that are no
 * good are 401, never anonymous, unless others of the same request are good (pkg/kubeapiserver/authenticator, union).
 */
export function authenticate(authentication: Authentication, request: ApiRequest, warnings: Set<string>): Identity | Promise<Identity> {
  if (request.identity) return request.identity;
  const byCertificate = request.certificate && certified(authentication, request);
  if (typeof byCertificate === 'object') return byCertificate;
  const {authorization} = request.headers;
  const token = authorization === undefined ? undefined : tokenOf(String(authorization), warnings);
  if (token !== undefined) return bearer(authentication.tokens, token);
  if (byCertificate === 'refused' || !authentication.anonymous) throw unauthorized();
  return ANONYMOUS;
}

/** Whom the connection's certificate stands for; undefined: for nobody in particular. */
function certified({clients, proxies}: Authentication, {certificate, headers}: ApiRequest): Identity | 'refused' | undefined {
  const {commonName, organizations, uids, fingerprint} = certificate!;
  const {allowedNames = []} = proxies?.options ?? {};
  const isProxy = proxies?.trust(certificate!) && (allowedNames.length === 0 || allowedNames.includes(commonName));
  const named = isProxy ? namedByHeaders(headers, proxies!.options) : undefined;
  if (named) return authenticated(named);
  if (!clients(certificate!)) return 'refused';
  if (commonName === '') return proxies && !isProxy ? 'refused' : undefined;
  if (uids.length > 1 || uids[0] === '') return 'refused';
  const extra = {'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`]};
  return authenticated({name: commonName, ...(uids.length === 1 && {uid: uids[0]!}), groups: [...organizations], extra});
}

/** The word behind `Bearer`, whatever follows it. */
function tokenOf(header: string, warnings: Set<string>): string | undefined {
  const [scheme, token, ...rest] = header.trim().split(' ');
  if (token === undefined || scheme!.toLowerCase() !== 'bearer') return undefined;
  if (token !== '') return token;
  if (rest.length > 0) warnings.add(SPACE_BEFORE_TOKEN);
  return undefined;
}

const SPACE_BEFORE_TOKEN = 'the provided Authorization header contains extra space before the bearer token, and is ignored';

async function bearer(tokens: TokenAuthenticator, token: string): Promise<Identity> {
  const result = await tokens.authenticate(token);
  if ('error' in result) throw unauthorized();
  return result.identity;
}
