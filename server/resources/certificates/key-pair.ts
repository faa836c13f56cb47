import type {KeyObject} from 'node:crypto';
import {createPrivateKey, X509Certificate} from 'node:crypto';
import {pemBlocks} from './pem.ts';

/** What is wrong with a certificate and its key, in base64 of PEM as a Secret holds them (tls.X509KeyPair); undefined: nothing. */
export function keyPairError(certificate: string, key: string): string | undefined {
  const [found, foundKey] = [pemBlocks(certificate), pemBlocks(key)];
  const leaf = found.find(({type}) => type === 'CERTIFICATE');
  if (!leaf) return noCertificate(found.map(({type}) => type));
  const own = foundKey.findIndex(({type}) => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY'));
  if (own < 0) return noKey(foundKey.map(({type}) => type));
  const x509 = parsed(() => new X509Certificate(leaf.der));
  if (!x509) return 'x509: malformed certificate';
  const privateKey = readKey(foundKey[own]!.der);
  if (!privateKey) return 'tls: failed to parse private key';
  if (x509.publicKey.asymmetricKeyType !== privateKey.asymmetricKeyType) return 'tls: private key type does not match public key type';
  return x509.checkPrivateKey(privateKey) ? undefined : 'tls: private key does not match public key';
}

const list = (types: readonly string[]): string => `[${types.join(' ')}]`;

function noCertificate(types: readonly string[]): string {
  if (types.length === 0) return 'tls: failed to find any PEM data in certificate input';
  if (types.length === 1 && types[0]!.endsWith('PRIVATE KEY'))
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
  return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: ${list(types)}`;
}

function noKey(types: readonly string[]): string {
  if (types.length === 0) return 'tls: failed to find any PEM data in key input';
  if (types.length === 1 && types[0] === 'CERTIFICATE') return 'tls: found a certificate rather than a key in the PEM for the private key';
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: ${list(types)}`;
}

const readKey = (der: Buffer): KeyObject | undefined =>
  (['pkcs1', 'pkcs8', 'sec1'] as const)
    .map(type => parsed(() => createPrivateKey({key: der, format: 'der', type})))
    .find(key => key !== undefined);

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
