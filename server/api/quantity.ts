/**
 * resource.Quantity (k8s.io/apimachinery/pkg/api/resource): exact numbers with a suffix, and the one text they are stored as.
 * The value is `unscaled * 10^-scale`; the format decides which suffixes it is printed with.
 */
export interface Quantity {
  readonly unscaled: bigint;
  readonly scale: number;
  readonly format: QuantityFormat;
  /** The text it was read from where that is kept as it is (upstream does not canonicalize what it reads on its quick path). */
  readonly text?: string;
  /** Held as a 64-bit integer, where too large a value in some unit is 0; others wrap around. */
  readonly quick?: true;
}

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** Text that is no quantity; the message is upstream's. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

/** Reads a quantity; throws QuantityError. */
export function parseQuantity(text: string): Quantity {
  const match = PATTERN.exec(text);
  if (!match || text === '') throw new QuantityError(FORMAT_WRONG);
  const [, sign, whole, denominator = '', suffix] = match as unknown as [string, string, string, string | undefined, string];
  const {base, exponent, format} = interpretSuffix(suffix);
  const number = whole.replace(/^0+/, '') || '0';
  if (quick(number, denominator, base, exponent)) {
    const digits = number + denominator;
    const scale = base === 10 ? denominator.length - exponent : denominator.length;
    const unscaled = BigInt(digits) << BigInt(base === 2 ? exponent : 0);
    if (unscaled <= MAX_INT64) {
      const signed = sign === '-' ? -unscaled : unscaled;
      const kept = base === 2 ? (BigInt(digits) & 7n) !== 0n : scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0';
      return {unscaled: signed, scale, format, quick: true, ...(kept && {text})};
    }
  }
  if (whole === '' && denominator === '') throw new QuantityError('unable to parse numeric part of quantity');
  return exact(sign === '-', number + denominator, denominator.length, base, exponent, format);
}

/** The text a quantity is stored and shown as (Quantity.String). */
export const formatQuantity = (quantity: Quantity): string => quantity.text ?? canonical(quantity);

/** What reading and writing makes of a text: `0.5` → `500m`, `1024Mi` → `1Gi`, `1500m` stays. Throws QuantityError. */
export const canonicalQuantity = (text: string): string => formatQuantity(parseQuantity(text));

/** Negative, 0 or positive, as `a` is less than, equal to or greater than `b`. */
export function compareQuantity(a: string | Quantity, b: string | Quantity): number {
  const [x, y] = aligned(asQuantity(a), asQuantity(b));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** -1, 0 or 1. */
export function quantitySign(value: string | Quantity): number {
  const {unscaled} = asQuantity(value);
  return unscaled < 0n ? -1 : unscaled > 0n ? 1 : 0;
}

/** `a + b` as text, in the format of `a` (of `b` where `a` is zero). */
export const addQuantity = (a: string, b: string): string => combined(a, b, (x, y) => x + y);

/** `a - b` as text, in the format of `a` (of `b` where `a` is zero). */
export const subtractQuantity = (a: string, b: string): string => combined(a, b, (x, y) => x - y);

/** `a * factor` as text. */
export function multiplyQuantity(a: string, factor: number): string {
  const {unscaled, scale, format} = parseQuantity(a);
  return canonical({unscaled: unscaled * BigInt(factor), scale, format});
}

/** The value as an integer, fractions rounded away from zero (Quantity.Value). */
export const quantityValue = (value: string | Quantity): number => Number(int64(asQuantity(value), 0));

/** The value in thousandths, fractions rounded away from zero (Quantity.MilliValue). */
export const milliValue = (value: string | Quantity): number => Number(int64(asQuantity(value), 3));

/** Is it a whole number, as upstream finds out: by its thousandths, which overflow from 2^63 on? */
export const isWhole = (value: string | Quantity): boolean => int64(asQuantity(value), 3) % 1000n === 0n;

/** The value as a float (Quantity.AsApproximateFloat64). */
export function toNumber(value: string | Quantity): number {
  const {unscaled, scale} = asQuantity(value);
  return scale >= 0 ? Number(unscaled) / 10 ** scale : Number(unscaled) * 10 ** -scale;
}

/** The text of the value with at most three decimals, rounded away from zero, as resource lists are defaulted. */
export function roundUpToMilli(text: string): string {
  const quantity = parseQuantity(text);
  if (quantity.scale <= 3) return formatQuantity(quantity);
  return canonical({unscaled: scaledTo(quantity, 3), scale: 3, format: quantity.format});
}

/** The text of the value without decimals, rounded away from zero. */
export function roundUp(text: string): string {
  const quantity = parseQuantity(text);
  return quantity.scale <= 0 ? text : canonical({unscaled: scaledTo(quantity, 0), scale: 0, format: quantity.format});
}

/** Canonical text of a whole number of milli-units, e.g. 1500 → `1500m`. */
export const fromMilli = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): string =>
  canonical({unscaled: BigInt(value), scale: 3, format});

/** Canonical text of an integer, e.g. 1048576 in BinarySI → `1Mi`. */
export const fromInteger = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): string =>
  canonical({unscaled: BigInt(value), scale: 0, format});

