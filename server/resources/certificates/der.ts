/** A value of DER: its tag byte, its content, and all of it. */
export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

/** Bytes that are no DER; the message is encoding/asn1's. */
export class DerError extends Error {}

export const SEQUENCE = 0x30;

/** The value at the beginning of `bytes`, and what is left of them. */
export function readDer(bytes: Buffer): [value: Der, rest: Buffer] {
  if (bytes.length === 0) throw new DerError('asn1: syntax error: sequence truncated');
  const [start, length] = header(bytes);
  if (start + length > bytes.length) throw new DerError('asn1: syntax error: data truncated');
  const end = start + length;
  return [{tag: bytes[0]!, content: bytes.subarray(start, end), whole: bytes.subarray(0, end)}, bytes.subarray(end)];
}

/** All values in a constructed one. */
export function childrenOf({content}: Der): Der[] {
  const children: Der[] = [];
  for (let rest = content; rest.length > 0; ) {
    const [child, after] = readDer(rest);
    children.push(child);
    rest = after;
  }
  return children;
}

/** Where the content begins and how long it says it is. */
function header(bytes: Buffer): [start: number, length: number] {
  const short = bytes[1];
  if (short === undefined) throw new DerError('asn1: syntax error: truncated tag or length');
  if (short < 0x80) return [2, short];
  const count = short & 0x7f;
  if (count === 0) throw new DerError('asn1: syntax error: indefinite length found (not DER)');
  if (count > 4) throw new DerError('asn1: structure error: length too large');
  if (bytes.length < 2 + count) throw new DerError('asn1: syntax error: truncated tag or length');
  return [2 + count, bytes.readUIntBE(2, count)];
}

const PARAMETERS =
  '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}';

/** The one SEQUENCE that `bytes` are; `type` is what Go calls it. */
export function readSequence(bytes: Buffer, type: string): Der {
  if (bytes.length > 1 && bytes[0] !== SEQUENCE) {
    const [start, length] = header(bytes);
    const found = `{class:${bytes[0]! >> 6} tag:${bytes[0]! & 0x1f} length:${length} isCompound:${(bytes[0]! & 0x20) !== 0}}`;
    throw new DerError(`asn1: structure error: tags don't match (16 vs ${found}) ${PARAMETERS} ${type} @${start}`);
  }
  const [value, rest] = readDer(bytes);
  if (rest.length > 0) throw new DerError('asn1: syntax error: trailing data');
  return value;
}
