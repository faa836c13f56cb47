/**
 * The little of DER (X.690) that a certificate is written with. A library for X.509 takes longer to load than the whole server may
 * take to start.
 */
export type Der = Buffer;

export const sequence = (...items: Der[]): Der => element(0x30, ...items);
export const set = (...items: Der[]): Der => element(0x31, ...items);
export const octetString = (content: Der): Der => element(0x04, content);
export const utf8String = (text: string): Der => element(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Der => element(0x01, Buffer.from([value ? 0xff : 0]));
export const bitString = (content: Der, unusedBits = 0): Der => element(0x03, Buffer.from([unusedBits]), content);
/** Context-specific and constructed: `[number] EXPLICIT`. */
export const explicit = (number: number, ...items: Der[]): Der => element(0xa0 | number, ...items);
/** Context-specific and primitive: `[number] IMPLICIT`. */
export const implicit = (number: number, content: Der): Der => element(0x80 | number, content);

/** A positive integer of any length, most significant byte first. */
export function integer(bytes: Uint8Array): Der {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = Buffer.from(bytes.subarray(start));
  return element(0x02, (digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

/** An object identifier in dotted form. */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return element(0x06, Buffer.from(bytes));
}

/** RFC 5280 §4.1.2.5: two-digit years up to 2049, four-digit ones from then on. `text` is RFC 3339 in UTC and whole seconds. */
export function time(text: string): Der {
  const digits = `${text.replace(/[-:TZ]/g, '')}Z`;
  return Number(text.slice(0, 4)) < 2050 ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits));
}

function element(tag: number, ...parts: Der[]): Der {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(length)]), ...parts]);
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let left = length; left > 0; left >>>= 8) bytes.unshift(left & 0xff);
  return [0x80 | bytes.length, ...bytes];
}
