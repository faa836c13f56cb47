import {parseCIDR, parseIP} from '../api/ip.ts';
import {isDNS1123Label, isDNS1123Subdomain} from '../api/names.ts';

/** Does a string have the format? Formats that are not here are not checked (k8s.io/kube-openapi/pkg/validation/strfmt). */
export const FORMATS: {readonly [format: string]: (value: string) => boolean} = {
  bsonobjectid: value => /^[0-9a-fA-F]{24}$/.test(value),
  byte: value => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/.test(value),
  cidr: value => parseCIDR(value) !== undefined,
  creditcard: value => isCreditCard(value),
  date: isDate,
  'date-time': isDateTime,
  datetime: isDateTime,
  duration: value =>
    /^[-+]?(\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h|d|w|nanoseconds?|microseconds?|milliseconds?|seconds?|minutes?|hours?|days?|weeks?)\s*)+$/.test(
      value,
    ),
  email: value => /^[^\s@<>()]+@[^\s@<>()]+$/.test(value),
  hexcolor: value => /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(value),
  hostname: isHostname,
  ipv4: value => value.includes('.') && !value.includes(':') && parseIP(value) !== undefined,
  ipv6: value => value.includes(':') && parseIP(value) !== undefined,
  isbn: value => isIsbn10(value) || isIsbn13(value),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  'k8s-long-name': value => isDNS1123Subdomain(value).length === 0,
  'k8s-short-name': value => isDNS1123Label(value).length === 0,
  mac: value => /^([0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\2){4}[0-9a-fA-F]{2}|([0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4})$/.test(value),
  rgbcolor: value => /^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/.test(value),
  ssn: value => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(value),
  uri: isUri,
  uuid: value => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
  uuid3: value => /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
  uuid4: value => /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(value),
  uuid5: value => /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(value),
  password: () => true,
};

const NUMBER_FORMATS: {readonly [type: string]: readonly string[]} = {integer: ['int32', 'int64'], number: ['float', 'double']};

/** May a schema of the type name the format without a warning? Hyphens do not count. */
export function isKnownFormat(format: string, type = ''): boolean {
  if (type !== '' && type !== 'string') return NUMBER_FORMATS[type]?.includes(format) ?? false;
  const plain = format.replaceAll('-', '');
  return Object.keys(FORMATS).some(known => known.replaceAll('-', '') === plain);
}

function isDate(value: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (!match) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function isDateTime(value: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt ]?(\d{2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})?$/.exec(value);
  if (!match || value[10] === ' ') return false;
  return isDate(match[1]!) && Number(match[2]) < 24 && Number(match[3]) < 60 && Number(match[4]) < 60;
}

function isHostname(value: string): boolean {
  const label = '[a-zA-Z0-9\\p{L}]([a-zA-Z0-9\\p{L}-]{0,62}[a-zA-Z0-9\\p{L}])?';
  return value.length <= 255 && new RegExp(`^${label}(\\.${label})*\\.?$`, 'u').test(value);
}

/** net/url.ParseRequestURI: absolute, or a path. */
function isUri(value: string): boolean {
  if (/[\s\p{Cc}]/u.test(value) || /%(?![0-9a-fA-F]{2})/.test(value)) return false;
  return value.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9+.-]*:./.test(value);
}

function isCreditCard(value: string): boolean {
  const digits = value.replace(/[^0-9]+/g, '');
  if (!/^\d{13,19}$/.test(digits)) return false;
  let sum = 0;
  for (const [index, digit] of [...digits].reverse().entries()) {
    const doubled = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isIsbn10(value: string): boolean {
  const digits = value.replace(/[\s-]+/g, '');
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  return [...digits].reduce((sum, digit, index) => sum + (digit === 'X' ? 10 : Number(digit)) * (10 - index), 0) % 11 === 0;
}

function isIsbn13(value: string): boolean {
  const digits = value.replace(/[\s-]+/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  return [...digits].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 === 0 ? 1 : 3), 0) % 10 === 0;
}
