import {formatDuration, formatTimestamp} from '../time-values.ts';
import type {CelError, Value} from '../values.ts';
import {failure, isTagged, typeName} from '../values.ts';
import {formatDouble} from './numbers.ts';

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
    const clause = /^%(?:%|(?:\.(\d+))?(.))/su.exec(text.slice(percent));
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
  if (used < args.length) return failure(`too many arguments supplied to string.format (expected ${used}, got ${args.length})`);
  return result + text.slice(position);
}

const wrong = (clause: string, on: string, value: Value): CelError =>
  failure(`error during formatting: ${clause} clause can only be used on ${on}, was given ${typeName(value)}`);

function formatClause(value: Value, verb: string, precision: number | undefined): string | CelError {
  switch (verb) {
    case 's':
      return describe(value, false);
    case 'd': {
      const number = integerOf(value);
      if (number !== undefined) return String(number);
      if (typeof value === 'number' && !Number.isFinite(value)) return infinite(value);
      return wrong('decimal', 'integers', value);
    }
    case 'f': {
      const number = doubleOf(value);
      if (number === undefined) return wrong('fixed-point', 'doubles', value);
      return Number.isFinite(number) ? number.toFixed(precision ?? DEFAULT_PRECISION) : infinite(number);
    }
    case 'e': {
      const number = doubleOf(value);
      if (number === undefined) return wrong('scientific', 'doubles', value);
      return Number.isFinite(number) ? scientific(number) : infinite(number);
    }
    case 'b': {
      if (typeof value === 'boolean') return value ? '1' : '0';
      return integerOf(value)?.toString(2) ?? wrong('binary', 'integers and bools', value);
    }
    case 'x':
    case 'X': {
      const digits =
        integerOf(value)?.toString(16) ??
        (typeof value === 'string' || value instanceof Uint8Array ? Buffer.from(value as string).toString('hex') : undefined);
      if (digits === undefined) return wrong('hex', 'integers, byte buffers, and strings', value);
      return verb === 'X' ? digits.toUpperCase() : digits;
    }
    case 'o':
      return integerOf(value)?.toString(8) ?? wrong('octal', 'integers', value);
    default:
      return failure(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

const integerOf = (value: Value): bigint | undefined =>
  typeof value === 'bigint' ? value : isTagged(value, 'uint') ? value.value : undefined;

function doubleOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  const integer = integerOf(value);
  if (integer !== undefined) return Number(integer);
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
  if (typeof value === 'number') return Number.isFinite(value) ? formatDouble(value) : infinite(value);
  if (value instanceof Uint8Array) return nested ? JSON.stringify(Buffer.from(value).toString()) : Buffer.from(value).toString();
  switch (value.kind) {
    case 'uint':
      return String(value.value);
    case 'timestamp':
      return nested ? `timestamp(${JSON.stringify(formatTimestamp(value))})` : formatTimestamp(value);
    case 'duration':
      return nested ? `duration(${JSON.stringify(formatDuration(value))})` : formatDuration(value);
    case 'type':
      return value.name;
    case 'list': {
      const items = value.items.map(item => describe(item, true));
      return items.find(item => typeof item !== 'string') ?? `[${items.join(', ')}]`;
    }
    case 'map':
      return describeMap([...value.entries.values()]);
    case 'object':
      return describeMap(value.fields().map(name => [name, value.get(name)!]));
    default:
      return wrong('string', 'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps', value);
  }
}

function describeMap(entries: (readonly [Value, Value])[]): string | CelError {
  const parts: string[] = [];
  for (const [key, own] of entries) {
    const [name, text] = [describe(key, true), describe(own, true)];
    if (typeof name !== 'string') return name;
    if (typeof text !== 'string') return text;
    parts.push(`${name}:${text}`);
  }
  return `{${parts.sort().join(', ')}}`;
}
