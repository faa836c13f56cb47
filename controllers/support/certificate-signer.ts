import type {Extension, X509Certificate} from '@peculiar/x509';
import type {Clock} from '../../server/api/clock.ts';
import type {Random} from '../../server/api/random.ts';
import type {RequestedIdentity} from '../certificates-plan.ts';

/** Reads and signs certificate requests. */
export interface CertificateSigner {
  /** What a PEM request asks for. Throws for a bad one. */
  read(request: string): Promise<RequestedIdentity>;
  /** PEM certificate for a PEM request; `usages` and `seconds` are the request's. */
  sign(request: string, options: {usages: readonly string[]; seconds: number}): Promise<string>;
}

export interface SignerOptions {
  /** PEM of the authority's certificate and private key (PKCS#8, EC P-256). */
  certificate: string;
  key: string;
  clock: Clock;
  random: Random;
}

const EC = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};
const EXTENDED: {[usage: string]: string} = {
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
};
/** How far back a certificate is valid, for clocks that are behind. */
const BACKDATE = 300_000;

/** A signer with the cluster's authority. The X.509 library is loaded at the first use: it is slow to load. */
export function createCertificateSigner({certificate, key, clock, random}: SignerOptions): CertificateSigner {
  const load = async () => {
    await import('reflect-metadata');
    return import('@peculiar/x509');
  };
  return {
    async read(request) {
      const {Pkcs10CertificateRequest, SubjectAlternativeNameExtension} = await load();
      const parsed = new Pkcs10CertificateRequest(request);
      const names = parsed.extensions.find(extension => extension instanceof SubjectAlternativeNameExtension);
      const ofType = (type: string) => (names?.names.items ?? []).filter(name => name.type === type).map(({value}) => value);
      return {
        commonName: parsed.subjectName.getField('CN')[0] ?? '',
        organizations: parsed.subjectName.getField('O'),
        dnsNames: ofType('dns'),
        ipAddresses: ofType('ip'),
        emailAddresses: ofType('email'),
        uris: ofType('url'),
      };
    },
    async sign(request, {usages, seconds}) {
      const x509 = await load();
      const parsed = new x509.Pkcs10CertificateRequest(request);
      if (!(await parsed.verify())) throw new Error('the signature of the certificate request is wrong');
      const signingKey = await crypto.subtle.importKey('pkcs8', pemBytes(key), EC, false, ['sign']);
      const issuer = new x509.X509Certificate(certificate);
      const names = parsed.extensions.find(extension => extension instanceof x509.SubjectAlternativeNameExtension);
      const keyUse = keyUsages(usages, x509.KeyUsageFlags);
      const now = clock.now();
      const signed = await x509.X509CertificateGenerator.create({
        serialNumber: Buffer.from(random.bytes(16)).toString('hex'),
        subject: parsed.subjectName,
        issuer: issuer.subjectName,
        notBefore: new Date(now - BACKDATE),
        notAfter: new Date(now + seconds * 1000),
        publicKey: parsed.publicKey,
        signingKey,
        signingAlgorithm: EC,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          // One without any usage is no valid certificate for OpenSSL.
          ...(keyUse === 0 ? [] : [new x509.KeyUsagesExtension(keyUse, true)]),
          new x509.ExtendedKeyUsageExtension(usages.flatMap(usage => EXTENDED[usage] ?? [])),
          await authorityId(x509, issuer),
          ...(names ? [names] : []),
        ],
      });
      return `${signed.toString('pem')}\n`;
    },
  };
}

/** The issuer's own identifier, whatever it was made of: OpenSSL takes no other for the issuer's. */
async function authorityId(x509: typeof import('@peculiar/x509'), issuer: X509Certificate): Promise<Extension> {
  const own = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  return own ? new x509.AuthorityKeyIdentifierExtension(own.keyId) : x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey);
}

function keyUsages(usages: readonly string[], flags: {digitalSignature: number; keyEncipherment: number}): number {
  return (
    (usages.includes('digital signature') ? flags.digitalSignature : 0) | (usages.includes('key encipherment') ? flags.keyEncipherment : 0)
  );
}

function pemBytes(pem: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}
