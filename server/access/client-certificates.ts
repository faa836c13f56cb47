import {X509Certificate} from 'node:crypto';
import type {Clock} from '../api/clock.ts';

/** What a client showed in the TLS handshake: it has the key to the first of the chain, and nothing more is known. */
export interface ClientCertificate {
  /** The client's own, then those that came with it. */
  readonly chain: readonly X509Certificate[];
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Of the subject, under Kubernetes' own object identifier; more than one, or an empty one, is no good. */
  readonly uids: readonly string[];
  /** SHA-256 of its DER, in hexadecimal. */
  readonly fingerprint: string;
}

/** Does one of the authorities stand behind the certificate now, for clients? */
export type TrustCertificate = (certificate: ClientCertificate) => boolean;

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';
const UID = '1.3.6.1.4.1.57683.2';
const LONGEST_CHAIN = 10;

/** When a chain is valid, in milliseconds of cluster time. */
interface Validity {
  readonly from: number;
  readonly until: number;
}

/** Trusts what leads to the authorities in `pem` (Go's x509.Certificate.Verify with ExtKeyUsageClientAuth). Throws where that is no PEM. */
export function createCertificateTrust(pem: string, clock: Clock): TrustCertificate {
  const roots = readCertificates(pem);
  // Signatures do not change; whether it is time does.
  const known = new WeakMap<ClientCertificate, {validity: Validity | undefined}>();
  return certificate => {
    let entry = known.get(certificate);
    if (entry === undefined) {
      entry = {validity: validityOf(certificate.chain, roots)};
      known.set(certificate, entry);
    }
    const now = clock.now();
    return entry.validity !== undefined && now >= entry.validity.from && now <= entry.validity.until;
  };
}

/** Every certificate of a PEM text. Throws where there is none, or one cannot be read. */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('no certificate found');
  return blocks.map(block => new X509Certificate(block));
}

/** Reads what a TLS connection's peer showed. */
export function describeCertificate(own: X509Certificate): ClientCertificate {
  const chain = [own];
  for (let next = own.issuerCertificate; next !== undefined && chain.length < LONGEST_CHAIN; next = next.issuerCertificate) {
    if (chain.some(({fingerprint256}) => fingerprint256 === next!.fingerprint256)) break;
    chain.push(next);
  }
  // Node gives an attribute that comes several times as a list, a single one as a string.
  const subject = own.toLegacyObject().subject as unknown as {readonly [type: string]: string | string[] | undefined};
  const values = (type: string): string[] => [subject[type] ?? []].flat();
  return {
    chain,
    commonName: values('CN').at(-1) ?? '',
    organizations: values('O'),
    uids: values(UID),
    fingerprint: own.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

function validityOf([leaf, ...others]: readonly X509Certificate[], roots: readonly X509Certificate[]): Validity | undefined {
  const path = leaf && pathFrom([leaf], others, roots);
  return path?.every(allowsClients) ? path.map(ownValidity).reduce(overlap) : undefined;
}

/** From the certificate to one of the roots. */
function pathFrom(
  path: readonly X509Certificate[],
  others: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): readonly X509Certificate[] | undefined {
  const last = path.at(-1)!;
  const root = roots.find(candidate => isIssuedBy(last, candidate));
  if (root) return [...path, root];
  for (const next of others) {
    const rest = others.filter(other => other !== next);
    const found = isIssuedBy(last, next) ? pathFrom([...path, next], rest, roots) : undefined;
    if (found) return found;
  }
  return undefined;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return issuer.ca && certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
  } catch {
    // A key of a kind that cannot have signed it.
    return false;
  }
}

/** Certificates that name no usage may be used for anything. */
const allowsClients = ({keyUsage}: X509Certificate): boolean =>
  keyUsage === undefined || keyUsage.includes(CLIENT_AUTH) || keyUsage.includes(ANY_USAGE);

const ownValidity = ({validFrom, validTo}: X509Certificate): Validity => ({from: Date.parse(validFrom), until: Date.parse(validTo)});

const overlap = (a: Validity, b: Validity): Validity => ({from: Math.max(a.from, b.from), until: Math.min(a.until, b.until)});