const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;
const MAX_INT64 = 2n ** 63n - 1n;
const NANO = 9;
// Beyond this an exponent only serves to exhaust memory.
const MAX_EXPONENT = 1000;

const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

interface Suffix {
  base: 2 | 10;
  exponent: number;
  format: QuantityFormat;
}

function interpretSuffix(suffix: string): Suffix {
  const decimal = DECIMAL_SUFFIXES.indexOf(suffix);
  if (decimal >= 0) return {base: 10, exponent: (decimal - 3) * 3, format: 'DecimalSI'};
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (binary >= 0) return {base: 2, exponent: binary * 10, format: 'BinarySI'};
  if (/^[eE][-+]?\d+$/.test(suffix)) {
    const exponent = Number(suffix.slice(1));
    if (Math.abs(exponent) <= MAX_EXPONENT) return {base: 10, exponent, format: 'DecimalExponent'};
  }
  throw new QuantityError("unable to parse quantity's suffix");
}

/** Whether upstream reads it with 64-bit integers, in which case it may keep the text. */
function quick(number: string, denominator: string, base: 2 | 10, exponent: number): boolean {
  if (base === 2) return denominator === '' && 15 - number.length - Math.floor((exponent * 3) / 10) - 1 >= 0;
  return 18 - number.length - denominator.length >= 0 && denominator.length - exponent <= NANO;
}

function exact(negative: boolean, digits: string, decimals: number, base: 2 | 10, exponent: number, format: QuantityFormat): Quantity {
  let unscaled = BigInt(digits);
  let scale = decimals;
  if (base === 2) unscaled <<= BigInt(exponent);
  else scale -= exponent;
  if (scale > NANO) {
    unscaled = divideUp(unscaled, 10n ** BigInt(scale - NANO));
    scale = NANO;
  }
  const one = 10n ** BigInt(Math.max(scale, 0));
  let form = format;
  if (format === 'BinarySI') {
    if (unscaled > MAX_INT64 * one) [unscaled, scale] = [MAX_INT64, 0];
    else if (unscaled > 0n && unscaled < one) form = 'DecimalSI';
  }
  return {unscaled: negative ? -unscaled : unscaled, scale, format: form};
}

function canonical({unscaled, scale, format}: Quantity): string {
  if (unscaled === 0n) return '0';
  if (format === 'BinarySI') {
    const whole = integral(unscaled, scale);
    if (whole !== undefined && (whole <= -1024n || whole >= 1024n)) return base1024(whole);
  }
  return decimal(unscaled, -scale, format === 'DecimalExponent');
}

const integral = (unscaled: bigint, scale: number): bigint | undefined => {
  if (scale <= 0) return unscaled * 10n ** BigInt(-scale);
  const one = 10n ** BigInt(scale);
  return unscaled % one === 0n ? unscaled / one : undefined;
};

function base1024(value: bigint): string {
  let mantissa = value;
  let power = 0;
  while (mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    power++;
  }
  return `${mantissa}${BINARY_SUFFIXES[power] ?? ''}`;
}

function decimal(unscaled: bigint, exponent: number, scientific: boolean): string {
  let mantissa = unscaled;
  let power = exponent;
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    power++;
  }
  while (power % 3 !== 0) {
    mantissa *= 10n;
    power--;
  }
  if (scientific) return power === 0 ? `${mantissa}` : `${mantissa}e${power}`;
  return `${mantissa}${DECIMAL_SUFFIXES[power / 3 + 3] ?? ''}`;
}

const asQuantity = (value: string | Quantity): Quantity => (typeof value === 'string' ? parseQuantity(value) : value);

const aligned = (a: Quantity, b: Quantity): [bigint, bigint] => {
  const scale = Math.max(a.scale, b.scale);
  return [a.unscaled * 10n ** BigInt(scale - a.scale), b.unscaled * 10n ** BigInt(scale - b.scale)];
};

function combined(a: string, b: string, operate: (x: bigint, y: bigint) => bigint): string {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  const [x, y] = aligned(left, right);
  const format = left.unscaled === 0n ? right.format : left.format;
  return canonical({unscaled: operate(x, y), scale: Math.max(left.scale, right.scale), format});
}

/** `value * 10^digits` in 64 bits, which is not the value where that is larger (Quantity.ScaledValue). */
function int64(quantity: Quantity, digits: number): bigint {
  const value = scaledTo(quantity, digits);
  if (BigInt.asIntN(64, value) === value) return value;
  if (quantity.quick) return 0n;
  const power = 10n ** BigInt(Math.max(digits - quantity.scale, 0));
  return power > MAX_INT64 ? BigInt.asIntN(64, quantity.unscaled * -(2n ** 63n)) : BigInt.asIntN(64, value);
}

/** `value * 10^digits`, rounded away from zero. */
function scaledTo({unscaled, scale}: Quantity, digits: number): bigint {
  if (scale <= digits) return unscaled * 10n ** BigInt(digits - scale);
  const divisor = 10n ** BigInt(scale - digits);
  return unscaled < 0n ? -divideUp(-unscaled, divisor) : divideUp(unscaled, divisor);
}

const divideUp = (value: bigint, divisor: bigint): bigint => (value + divisor - 1n) / divisor;
