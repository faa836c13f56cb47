const SEQUENCE = 0x30;
// 2.5.4.3 and 2.5.4.10
const TYPES = {commonName: '550403', organization: '55040a'} as const;

/** What the subject of a PEM certificate request (RFC 2986 §4), given in base64, says of one type; [] if it cannot be read. */
export function subjectNames(request: string, wanted: keyof typeof TYPES): string[] {
  const pem = Buffer.from(request, 'base64').toString('latin1');
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]*?)-----END/.exec(pem)?.[1];
  if (body === undefined) return [];
  const [outer] = elements(Buffer.from(body, 'base64'));
  const [info] = elements(outer?.content);
  const [, subject] = elements(info?.content);
  if (subject?.tag !== SEQUENCE) return [];
  return elements(subject.content)
    .flatMap(set => elements(set.content))
    .flatMap(pair => {
      const [type, value] = elements(pair.content);
      return type?.content.toString('hex') === TYPES[wanted] && value ? [value.content.toString('utf8')] : [];
    });
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The DER elements that lie one after the other in some bytes; what is cut off is left out. */
function elements(bytes: Buffer | undefined): Element[] {
  const found: Element[] = [];
  for (let at = 0; bytes !== undefined && at + 1 < bytes.length; ) {
    const tag = bytes[at]!;
    let length = bytes[at + 1]!;
    let start = at + 2;
    if (length > 0x80) {
      const size = length & 0x7f;
      if (size > 4 || start + size > bytes.length) return found;
      length = bytes.readUIntBE(start, size);
      start += size;
    }
    if (start + length > bytes.length) return found;
    found.push({tag, content: bytes.subarray(start, start + length)});
    at = start + length;
  }
  return found;
}
