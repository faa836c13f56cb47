/** The blocks of a PEM text (base64 of it, as in JSON): their types and whether their content is base64. */
function blocks(base64: string): {type: string; der: Buffer}[] {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  const found = text.matchAll(/-----BEGIN ([^-\n]+)-----\r?\n(?:[^\n:]+:[^\n]*\n)*([A-Za-z0-9+/=\s]*?)-----END \1-----/g);
  return [...found].map(([, type, body]) => ({type: type!, der: Buffer.from(body!, 'base64')}));
}

/** What is wrong with `spec.request` (ParseCSR); undefined: nothing. */
export function requestError(base64: string): string | undefined {
  const [first] = blocks(base64);
  if (first?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return isSequence(first.der) ? undefined : "asn1: structure error: tags don't match";
}

/** What is wrong with `status.certificate`; undefined: nothing. */
export function certificateError(base64: string): string | undefined {
  const all = blocks(base64);
  if (!all.some(({type}) => type === 'CERTIFICATE')) return 'must contain at least one CERTIFICATE PEM block';
  const other = all.find(({type}) => type !== 'CERTIFICATE');
  return other ? `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(other.type)}` : undefined;
}

/** DER of a SEQUENCE that is as long as it says. */
function isSequence(der: Buffer): boolean {
  if (der[0] !== 0x30 || der.length < 2) return false;
  const short = der[1]!;
  if (short < 0x80) return der.length === short + 2;
  const count = short & 0x7f;
  return der.length === der.readUIntBE(2, Math.min(count, 6)) + 2 + count;
}

/** What is wrong with a caBundle (cert.ParseCertsPEM); undefined: nothing. */
export function bundleError(base64: string): string | undefined {
  const failed = 'unable to load root certificates: ';
  const all = blocks(base64);
  if (all.length === 0) return `${failed}unable to parse bytes as PEM block`;
  return all.some(({type}) => type === 'CERTIFICATE') ? undefined : `${failed}data does not contain any valid RSA or ECDSA certificates`;
}
