import {DecodeError, NumberLiteral} from './document.ts';

const WORDS: ReadonlyMap<string, boolean | null | number> = new Map<string, boolean | null | number>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(word => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(word => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map(word => [word, null] as const),
  ...['.nan', '.NaN', '.NAN'].map(word => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(word => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map(word => [word, Number.NEGATIVE_INFINITY] as const),
]);

/**
 * What a scalar means in YAML 1.1 as go-yaml v2 resolves it, as it would then stand in JSON: integers keep all their digits (as
 * NumberLiteral where a double cannot), floats are doubles. Throws DecodeError for a tag that does not fit and for what JSON cannot say.
 */
export function resolveScalar(text: string, plain: boolean, tag: string): string | number | boolean | null | NumberLiteral {
  if (tag === '!!binary' || tag === '!<tag:yaml.org,2002:binary>') {
    const digits = text.replace(/[\r\n]/g, '');
    if (digits.length % 4 !== 0 || !/^[A-Za-z\d+/]*={0,2}$/.test(digits))
      throw new DecodeError('yaml: !!binary value contains invalid base64 data');
    return Buffer.from(digits, 'base64').toString();
  }
  if (tag === '!!str' || tag === '!' || (tag === '' && !plain)) return text;
  if (tag !== '' && !TAGS.has(tag)) return text;
  const value = resolvePlain(text);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new DecodeError(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`);
  const kind = kindOf(value);
  if (tag === '!!timestamp' && /^\d{4}-\d\d?-\d\d?([Tt \t]|$)/.test(text)) return text;
  if (tag === '' || TAGS.get(tag) === kind || (TAGS.get(tag) === 'float' && kind === 'int')) return value;
  throw new DecodeError(`yaml: cannot decode !!${kind} \`${text}\` as a ${tag}`);
}

const TAGS: ReadonlyMap<string, string> = new Map([
  ['!!bool', 'bool'],
  ['!!int', 'int'],
  ['!!float', 'float'],
  ['!!null', 'null'],
  ['!!timestamp', 'timestamp'],
]);

function kindOf(value: string | number | boolean | null | NumberLiteral): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  return value instanceof NumberLiteral || Number.isInteger(value) ? 'int' : 'float';
}

function resolvePlain(text: string): string | number | boolean | null | NumberLiteral {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.\d]/.test(text)) return text;
  const digits = text.replaceAll('_', '');
  const integer = integerOf(digits);
  if (integer !== undefined) return Number.isSafeInteger(Number(integer)) ? Number(integer) : new NumberLiteral(String(integer));
  if (/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(digits) && Number.isFinite(Number(digits))) return floatOf(Number(digits));
  return text;
}

/** strconv.ParseInt with base 0: `0x`, `0o`, `0b` and a leading `0` for octal; within 64 bits. */
function integerOf(text: string): bigint | undefined {
  const match = /^([-+]?)(0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9]\d*)$/.exec(text);
  if (!match) return undefined;
  const [, sign, digits] = match as unknown as [string, string, string];
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = sign === '-' ? -magnitude : magnitude;
  return value >= -(2n ** 63n) && value < 2n ** 64n ? value : undefined;
}

/** A double as Go writes it to JSON; whole ones lose their fraction, so `1.0` fits an integer field. */
const floatOf = (value: number): number | NumberLiteral =>
  Number.isInteger(value) && Math.abs(value) < 1e21 && !Number.isSafeInteger(value) ? new NumberLiteral(BigInt(value).toString()) : value;
