import {signedRequestError} from './request.ts';

/** The blocks of a PEM text (base64 of it, as in JSON): their types and whether their content is base64. */
export function pemBlocks(base64: string): {type: string; der: Buffer}[] {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  const found = text.matchAll(/-----BEGIN ([^-\n]+)-----\r?\n(?:[^\n:]+:[^\n]*\n)*([A-Za-z0-9+/=\s]*?)-----END \1-----/g);
  return [...found].map(([, type, body]) => ({type: type!, der: Buffer.from(body!, 'base64')}));
}

/** What is wrong with `spec.request` (ParseCSR); undefined: nothing. */
export function requestError(base64: string): string | undefined {
  const [first] = pemBlocks(base64);
  if (first?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return signedRequestError(first.der);
}

/** What is wrong with `status.certificate`; undefined: nothing. */
export function certificateError(base64: string): string | undefined {
  const all = pemBlocks(base64);
  if (!all.some(({type}) => type === 'CERTIFICATE')) return 'must contain at least one CERTIFICATE PEM block';
  const other = all.find(({type}) => type !== 'CERTIFICATE');
  return other ? `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(other.type)}` : undefined;
}

/** What is wrong with a caBundle (cert.ParseCertsPEM); undefined: nothing. */
export function bundleError(base64: string): string | undefined {
  const failed = 'unable to load root certificates: ';
  const all = pemBlocks(base64);
  if (all.length === 0) return `${failed}unable to parse bytes as PEM block`;
  return all.some(({type}) => type === 'CERTIFICATE') ? undefined : `${failed}data does not contain any valid RSA or ECDSA certificates`;
}
