import {parseDuration as parseNanoseconds} from '../../api/duration.ts';
import type {CelError, Duration, Timestamp} from './values.ts';
import {duration, failure, timestamp} from './values.ts';

const SECOND = 1_000_000_000n;
const LARGEST = 2n ** 63n - 1n;
/** 0001-01-01 and 9999-12-31T23:59:59.999999999Z. */
const FIRST = -62135596800n * SECOND;
const LAST = 253402300800n * SECOND - 1n;

/** Reads `1h30m`, as Go does. */
export function parseDuration(text: string): Duration | undefined {
  const nanos = parseNanoseconds(text);
  return nanos === undefined ? undefined : duration(nanos);
}

/** Reads RFC 3339; nanoseconds are kept. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match as unknown as string[];
  if (!isDay(Number(year), Number(month), Number(day)) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const nanos = BigInt(((fraction ?? '') + '000000000').slice(0, 9));
  const offset = zone === 'Z' ? 0 : offsetMinutes(zone!)!;
  const instant = (BigInt(date.getTime()) / 1000n - BigInt(offset) * 60n) * SECOND + nanos;
  return instant < FIRST || instant > LAST ? undefined : timestamp(instant, offset);
}

/** Reads a date, as schemas of format date hold it. */
export const parseDate = (text: string): Timestamp | undefined => parseTimestamp(`${text}T00:00:00Z`);

const isDay = (year: number, month: number, day: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();

/** RFC 3339 in the zone it was written in, with as many digits as needed. */
export function formatTimestamp({nanos, offset = 0}: Timestamp): string {
  const seconds = floorDivide(nanos, SECOND);
  const fraction = String(nanos - seconds * SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const text = new Date((Number(seconds) + offset * 60) * 1000).toISOString().replace(/\.\d+Z$/, '');
  return `${text}${fraction && `.${fraction}`}${formatOffset(offset)}`;
}

function formatOffset(offset: number): string {
  if (offset === 0) return 'Z';
  const size = Math.abs(offset);
  const digits = (part: number): string => String(part).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}

/** Seconds with their fraction: `5400s`. */
export function formatDuration({nanos}: Duration): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = String(size % SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${nanos < 0n ? '-' : ''}${size / SECOND}${fraction && `.${fraction}`}s`;
}

/** A timestamp if it is within the range of years 1 to 9999. */
export const checkedTimestamp = (nanos: bigint, offset?: number): Timestamp | CelError =>
  nanos < FIRST || nanos > LAST ? failure('timestamp overflow') : timestamp(nanos, offset);

export const checkedDuration = (nanos: bigint): Duration | CelError =>
  nanos > LARGEST || nanos < -LARGEST - 1n ? failure('integer overflow') : duration(nanos);

export const floorDivide = (a: bigint, b: bigint): bigint => (a < 0n && a % b !== 0n ? a / b - 1n : a / b);

/** The calendar fields of an instant in a zone (`+02:00`, `Europe/Berlin`), as a Date whose UTC fields are they. */
export function inZone({nanos}: Timestamp, zone: string): Date | CelError {
  const milliseconds = Number(floorDivide(nanos, 1_000_000n));
  if (zone === '' || zone === 'UTC' || zone === 'Local') return new Date(milliseconds);
  const offset = offsetMinutes(zone);
  if (offset !== undefined) return new Date(milliseconds + offset * 60_000);
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const part = Object.fromEntries(format.formatToParts(milliseconds).map(({type, value}) => [type, Number(value)]));
    const whole = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
    return new Date(whole + (((milliseconds % 1000) + 1000) % 1000));
  } catch {
    return failure(`unknown time zone ${zone}`);
  }
}

function offsetMinutes(zone: string): number | undefined {
  const match = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone);
  return match ? (Number(match[2]) * 60 + Number(match[3])) * (match[1] === '-' ? -1 : 1) : undefined;
}
