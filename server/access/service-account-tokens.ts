import type {KeyObject} from 'node:crypto';
import type {Identity} from '../api/client.ts';
import type {Clock} from '../api/clock.ts';
import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import type {Random} from '../api/random.ts';
import {parseTime} from '../api/time.ts';
import type {SigningKey, UnverifiedJwt, VerifyingKey} from './jwt.ts';
import {isSignedBy, jsonWebKey, parseJwt, signingKey, signJwt, verifyingKey} from './jwt.ts';
import {checkLegacy, LEGACY_ISSUER, type LegacyClaims, signLegacy} from './legacy-token.ts';

/** Finds an object in the caches; `namespace` is '' for cluster-scoped ones. */
export type Find = (resource: string, namespace: string, name: string) => KubeObject | undefined;

export interface ServiceAccountTokensOptions {
  readonly issuer: string;
  /** For whom a token is that does not say it; left out: the issuer. */
  readonly audiences?: readonly string[] | undefined;
  /** Made on first need. */
  key(): Promise<KeyObject>;
  /** Public keys by which tokens are verified; without them, the one of `key`. */
  readonly verifiers?: readonly KeyObject[] | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly find: Find;
}

/** What a token is for. */
export interface TokenClaims {
  readonly namespace: string;
  readonly account: ObjectRef;
  readonly audiences: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
  /** Seconds after which its use is noted as stale, where it is valid for longer than was asked for. */
  readonly warnAfter?: number;
  readonly pod?: ObjectRef;
  readonly node?: ObjectRef;
  readonly secret?: ObjectRef;
}

export interface ObjectRef {
  readonly name: string;
  readonly uid: string;
}

/** Whose token it is and for whom, or why it is not accepted. */
export type TokenResult = {readonly identity: Identity; readonly audiences: readonly string[]} | {readonly error: string};

export interface ServiceAccountTokens {
  readonly issuer: string;
  /** A bound token (pkg/serviceaccount/claims.go). */
  issue(claims: TokenClaims): Promise<string>;
  /** A token for a Secret, which does not expire. */
  issueLegacy(claims: LegacyClaims): Promise<string>;
  /** undefined: the token is none of ours. */
  authenticate(token: string, audiences: readonly string[]): Promise<TokenResult | undefined>;
  /** The keys by which others verify tokens, as a JWKS document. */
  keys(): Promise<JsonObject>;
}

/** How many tokens whose signature has been verified are remembered. */
const REMEMBERED = 1000;

/** Issues and verifies tokens of service accounts. They die with the objects they are bound to. */
export function createServiceAccountTokens({
  issuer,
  audiences: implied = [issuer],
  key,
  verifiers,
  clock,
  random,
  find,
}: ServiceAccountTokensOptions): ServiceAccountTokens {
  let made: Promise<SigningKey> | undefined;
  const keyOnce = () => {
    made ??= key().then(signingKey);
    return made;
  };
  const given = verifiers?.map(verifyingKey);
  const verifyingKeys = async (): Promise<readonly VerifyingKey[]> => given ?? [await keyOnce()];
  const verified = new Map<string, UnverifiedJwt>();

  async function verify(token: string): Promise<UnverifiedJwt | undefined> {
    const known = verified.get(token);
    if (known) return known;
    const parsed = parseJwt(token);
    if (parsed === undefined || (parsed.claims.iss !== issuer && parsed.claims.iss !== LEGACY_ISSUER)) return undefined;
    if (!(await verifyingKeys()).some(each => isSignedBy(parsed, each))) return undefined;
    if (verified.size >= REMEMBERED) verified.delete(verified.keys().next().value!);
    verified.set(token, parsed);
    return parsed;
  }

  return {
    issuer,
    async issue(claims) {
      return signJwt(boundClaims(claims, issuer, Math.floor(clock.now() / 1000), random.uuid()), await keyOnce());
    },
    issueLegacy: async claims => signLegacy(claims, await keyOnce()),
    async authenticate(token, audiences) {
      const parsed = await verify(token);
      if (parsed === undefined) return undefined;
      if (parsed.claims.iss === LEGACY_ISSUER) {
        const result = checkLegacy(parsed.claims, token, find);
        if ('error' in result) return result;
        const shared = sharedOf(implied, audiences);
        return 'error' in shared ? shared : {identity: accountIdentity(result.namespace, result.name, result.uid, {}), ...shared};
      }
      const shared = sharedOf([parsed.claims.aud].flat() as string[], audiences);
      if ('error' in shared) return shared;
      const result = checkBound(parsed.claims as unknown as BoundClaims, clock.now(), find);
      return typeof result === 'string' ? {error: result} : {identity: result, ...shared};
    },
    keys: async () => ({keys: (await verifyingKeys()).map(jsonWebKey)}),
  };
}

