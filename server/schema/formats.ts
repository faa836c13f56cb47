import {parseCIDR, parseIP} from '../api/ip.ts';
import {isDNS1123Label, isDNS1123Subdomain} from '../api/names.ts';
import {parseURL} from './cel/library/urls.ts';
import {isDuration} from './duration-format.ts';
import {isMailAddress} from './mail-address.ts';

/** Does a string have the format? Formats that are not here are not checked (k8s.io/kube-openapi/pkg/validation/strfmt). */
export const FORMATS: {readonly [format: string]: (value: string) => boolean} = {
  bsonobjectid: value => /^[0-9a-fA-F]{24}$/.test(value),
  byte: value => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/.test(value),
  cidr: value => parseCIDR(withoutLeadingZeros(value)) !== undefined,
  creditcard: value => isCreditCard(value),
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  email: isMailAddress,
  hexcolor: value => /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(value),
  hostname: isHostname,
  ipv4: value => value.includes('.') && parseIP(withoutLeadingZeros(value)) !== undefined,
  ipv6: value => value.includes(':') && parseIP(value) !== undefined,
  isbn: value => isIsbn10(value) || isIsbn13(value),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  'k8s-long-name': value => isDNS1123Subdomain(value).length === 0,
  'k8s-short-name': value => isDNS1123Label(value).length === 0,
  mac: isMac,
  rgbcolor: value => RGB_COLOR.test(value),
  ssn: value => /^\d{3}[- ]\d{2}[- ]\d{4}$/.test(value),
  uri: value => typeof parseURL(value) !== 'string',
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
  return formatCheck(format) !== undefined;
}

/** The check of a format, however its name is hyphenated. */
export function formatCheck(format: string): ((value: string) => boolean) | undefined {
  if (Object.hasOwn(FORMATS, format)) return FORMATS[format];
  const plain = format.replaceAll('-', '');
  const name = Object.keys(FORMATS).find(known => known.replaceAll('-', '') === plain);
  return name === undefined ? undefined : FORMATS[name];
}

/** Old Go read octal-looking parts of addresses as decimal ones, and so do these formats. */
const withoutLeadingZeros = (text: string): string => text.replace(/(^|\.|:)0+(?=\d+(\.|\/|$))/g, '$1');

const COLOR_PART = '(0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])';
const RGB_COLOR = new RegExp(`^rgb\\(\\s*${COLOR_PART}\\s*,\\s*${COLOR_PART}\\s*,\\s*${COLOR_PART}\\s*\\)$`);

/** Addresses of 6, 8 or 20 bytes with one kind of separator (net.ParseMAC). */
function isMac(value: string): boolean {
  const groups = value.split(/[:.-]/);
  const separators = new Set(value.match(/[:.-]/g));
  const width = separators.has('.') ? 4 : 2;
  const bytes = (groups.length * width) / 2;
  return (
    separators.size === 1 && [6, 8, 20].includes(bytes) && groups.every(group => group.length === width && /^[0-9a-fA-F]+$/.test(group))
  );
}

function isDate(value: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (!match) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** What follows a second `t` is not looked at. */
function isDateTime(value: string): boolean {
  const [date, time] = value.toLowerCase().split('t');
  if (time === undefined || !isDate(date!)) return false;
  const match = /^(\d{2}):(\d{2}):(\d{2})(.\d+)?(z|[+-]\d{2}:\d{2})$/.exec(time);
  return match !== null && match[1]! <= '23' && match[2]! <= '59' && match[3]! <= '59';
}

const HOST_CHAR = 'a-zA-Z0-9\\p{S}\\p{L}';
const HOSTNAME = new RegExp(
  `^([${HOST_CHAR}]((-?[${HOST_CHAR}]{0,62})?)|([${HOST_CHAR}](([${HOST_CHAR}-]{0,61}[${HOST_CHAR}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$`,
  'u',
);

function isHostname(value: string): boolean {
  return HOSTNAME.test(value) && Buffer.byteLength(value) <= 255 && value.split('.').every(part => Buffer.byteLength(part) <= 63);
}

const CARD = /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/;

function isCreditCard(value: string): boolean {
  const digits = value.replace(/[^0-9]+/g, '');
  if (!CARD.test(digits)) return false;
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
