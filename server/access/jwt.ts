import type {KeyObject} from 'node:crypto';
import {createHash, createPublicKey, type JsonWebKey, sign, verify} from 'node:crypto';
import {promisify} from 'node:util';
import type {JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';

/** A public key and the name by which verifiers find it. */
export interface VerifyingKey {
  readonly publicKey: KeyObject;
  readonly algorithm: Algorithm;
  /** As upstream: base64url of the SHA-256 of the public key's DER. */
  readonly keyId: string;
}

export interface SigningKey extends VerifyingKey {
  readonly privateKey: KeyObject;
}

type Algorithm = 'RS256' | 'ES256' | 'ES384' | 'ES512';

/** A token in its parts; nothing about it is verified. */
export interface UnverifiedJwt {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** What is signed. */
  readonly input: string;
  readonly signature: Buffer;
}

const signAsync = promisify(sign) as unknown as (hash: string, data: Buffer, key: object) => Promise<Buffer>;

const CURVES: {readonly [curve: string]: Algorithm} = {prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512'};
const hashOf = (algorithm: Algorithm): string => `sha${algorithm.slice(2)}`;
// Of elliptic curves JWTs hold the two numbers, not their DER (RFC 7518 §3.4).
const ENCODING = {dsaEncoding: 'ieee-p1363'} as const;

/** Throws for keys of other kinds than RSA and the curves of NIST. */
export function verifyingKey(publicKey: KeyObject): VerifyingKey {
  const {asymmetricKeyType, asymmetricKeyDetails} = publicKey;
  const algorithm = asymmetricKeyType === 'rsa' ? 'RS256' : CURVES[asymmetricKeyDetails?.namedCurve ?? ''];
  if (algorithm === undefined) throw new Error('holds neither an RSA key nor one of P-256, P-384 or P-521');
  const keyId = createHash('sha256')
    .update(publicKey.export({type: 'spki', format: 'der'}))
    .digest('base64url');
  return {publicKey, algorithm, keyId};
}

/** Throws as `verifyingKey`. */
export const signingKey = (privateKey: KeyObject): SigningKey => ({...verifyingKey(createPublicKey(privateKey)), privateKey});

/** A compact token (RFC 7515 §3.1). */
export async function signJwt(claims: JsonObject, {privateKey, keyId, algorithm}: SigningKey): Promise<string> {
  const input = `${encode({alg: algorithm, kid: keyId})}.${encode(claims)}`;
  const signature = await signAsync(hashOf(algorithm), Buffer.from(input), {key: privateKey, ...ENCODING});
  return `${input}.${signature.toString('base64url')}`;
}

/** Takes a token apart; undefined if it is none. */
export function parseJwt(token: string): UnverifiedJwt | undefined {
  const match = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token);
  if (!match) return undefined;
  const [, head, body, signature] = match as unknown as [string, string, string, string];
  try {
    const header = JSON.parse(Buffer.from(head, 'base64url').toString());
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    if (!isObject(header) || !isObject(claims)) return undefined;
    return {header, claims, input: `${head}.${body}`, signature: Buffer.from(signature, 'base64url')};
  } catch {
    return undefined;
  }
}

/** Only the key's own algorithm counts, whatever the token says of itself. */
export const isSignedBy = ({header, input, signature}: UnverifiedJwt, {publicKey, algorithm}: VerifyingKey): boolean =>
  header.alg === algorithm && verify(hashOf(algorithm), Buffer.from(input), {key: publicKey, ...ENCODING}, signature);

/** RFC 7517: the public key as JWKS documents list it. */
export function jsonWebKey({publicKey, keyId, algorithm}: VerifyingKey): JsonObject {
  const {kty, ...numbers} = publicKey.export({format: 'jwk'});
  return {use: 'sig', kty: kty!, kid: keyId, ...(algorithm !== 'RS256' && {crv: numbers.crv!}), alg: algorithm, ...shown(numbers)};
}

const shown = ({n, e, x, y}: JsonWebKey): JsonObject => (n === undefined ? {x: x!, y: y!} : {n, e: e!});

const encode = (part: JsonObject): string => Buffer.from(JSON.stringify(part)).toString('base64url');