const userName = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;

/** Those of a token's audiences that are asked for. */
function sharedOf(own: readonly string[], wanted: readonly string[]): {readonly audiences: string[]} | {readonly error: string} {
  const audiences = own.filter(audience => wanted.includes(audience));
  if (audiences.length > 0) return {audiences};
  return {error: `token audiences ${listed(own)} is invalid for the target audiences ${listed(wanted)}`};
}

/** As Go's %q writes a list. */
const listed = (audiences: readonly string[]): string => `[${audiences.map(audience => JSON.stringify(audience)).join(' ')}]`;

interface BoundClaims {
  readonly exp: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: ObjectRef;
    readonly pod?: ObjectRef;
    readonly node?: ObjectRef;
    readonly secret?: ObjectRef;
  };
}

function boundClaims(claims: TokenClaims, issuer: string, now: number, id: string): JsonObject {
  const {namespace, account, audiences, lifetime, warnAfter, pod, node, secret} = claims;
  const ref = ({name, uid}: ObjectRef) => ({name, uid});
  return {
    aud: [...audiences],
    exp: now + lifetime,
    iat: now,
    iss: issuer,
    jti: id,
    'kubernetes.io': {
      namespace,
      ...(node && {node: ref(node)}),
      ...(pod && {pod: ref(pod)}),
      ...(secret && {secret: ref(secret)}),
      serviceaccount: ref(account),
      ...(warnAfter !== undefined && {warnafter: now + warnAfter}),
    },
    nbf: now,
    sub: userName(namespace, account.name),
  };
}

// go-jose's leeway, and that of upstream for objects just deleted.
const LEEWAY = 60_000;

/** The identity behind a verified token, or what speaks against it (pkg/serviceaccount/claims.go, Validate). */
function checkBound({exp, nbf, jti, 'kubernetes.io': own}: BoundClaims, now: number, find: Find): Identity | string {
  if (now > exp * 1000 + LEEWAY) return 'service account token has expired';
  if (nbf !== undefined && now < nbf * 1000 - LEEWAY) return 'service account token is not valid yet';
  const {namespace, serviceaccount, pod, node, secret} = own;
  const account = find('serviceaccounts', namespace, serviceaccount.name);
  if (account === undefined) return `serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`;
  const {uid} = account.metadata;
  if (uid !== serviceaccount.uid) return `service account UID (${uid}) does not match claim (${serviceaccount.uid})`;
  if (isGone(account, now)) return `service account ${namespace}/${serviceaccount.name} has been deleted`;
  const complaint =
    checkRef('secrets', namespace, secret, 'secret UID', 'service account secret ref claim', now, find) ??
    checkRef('pods', namespace, pod, 'pod UID', 'service account pod ref claim', now, find) ??
    // The node of a token's pod is only told, not looked for.
    (pod === undefined ? checkRef('nodes', '', node, 'node UID', 'service account node ref claim', now, find) : undefined);
  if (complaint !== undefined) return complaint;
  return accountIdentity(namespace, serviceaccount.name, serviceaccount.uid, {
    ...(jti !== undefined && {'credential-id': [`JTI=${jti}`]}),
    ...(node && {'node-name': [node.name], ...(node.uid && {'node-uid': [node.uid]})}),
    ...(pod && {'pod-name': [pod.name], 'pod-uid': [pod.uid]}),
  });
}

function checkRef(
  resource: string,
  namespace: string,
  ref: ObjectRef | undefined,
  what: string,
  claim: string,
  now: number,
  find: Find,
): string | undefined {
  if (ref === undefined) return undefined;
  const found = find(resource, namespace, ref.name);
  if (found === undefined || isGone(found, now)) return 'service account token has been invalidated';
  return found.metadata.uid === ref.uid ? undefined : `${what} (${found.metadata.uid}) does not match ${claim} (${ref.uid})`;
}

const isGone = ({metadata}: KubeObject, now: number): boolean =>
  metadata.deletionTimestamp !== undefined && parseTime(metadata.deletionTimestamp) < now - LEEWAY;

const accountIdentity = (namespace: string, name: string, uid: string, extra: {[name: string]: string[]}): Identity => ({
  name: userName(namespace, name),
  uid,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  ...(Object.keys(extra).length > 0 && {
    extra: Object.fromEntries(Object.entries(extra).map(([key, value]) => [`authentication.kubernetes.io/${key}`, value])),
  }),
});
