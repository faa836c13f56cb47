import type {JsonObject} from '../api/json.ts';
import type {Secret} from '../api/kinds.generated.ts';
import {type SigningKey, signJwt} from './jwt.ts';
import type {Find} from './service-account-tokens.ts';

export const LEGACY_ISSUER = 'kubernetes/serviceaccount';
const PREFIX = 'kubernetes.io/serviceaccount';

/** Whose token a Secret holds. */
export interface LegacyClaims {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly secret: string;
}

/** The token of a Secret, which does not expire (pkg/serviceaccount/legacy.go, LegacyClaims). */
export const signLegacy = ({namespace, name, uid, secret}: LegacyClaims, key: SigningKey): Promise<string> =>
  signJwt(
    {
      iss: LEGACY_ISSUER,
      [`${PREFIX}/namespace`]: namespace,
      [`${PREFIX}/secret.name`]: secret,
      [`${PREFIX}/service-account.name`]: name,
      [`${PREFIX}/service-account.uid`]: uid,
      sub: `system:serviceaccount:${namespace}:${name}`,
    },
    key,
  );

/** The account of a verified token from a Secret, or what speaks against it (pkg/serviceaccount/legacy.go, Validate). */
export function checkLegacy(
  claims: JsonObject,
  token: string,
  find: Find,
): {readonly namespace: string; readonly name: string; readonly uid: string} | {readonly error: string} {
  const claim = (name: string) => String(claims[`${PREFIX}/${name}`] ?? '');
  const [namespace, name, uid, secretName] = [
    claim('namespace'),
    claim('service-account.name'),
    claim('service-account.uid'),
    claim('secret.name'),
  ];
  const secret = find('secrets', namespace, secretName) as unknown as Secret | undefined;
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return {error: 'token has been invalidated'};
  if (Buffer.from(secret.data?.token ?? '', 'base64').toString() !== token) return {error: "token does not match server's copy"};
  const account = find('serviceaccounts', namespace, name);
  if (account === undefined) return {error: `serviceaccounts ${JSON.stringify(name)} not found`};
  if (account.metadata.deletionTimestamp !== undefined) return {error: `serviceaccount ${namespace}/${name} has been deleted`};
  if (account.metadata.uid !== uid) return {error: `serviceaccount UID (${account.metadata.uid}) does not match claim (${uid})`};
  return {namespace, name, uid};
}
