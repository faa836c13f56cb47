import type {Json} from '../api/json.ts';
import {canonicalQuantity, QuantityError} from '../api/quantity.ts';
import {canonicalMicroTime, canonicalTime, TimeError} from '../api/time.ts';
import type {Parsed} from './document.ts';
import {isLiteral, type NumberLiteral} from './document.ts';
import type {ScalarType} from './schema.ts';

/**
 * A scalar in canonical form, or why it is none: `misfit` names what the text holds (`string`, `number 1.5`), `error` is a whole message.
 * `fatal`: decoding ends there, as it does for types that decode themselves.
 */
export type ScalarRead =
  | {readonly value: Json}
  | {readonly misfit: string; readonly goType?: string; readonly fatal?: boolean; readonly error?: undefined}
  | {readonly error: string; readonly misfit?: undefined; readonly goType?: undefined; readonly fatal?: boolean};

/** What a parsed value is called in type errors. */
export function kindOf(value: Parsed): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || isLiteral(value)) return 'number';
  return Array.isArray(value) ? 'array' : 'object';
}

/** A scalar's zero value as it is written. */
export function zeroScalar(type: ScalarType): Json {
  return ZEROS[type] ?? null;
}

const ZEROS: {readonly [type in ScalarType]?: Json} = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: '0',
  intOrString: 0,
  duration: '0s',
  schemaOrBool: false,
};

/** Reads a value that is not null. `any`, strings, booleans and the JSON schema forms are not read here. */
export function scalarValue(type: ScalarType, value: Parsed): ScalarRead {
  switch (type) {
    case 'int32':
    case 'int64':
      return integer(value, type);
    case 'double':
      return float(value);
    case 'bytes':
      return bytes(value);
    case 'quantity':
      return quantity(value);
    case 'intOrString':
      return typeof value === 'string' ? {value} : fatal(integer(value, 'int32'), 'int32');
    case 'time':
      return time(value, canonicalTime);
    case 'microTime':
      return time(value, canonicalMicroTime);
    case 'duration':
      return typeof value === 'string' ? {value} : {misfit: kindOf(value), goType: 'string', fatal: true};
    default:
      return {value};
  }
}

const numberText = (value: Parsed): string | undefined => {
  if (typeof value === 'number') return String(value);
  return isLiteral(value) ? (value as unknown as NumberLiteral).text : undefined;
};

/** Most numbers are: what follows is for the others. -0 is one, too. */
export const isInt32 = (value: Parsed): value is number => typeof value === 'number' && (value | 0) === value;

const LIMITS = {int32: 2n ** 31n, int64: 2n ** 63n};

function integer(value: Parsed, type: 'int32' | 'int64'): ScalarRead {
  if (isInt32(value)) return {value: value | 0};
  const text = numberText(value);
  if (text === undefined) return {misfit: kindOf(value)};
  if (/^-?\d+$/.test(text)) {
    const number = BigInt(text);
    if (number >= -LIMITS[type] && number < LIMITS[type]) return {value: Number(number)};
  }
  return {misfit: `number ${text}`};
}

function float(value: Parsed): ScalarRead {
  const text = numberText(value);
  if (text === undefined) return {misfit: kindOf(value)};
  return Number.isFinite(Number(text)) ? {value: Number(text)} : {misfit: `number ${text}`};
}

const fatal = (read: ScalarRead, goType: string): ScalarRead =>
  'misfit' in read && read.misfit !== undefined ? {misfit: read.misfit, goType, fatal: true} : read;

/** base64 in its one form; encoding/base64 skips line breaks and names the first bad byte. */
function bytes(value: Parsed): ScalarRead {
  if (Array.isArray(value)) return byteList(value);
  if (typeof value !== 'string') return {misfit: kindOf(value)};
  if (/^(?:[A-Za-z0-9+/]{4})*$/.test(value)) return {value};
  const text = value.replace(/[\r\n]/g, '');
  const wrong = badBase64(value);
  return wrong === undefined
    ? {value: Buffer.from(text, 'base64').toString('base64')}
    : {error: `illegal base64 data at input byte ${wrong}`};
}

/** The offset at which encoding/base64 gives up, or undefined. */
function badBase64(text: string): number | undefined {
  let filled = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === '\n' || character === '\r') continue;
    if (character !== '=') {
      if (!/[A-Za-z0-9+/]/.test(character)) return index;
      filled = (filled + 1) % 4;
      continue;
    }
    if (filled < 2) return index;
    let next = index + 1;
    const skip = (): void => {
      while (text[next] === '\n' || text[next] === '\r') next++;
    };
    skip();
    if (filled === 2) {
      if (next >= text.length) return text.length;
      if (text[next] !== '=') return next;
      next++;
      skip();
    }
    return next < text.length ? next : undefined;
  }
  return filled === 0 ? undefined : text.replace(/[\r\n]+$/, '').length - filled;
}

/** Go reads a list of numbers into bytes too. */
function byteList(value: Parsed[]): ScalarRead {
  const numbers: number[] = [];
  for (const item of value) {
    if (item === null) numbers.push(0);
    else if (typeof item === 'number' && Number.isInteger(item) && item >= 0 && item < 256) numbers.push(item);
    else return {misfit: numberText(item) === undefined ? kindOf(item) : `number ${numberText(item)}`, goType: 'uint8'};
  }
  return {value: Buffer.from(numbers).toString('base64')};
}

function quantity(value: Parsed): ScalarRead {
  const text = typeof value === 'string' ? value.trim() : (numberText(value) ?? JSON.stringify(value));
  try {
    return {value: canonicalQuantity(text)};
  } catch (error) {
    if (error instanceof QuantityError) return {error: error.message, fatal: true};
    throw error;
  }
}

function time(value: Parsed, read: (text: string) => string): ScalarRead {
  if (typeof value !== 'string') return {misfit: kindOf(value), goType: 'string', fatal: true};
  try {
    const text = read(value);
    // Go's zero time, whatever it was written as, is null.
    return {value: text.startsWith('0001-01-01T00:00:00') && /^[^.]*(\.0*)?Z$/.test(text) ? null : text};
  } catch (error) {
    if (error instanceof TimeError) return {error: error.message, fatal: true};
    throw error;
  }
}
