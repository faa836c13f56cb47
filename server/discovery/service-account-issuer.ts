import type {JsonObject} from '../api/json.ts';
import {ApiError} from '../api/status.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Environment} from '../verbs/environment.ts';

const KEYS_PATH = '/openid/v1/jwks';
const KEYS_TYPE = 'application/jwk-set+json';

/** OpenID discovery, by which others come to trust tokens of service accounts (pkg/routes/openidmetadata.go). */
export function serviceAccountIssuer(
  {accountTokens}: Environment,
  {info, request}: RequestContext,
): ApiResponse | Promise<ApiResponse> | undefined {
  if (info.path === '/.well-known/openid-configuration') {
    const host = String(request.headers.host ?? '');
    return accountTokens.keys().then(({keys}) =>
      document('application/json', {
        issuer: accountTokens.issuer,
        jwks_uri: `https://${host}${KEYS_PATH}`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [...new Set((keys as JsonObject[]).map(({alg}) => alg as string))].sort(),
      }),
    );
  }
  if (info.path !== KEYS_PATH) return undefined;
  if (!acceptsKeys(String(request.headers.accept ?? '*/*'))) {
    throw new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${KEYS_TYPE}`, {});
  }
  return accountTokens.keys().then(keys => document(KEYS_TYPE, keys));
}

const acceptsKeys = (accept: string): boolean =>
  accept.split(',').some(part => ['*/*', 'application/*', KEYS_TYPE].includes(part.split(';')[0]!.trim().toLowerCase()));

const document = (contentType: string, body: JsonObject): ApiResponse => ({
  status: 200,
  headers: {'Cache-Control': 'public, max-age=3600'},
  body: {type: 'bytes', bytes: Buffer.from(JSON.stringify(body)), contentType},
});
