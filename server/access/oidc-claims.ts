import type {Identity} from '../api/client.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';

/** Which claims say who somebody is. */
export interface OidcClaims {
  readonly usernameClaim: string;
  /** What stands before the name, '' for nothing. */
  readonly usernamePrefix: string;
  /** '' for no groups. */
  readonly groupsClaim: string;
  readonly groupsPrefix: string;
  /** Claims that must have these values. */
  readonly requiredClaims: ReadonlyMap<string, string>;
}

/** Whom verified claims stand for; throws an Error in upstream's words (k8s.io/apiserver/plugin/pkg/authenticator/token/oidc). */
export function claimedIdentity(claims: JsonObject, options: OidcClaims): Identity {
  const {usernamePrefix, groupsClaim, groupsPrefix, requiredClaims} = options;
  refuseDistributed(claims, groupsClaim);
  const name = usernamePrefix + username(claims, options.usernameClaim);
  const groups = groupsOf(claims, groupsClaim).map(group => groupsPrefix + group);
  const id = claims.jti;
  for (const [claim, wanted] of requiredClaims) {
    const value = claimOf(claims, claim);
    if (value === undefined) throw new Error(`oidc: required claim ${claim} not present in ID token`);
    if (typeof value !== 'string') throw new Error(`oidc: parse claim ${claim}: ${notA('string', value)}`);
    if (value !== wanted) throw new Error(`oidc: required claim ${claim} value does not match. Got = ${value}, want = ${wanted}`);
  }
  return {
    name,
    groups,
    ...(typeof id === 'string' && id !== '' && {extra: {'authentication.kubernetes.io/credential-id': [`JTI=${id}`]}}),
  };
}

/** As Go's %v writes seconds since the epoch. */
export const timeText = (seconds: Json | undefined): string =>
  `${new Date(typeof seconds === 'number' ? seconds * 1000 : 0).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;

/** The claim's own value: names like `constructor` mean nothing else. */
const claimOf = (claims: JsonObject, name: string): Json | undefined => (Object.hasOwn(claims, name) ? claims[name] : undefined);

function username(claims: JsonObject, claim: string): string {
  const value = claimOf(claims, claim);
  const start = `oidc: parse username claims ${JSON.stringify(claim)}`;
  if (value === undefined) throw new Error(`${start}: claim not present`);
  if (typeof value !== 'string') throw new Error(`${start}: ${notA('string', value)}`);
  // An address that nobody has verified may be another's.
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
    const verified = claims.email_verified!;
    if (typeof verified !== 'boolean') throw new Error(`oidc: parse 'email_verified' claim: ${notA('bool', verified)}`);
    if (!verified) throw new Error('oidc: email not verified');
  }
  return value;
}

/** A single group may stand there without a list. */
function groupsOf(claims: JsonObject, claim: string): string[] {
  const value = claim === '' ? undefined : claimOf(claims, claim);
  if (value === undefined || value === null) return [];
  const groups = [value].flat();
  if (groups.every(group => typeof group === 'string')) return groups as string[];
  throw new Error(`oidc: parse groups claim ${JSON.stringify(claim)}: ${notA('[]string', value)}`);
}

/** Groups that another server would have to be asked for. */
function refuseDistributed(claims: JsonObject, claim: string): void {
  const names = claimOf(claims, '_claim_names');
  if (claim !== '' && isObject(names) && Object.hasOwn(names, claim))
    throw new Error('oidc: could not expand distributed claims: they are not implemented');
}

const notA = (type: string, value: Json): string => {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${kind} into Go value of type ${type}`;
};
