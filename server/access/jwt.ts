import type {KeyObject} from 'node:crypto';
import {createHash, createPublicKey, sign, verify} from 'node:crypto';
import {promisify} from 'node:util';
import type {JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';

/** A private RSA key, its public half, and the name by which verifiers find it. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As upstream: base64url of the SHA-256 of the public key's DER. */
  readonly keyId: string;
}

/** A token in its parts; nothing about it is verified. */
export interface UnverifiedJwt {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** What is signed. */
  readonly input: string;
  readonly signature: Buffer;
}

const signAsync = promisify(sign) as unknown as (algorithm: string, data: Buffer, key: KeyObject) => Promise<Buffer>;

export function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const keyId = createHash('sha256')
    .update(publicKey.export({type: 'spki', format: 'der'}))
    .digest('base64url');
  return {privateKey, publicKey, keyId};
}

/** A compact RS256 token (RFC 7515 §3.1). */
export async function signJwt(claims: JsonObject, {privateKey, keyId}: SigningKey): Promise<string> {
  const input = `${encode({alg: 'RS256', kid: keyId})}.${encode(claims)}`;
  const signature = await signAsync('sha256', Buffer.from(input), privateKey);
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

/** Only RS256 counts, whatever the token says of itself. */
export const isSignedBy = ({header, input, signature}: UnverifiedJwt, {publicKey}: SigningKey): boolean =>
  header.alg === 'RS256' && verify('sha256', Buffer.from(input), publicKey, signature);

/** RFC 7517: the public key as JWKS documents list it. */
export function jsonWebKey({publicKey, keyId}: SigningKey): JsonObject {
  const {kty, n, e} = publicKey.export({format: 'jwk'});
  return {use: 'sig', kty: kty!, kid: keyId, alg: 'RS256', n: n!, e: e!};
}

const encode = (part: JsonObject): string => Buffer.from(JSON.stringify(part)).toString('base64url');
