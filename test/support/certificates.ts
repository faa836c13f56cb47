import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type {Authority, KeyPair} from '../../cluster/certificates.ts';
import {createRandom} from '../../cluster/random.ts';
import {createCertificateSigner} from '../../controllers/support/certificate-signer.ts';
import type {Clock} from '../../server/api/clock.ts';

const EC = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};

export interface Wanted {
  /** As RFC 4514 writes it: `CN=alice,O=devs`. */
  subject: string;
  usages?: string[];
  /** When it is signed, in milliseconds since the epoch; now if left out. */
  at?: number;
  /** How long it is valid. */
  seconds?: number;
}

/** A key pair whose certificate the authority signed, in whatever state a test needs. */
export async function signedCertificate(
  {certificate, key}: Pick<Authority, 'certificate' | 'key'>,
  {subject, usages = ['client auth'], at, seconds = 3600}: Wanted,
): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({name: subject, keys, signingAlgorithm: EC});
  const clock = {now: () => at ?? Date.now()} as Clock;
  const signer = createCertificateSigner({certificate, key, clock, random: createRandom()});
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: await signer.sign(request.toString('pem'), {usages, seconds}),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
  };
}
