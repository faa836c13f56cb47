import {Agent} from 'node:https';
import type {CryptoKey, createLocalJWKSet, JSONWebKeySet} from 'jose';
import type {Identity} from '../api/client.ts';
import type {Clock, WallClock} from '../api/clock.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {call} from '../extensions/https-call.ts';
import {createExpiring} from './expiring.ts';
import {parseJwt} from './jwt.ts';
import type {OidcClaims} from './oidc-claims.ts';
import {claimedIdentity, timeText} from './oidc-claims.ts';

/** `--oidc-*` of kube-apiserver. */
export interface OidcOptions extends OidcClaims {
  /** An https URL; also the `iss` of the tokens. */
  readonly issuer: string;
  /** The audience the tokens must have. */
  readonly clientId: string;
  /** JOSE names: RS256, ES256, … */
  readonly signingAlgs: readonly string[];
  /** PEM of the authorities that the issuer's certificate is checked against; left out: the system's. */
  readonly ca?: string;
}

type LocalJWKSet = ReturnType<typeof createLocalJWKSet>;

/** Knows the ID tokens of one issuer. */
export interface Oidc {
  /** undefined: another's token. */
  authenticate(token: string): Promise<Identity | {readonly error: string} | undefined>;
  close(): void;
}

// k8s.io/apiserver/plugin/pkg/authenticator/token/oidc: seconds a request may take, milliseconds between attempts to find the issuer.
const TIMEOUT = 30;
const RETRY = 10_000;
// go-oidc: how far the issuer's clock may be ahead.
const NOT_BEFORE_LEEWAY = 5 * 60;
// pkg/kubeapiserver/authenticator: milliseconds for which a good token is not looked at again, and how many such tokens are remembered.
const BELIEVED = 10_000;
const REMEMBERED = 1000;

/** Finds an issuer and its keys when the first token of it comes. Expiry is by cluster time. */
export function createOidc(options: OidcOptions, clock: Clock, wall: WallClock): Oidc {
  const {issuer, clientId, signingAlgs, ca} = options;
  const agent = new Agent({keepAlive: true});
  const get = async (address: string): Promise<Json> => {
    const headers = {Accept: 'application/json', 'User-Agent': 'kube-apiserver'};
    const {status, text} = await call({agent, wall, method: 'GET', url: new URL(address), headers, ca, timeout: TIMEOUT});
    if (status !== 200) throw new Error(`${status}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as Json;
  };
  const keys = createKeys(issuer, get, wall);
  const known = createExpiring<Identity>(clock, REMEMBERED);

  async function verify(token: string, claims: JsonObject, algorithm: unknown): Promise<JsonObject> {
    const audiences = [claims.aud ?? []].flat();
    const now = clock.now();
    if (!audiences.includes(clientId))
      throw new Error(`oidc: expected audience ${JSON.stringify(clientId)} got ${JSON.stringify(audiences)}`);
    const {exp, nbf} = claims;
    if (typeof exp !== 'number' || now > exp * 1000) throw new Error(`oidc: token is expired (Token Expiry: ${timeText(exp)})`);
    if (typeof nbf === 'number' && now < (nbf - NOT_BEFORE_LEEWAY) * 1000)
      throw new Error(`oidc: current time ${timeText(now / 1000)} before the nbf (not before) time: ${timeText(nbf)}`);
    if (!signingAlgs.includes(String(algorithm)))
      throw new Error(
        `oidc: id token signed with unsupported algorithm, expected ${JSON.stringify(signingAlgs)} got ${JSON.stringify(algorithm ?? '')}`,
      );
    if (!(await keys.signed(token, signingAlgs))) throw new Error('failed to verify signature: failed to verify id token signature');
    return claims;
  }

  return {
    async authenticate(token) {
      const remembered = known.get(token);
      if (remembered) return remembered;
      const parsed = parseJwt(token);
      if (parsed?.claims.iss !== issuer) return undefined;
      try {
        if (!(await keys.ready())) return {error: 'oidc: authenticator not initialized'};
        const claims = await verify(token, parsed.claims, parsed.header.alg).catch(error => {
          throw new Error(`oidc: verify token: ${(error as Error).message}`);
        });
        const identity = claimedIdentity(claims, options);
        known.set(token, identity, Math.min(BELIEVED, Number(claims.exp) * 1000 - clock.now()));
        return identity;
      } catch (error) {
        return {error: (error as Error).message};
      }
    },
    close: () => agent.destroy(),
  };
}

/** The issuer's keys: looked for again when a token is signed by none of them. */
function createKeys(issuer: string, get: (address: string) => Promise<Json>, wall: WallClock) {
  let address: string | undefined;
  let keys: LocalJWKSet | undefined;
  let failedAt: number | undefined;

  const discover = shared(async () => {
    try {
      const document = await get(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      const {issuer: said, jwks_uri: keysAt} = isObject(document) ? document : {};
      if (said === issuer && typeof keysAt === 'string') address = keysAt;
    } catch {
      // Told as not initialized.
    }
    if (address === undefined) failedAt = wall.monotonic();
  });
  const refresh = shared(async () => {
    const {createLocalJWKSet} = await import('jose');
    keys = createLocalJWKSet((await get(address!)) as unknown as JSONWebKeySet);
  });
  return {
    /** Is it known where the keys are? */
    async ready(): Promise<boolean> {
      if (address === undefined && (failedAt === undefined || wall.monotonic() - failedAt >= RETRY)) await discover();
      return address !== undefined;
    },
    async signed(token: string, algorithms: readonly string[]): Promise<boolean> {
      if (keys && (await isSigned(token, keys, algorithms))) return true;
      await refresh().catch(error => {
        throw new Error(`failed to verify signature: fetching keys ${(error as Error).message}`);
      });
      return isSigned(token, keys!, algorithms);
    },
  };
}

/** Who wants the same at the same time waits for one. */
function shared(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function isSigned(token: string, keys: LocalJWKSet, allowed: readonly string[]): Promise<boolean> {
  const {compactVerify, errors} = await import('jose');
  const algorithms = [...allowed];
  const verifies = (key: CryptoKey) =>
    compactVerify(token, key, {algorithms}).then(
      () => true,
      () => false,
    );
  try {
    await compactVerify(token, keys, {algorithms});
    return true;
  } catch (error) {
    // Several keys that have no name: one after the other.
    if (error instanceof errors.JWKSMultipleMatchingKeys) for await (const key of error) if (await verifies(key)) return true;
    return false;
  }
}
