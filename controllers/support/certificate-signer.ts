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
/** The bits of X.509's key usage, by the names of the API. */
const KEY_USAGES: {[usage: string]: number} = {
  signing: 1,
  'digital signature': 1,
  'content commitment': 2,
  'key encipherment': 4,
  'data encipherment': 8,
  'key agreement': 16,
  'cert sign': 32,
  'crl sign': 64,
  'encipher only': 128,
  'decipher only': 256,
};
/** In the order in which certificates list them. */
const EXTENDED_USAGES: {[usage: string]: string} = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};
/** How far back a certificate is valid, for clocks that are behind. */
const BACKDATE = 300_000;
/** Certificates for less than this are valid as long as asked from now on; others from the backdated start. */
const SHORT = 8 * 3_600_000;

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
      const keyUse = usages.reduce((bits, usage) => bits | (KEY_USAGES[usage] ?? 0), 0);
      const extended = Object.keys(EXTENDED_USAGES).flatMap(usage => (usages.includes(usage) ? [EXTENDED_USAGES[usage]!] : []));
      const now = clock.now();
      const validity = seconds * 1000;
      const end = now + validity - (validity < SHORT ? 0 : BACKDATE);
      const signed = await x509.X509CertificateGenerator.create({
        serialNumber: Buffer.from(random.bytes(16)).toString('hex'),
        subject: parsed.subjectName,
        issuer: issuer.subjectName,
        notBefore: new Date(now - BACKDATE),
        notAfter: new Date(Math.min(end, issuer.notAfter.getTime())),
        publicKey: parsed.publicKey,
        signingKey,
        signingAlgorithm: EC,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          // An extension without any usage makes no valid certificate for OpenSSL.
          ...(keyUse === 0 ? [] : [new x509.KeyUsagesExtension(keyUse, true)]),
          ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension([...new Set(extended)])]),
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

function pemBytes(pem: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}
