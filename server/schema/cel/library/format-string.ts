import {formatDuration, formatTimestamp} from '../time-values.ts';
import type {CelError, Value} from '../values.ts';
import {failure, isTagged, typeName} from '../values.ts';
import {formatDouble} from './numbers.ts';
import {bytesToString} from './standard.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const DEFAULT_PRECISION = 6;

/** `'%s is %d'.format([…])` (cel-go ext/formatting.go). */
export function formatString(text: string, args: readonly Value[]): Value {
  let result = '';
  let used = 0;
  let position = 0;
  while (position < text.length) {
    const percent = text.indexOf('%', position);
    if (percent < 0) break;
    result += text.slice(position, percent);
    const clause = CLAUSE.exec(text.slice(percent));
    if (!clause) return failure('unexpected end of string');
    position = percent + clause[0].length;
    if (clause[2] === undefined) {
      result += '%';
      continue;
    }
    if (used >= args.length) return failure(`index ${used} out of range`);
    const formatted = formatClause(args[used++]!, clause[2], clause[1] === undefined ? undefined : Number(clause[1]));
    if (typeof formatted !== 'string') return formatted;
    result += formatted;
  }
  if (used < args.length) return failure(tooManyArguments(used, args.length));
  return result + text.slice(position);
}

const TAKERS: {readonly [verb: string]: string} = {
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  d: 'decimal clause can only be used on integers',
  f: 'fixed-point clause can only be used on doubles',
  e: 'scientific clause can only be used on doubles',
  b: 'only integers and bools can be formatted as binary',
  x: 'only integers, byte buffers, and strings can be formatted as hex',
  o: 'octal clause can only be used on integers',
};

/** What a clause says of a value of a type that it does not take. */
export const refusal = (verb: string, given: string): string =>
  `error during formatting: ${TAKERS[verb === 'X' ? 'x' : verb]}, was given ${given}`;

export const unrecognized = (verb: string): string => `could not parse formatting clause: unrecognized formatting clause "${verb}"`;

export const tooManyArguments = (expected: number, given: number): string =>
  `too many arguments supplied to string.format (expected ${expected}, got ${given})`;

/** A clause or a plain `%` at the start of a text; the letter is missing for the latter. */
export const CLAUSE = /^%(?:%|(?:\.(\d+))?(.))/su;

const wrong = (verb: string, given: string): CelError => failure(refusal(verb, given));

function formatClause(value: Value, verb: string, precision: number | undefined): string | CelError {
  switch (verb) {
    case 's':
      return describe(value, false);
    case 'd': {
      const number = integerOf(value);
      return number === undefined ? wrong('d', typeName(value)) : String(number);
    }
    case 'f': {
      const number = doubleOf(value);
      if (number === undefined) return wrong('f', typeName(value));
      return Number.isFinite(number) ? number.toFixed(precision ?? DEFAULT_PRECISION) : infinite(number);
    }
    case 'e': {
      const number = doubleOf(value);
      if (number === undefined) return wrong('e', typeName(value));
      return Number.isFinite(number) ? scientific(number) : infinite(number);
    }
    case 'b': {
      if (typeof value === 'boolean') return value ? '1' : '0';
      return integerOf(value)?.toString(2) ?? wrong('b', typeName(value));
    }
    case 'x':
    case 'X': {
      const digits =
        integerOf(value)?.toString(16) ??
        (typeof value === 'string' || value instanceof Uint8Array ? Buffer.from(value as string).toString('hex') : undefined);
      if (digits === undefined) return wrong('x', typeName(value));
      return verb === 'X' ? digits.toUpperCase() : digits;
    }
    case 'o':
      return integerOf(value)?.toString(8) ?? wrong('o', typeName(value));
    default:
      return failure(unrecognized(verb));
  }
}

const integerOf = (value: Value): bigint | undefined =>
  typeof value === 'bigint' ? value : isTagged(value, 'uint') ? value.value : undefined;

function doubleOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined;
}

const infinite = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞');

/** Six digits whatever the precision asked for, and the exponent in superscripts: the real one does so. */
function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(DEFAULT_PRECISION).split('e') as [string, string];
  const digits = exponent.replace(/^[+-]/, '').padStart(2, '0');
  return `${mantissa}×10${exponent.startsWith('-') ? '⁻' : ''}${[...digits].map(digit => SUPERSCRIPTS[Number(digit)]).join('')}`;
}

function describe(value: Value, nested: boolean): string | CelError {
  if (value === null) return 'null';
  if (typeof value === 'string') return nested ? JSON.stringify(value) : value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return nested && Number.isFinite(value) ? value.toFixed(DEFAULT_PRECISION) : formatDouble(value);
  if (value instanceof Uint8Array) return describeBytes(value, nested);
  switch (value.kind) {
    case 'uint':
      return String(value.value);
    case 'timestamp':
      return nested ? `timestamp(${JSON.stringify(formatTimestamp(value))})` : formatTimestamp(value);
    case 'duration':
      return nested ? `duration(${JSON.stringify(formatDuration(value))})` : formatDuration(value);
    case 'type':
      return nested ? `type(${value.name})` : value.name;
    case 'list': {
      const items = value.items.map(item => describe(item, true));
      return items.find(item => typeof item !== 'string') ?? `[${items.join(', ')}]`;
    }
    case 'map':
      return describeMap([...value.entries.values()]);
    case 'object':
      return describeMap(value.fields().map(name => [name, value.get(name)!]));
    default:
      return wrong('s', typeName(value));
  }
}

function describeBytes(value: Uint8Array, nested: boolean): string | CelError {
  const text = bytesToString(value);
  if (typeof text === 'string') return nested ? JSON.stringify(text) : text;
  return failure(`error during formatting: could not convert argument ${JSON.stringify((text as CelError).message)} to string`);
}

const isMapKey = (key: Value): boolean => typeof key === 'string' || typeof key === 'boolean' || integerOf(key) !== undefined;

function describeMap(entries: (readonly [Value, Value])[]): string | CelError {
  const parts: string[] = [];
  for (const [key, own] of entries) {
    if (!isMapKey(key)) return failure(`error during formatting: no formatting function for map key of type ${typeName(key)}`);
    const [name, text] = [describe(key, true), describe(own, true)];
    if (typeof name !== 'string') return name;
    if (typeof text !== 'string') return text;
    parts.push(`${name}:${text}`);
  }
  return `{${parts.sort().join(', ')}}`;
}
