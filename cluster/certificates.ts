import {createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign} from 'node:crypto';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {isIP} from 'node:net';
import {join} from 'node:path';
import type {Random} from '../server/api/random.ts';
import * as der from './der.ts';

/** A certificate and its private key, both as PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** A certificate authority, ready to sign. */
export interface Authority extends KeyPair {
  readonly name: string;
  readonly privateKey: KeyObject;
}

export interface CertificateRequest {
  /** The user's name, or the server's. */
  commonName: string;
  /** The user's groups. */
  organizations?: readonly string[];
  /** DNS names and addresses that a server answers to. */
  hosts?: readonly string[];
  usage: 'server' | 'client';
}

/** Makes a certificate authority. Keys come from the operating system, whatever the seed; only serial numbers come from `random`. */
export function createAuthority(random: Random, name = 'kubernetes'): Authority {
  const {publicKey, privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
  const certificate = signCertificate({
    random,
    issuer: {name, privateKey, publicKey},
    subject: distinguishedName(name),
    publicKey,
    extensions: [
      extension(OID.basicConstraints, true, der.sequence(der.boolean(true))),
      // keyCertSign, cRLSign and digitalSignature, as kubeadm's authority has them
      extension(OID.keyUsage, true, der.bitString(Buffer.from([0xa6]), 1)),
      extension(OID.subjectAltName, false, alternativeNames([name])),
    ],
  });
  return {name, certificate, key: privateKey.export({type: 'pkcs8', format: 'pem'}) as string, privateKey};
}

/** The authority kept in a folder as `ca.crt` and `ca.key` (mode 0600); made there the first time. Throws what the file system throws. */
export function loadAuthority(folder: string, random: Random): Authority {
  const [certificateFile, keyFile] = [join(folder, 'ca.crt'), join(folder, 'ca.key')];
  if (existsSync(certificateFile) && existsSync(keyFile)) {
    const key = readFileSync(keyFile, 'utf8');
    return {name: 'kubernetes', certificate: readFileSync(certificateFile, 'utf8'), key, privateKey: createPrivateKey(key)};
  }
  const authority = createAuthority(random);
  writeFileSync(keyFile, authority.key, {mode: 0o600});
  writeFileSync(certificateFile, authority.certificate);
  return authority;
}

/** A key pair of a server or a client, signed by the authority, valid far beyond any clock. */
export function issueCertificate(authority: Authority, request: CertificateRequest, random: Random): KeyPair {
  const {publicKey, privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
  const {commonName, organizations = [], hosts = [], usage} = request;
  const certificate = signCertificate({
    random,
    issuer: {...authority, publicKey: createPublicKey(authority.privateKey)},
    subject: distinguishedName(commonName, organizations),
    publicKey,
    extensions: [
      extension(OID.basicConstraints, true, der.sequence()),
      // digitalSignature and keyEncipherment
      extension(OID.keyUsage, true, der.bitString(Buffer.from([0xa0]), 5)),
      extension(OID.extendedKeyUsage, false, der.sequence(der.objectIdentifier(usage === 'server' ? OID.serverAuth : OID.clientAuth))),
      ...(hosts.length > 0 ? [extension(OID.subjectAltName, false, alternativeNames(hosts))] : []),
    ],
  });
  // As Go writes such keys: the Java client fabric8 reads EC keys in no other form.
  return {certificate, key: privateKey.export({type: 'sec1', format: 'pem'}) as string};
}

// RFC 5280 §4.1.2.5: 99991231235959Z stands for "never".
const VALID_FROM = '2000-01-01T00:00:00Z';
const VALID_UNTIL = '9999-12-31T23:59:59Z';

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

interface SigningRequest {
  random: Random;
  issuer: {name: string; privateKey: KeyObject; publicKey: KeyObject};
  subject: der.Der;
  publicKey: KeyObject;
  extensions: der.Der[];
}

/** RFC 5280 §4.1: the certificate as PEM. */
function signCertificate({random, issuer, subject, publicKey, extensions}: SigningRequest): string {
  const algorithm = der.sequence(der.objectIdentifier(OID.ecdsaWithSha256));
  const serial = random.bytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const body = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(serial),
    algorithm,
    distinguishedName(issuer.name),
    der.sequence(der.time(VALID_FROM), der.time(VALID_UNTIL)),
    subject,
    publicKey.export({type: 'spki', format: 'der'}),
    der.explicit(
      3,
      der.sequence(
        ...extensions,
        extension(OID.subjectKeyIdentifier, false, der.octetString(keyIdentifier(publicKey))),
        extension(OID.authorityKeyIdentifier, false, der.sequence(der.implicit(0, keyIdentifier(issuer.publicKey)))),
      ),
    ),
  );
  return toPem(der.sequence(body, algorithm, der.bitString(sign('sha256', body, issuer.privateKey))));
}

function distinguishedName(commonName: string, organizations: readonly string[] = []): der.Der {
  const part = (type: string, value: string) => der.set(der.sequence(der.objectIdentifier(type), der.utf8String(value)));
  return der.sequence(...organizations.map(name => part(OID.organization, name)), part(OID.commonName, commonName));
}

const extension = (id: string, critical: boolean, value: der.Der): der.Der =>
  der.sequence(der.objectIdentifier(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value));

const alternativeNames = (hosts: readonly string[]): der.Der =>
  der.sequence(...hosts.map(host => (isIP(host) ? der.implicit(7, addressBytes(host)) : der.implicit(2, Buffer.from(host)))));

/** An IPv4 or IPv6 address as its bytes. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // URL writes an address with its longest run of zeros as `::` and without an embedded IPv4 part.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const words = (text: string) => text.split(':').filter(word => word !== '');
  const [left, right] = [words(head), words(tail ?? '')];
  const all = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(all.map(word => word.padStart(4, '0')).join(''), 'hex');
}

const keyIdentifier = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({type: 'spki', format: 'der'}))
    .digest();

const toPem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
