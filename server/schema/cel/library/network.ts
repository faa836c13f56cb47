import type {CIDR, IP} from '../../../api/ip.ts';
import {cidrContains, formatIP, parseIP} from '../../../api/ip.ts';
import type {Functions} from '../declarations.ts';
import {declare} from '../declarations.ts';
import {opaqueType} from '../types.ts';
import type {Opaque, Value} from '../values.ts';
import {failure, isError, opaque} from '../values.ts';

export const IP_TYPE = opaqueType('net.IP');
export const CIDR_TYPE = opaqueType('net.CIDR');

type Holder<T> = Opaque & {value: T};

/** Addresses and networks (k8s.io/apiserver/pkg/cel/library/ip.go, cidr.go). */
export function networkLibrary(functions: Functions): void {
  const add = declare(functions, {IP: IP_TYPE, CIDR: CIDR_TYPE});
  add('ip', 'string_to_ip', '(string) -> IP', readIP);
  add('isIP', 'is_ip', '(string) -> bool', (text: string) => !isError(readIP(text)));
  add('ip.isCanonical', 'ip_is_canonical', '(string) -> bool', (text: string) => {
    const address = readIP(text);
    return isError(address) ? address : formatIP((address as Holder<IP>).value) === text;
  });
  add('string', 'ip_to_string', '(IP) -> string', ({value}: Holder<IP>) => formatIP(value));
  add('family', 'ip_family', 'IP.() -> int', ({value}: Holder<IP>) => BigInt(value.family));
  const tests: [string, string, (ip: IP) => boolean][] = [
    ['isUnspecified', 'unspecified', ip => significant(ip).every(byte => byte === 0)],
    ['isLoopback', 'loopback', isLoopback],
    ['isLinkLocalMulticast', 'link_local_multicast', isLinkLocalMulticast],
    ['isLinkLocalUnicast', 'link_local_unicast', isLinkLocalUnicast],
    ['isGlobalUnicast', 'global_unicast', isGlobalUnicast],
  ];
  for (const [name, id, test] of tests) add(name, `ip_is_${id}`, 'IP.() -> bool', ({value}: Holder<IP>) => test(value));
  networks(add);
}

function networks(add: ReturnType<typeof declare>): void {
  type Net = Holder<CIDR>;
  const holds = (outer: CIDR, inner: CIDR): boolean => outer.length <= inner.length && cidrContains(outer, inner.ip);
  add('cidr', 'string_to_cidr', '(string) -> CIDR', readCIDR);
  add('isCIDR', 'is_cidr', '(string) -> bool', (text: string) => !isError(readCIDR(text)));
  add('string', 'cidr_to_string', '(CIDR) -> string', ({value}: Net) => `${formatIP(value.ip)}/${value.length}`);
  add('containsIP', 'cidr_contains_ip_string', 'CIDR.(string) -> bool', ({value}: Net, text: string) => {
    const address = readIP(text);
    return isError(address) ? failure('no such overload') : cidrContains(value, (address as Holder<IP>).value);
  });
  add('containsIP', 'cidr_contains_ip_ip', 'CIDR.(IP) -> bool', ({value}: Net, other: Holder<IP>) => cidrContains(value, other.value));
  add('containsCIDR', 'cidr_contains_cidr_string', 'CIDR.(string) -> bool', ({value}: Net, text: string) => {
    const other = readCIDR(text);
    return isError(other) ? other : holds(value, (other as Net).value);
  });
  add('containsCIDR', 'cidr_contains_cidr', 'CIDR.(CIDR) -> bool', ({value}: Net, other: Net) => holds(value, other.value));
  add('ip', 'cidr_ip', 'CIDR.() -> IP', ({value}: Net) => ipValue(value.ip));
  add('prefixLength', 'cidr_prefix_length', 'CIDR.() -> int', ({value}: Net) => BigInt(value.length));
  add('masked', 'cidr_masked', 'CIDR.() -> CIDR', ({value}: Net) => cidrValue({...value, ip: masked(value)}));
}

const sameIP = (a: IP, b: IP): boolean => a.family === b.family && a.bytes.every((byte, index) => byte === b.bytes[index]);
const ipValue = (ip: IP): Opaque => opaque('net.IP', ip, other => sameIP(ip, other));
const cidrValue = (cidr: CIDR): Opaque => opaque('net.CIDR', cidr, other => cidr.length === other.length && sameIP(cidr.ip, other.ip));

/** An address as netip.ParseAddr takes it: no leading zeros, no zone, no IPv4 within IPv6. */
function readIP(text: string): Value {
  const fault = (why: string) =>
    failure(`IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): ${why}`);
  if (/^[^%]*:[^%]*%./.test(text) && parseIP(text.replace(/%.*/, '')))
    return failure(`IP address ${JSON.stringify(text)} with zone value is not allowed`);
  const why = parseFault(text);
  if (why !== undefined) return fault(why);
  const ip = parseIP(text);
  if (ip === undefined) return fault(text.includes(':') ? 'address string too short' : 'unable to parse IP');
  return ip.mapped ? failure(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`) : ipValue(ip);
}

/** What netip has against an IPv4 address. */
function parseFault(text: string): string | undefined {
  const kind = /[.:%]/.exec(text)?.[0];
  if (kind === undefined) return 'unable to parse IP';
  if (kind === '%') return 'missing IPv6 address';
  if (kind === ':') return undefined;
  const bad = /[^\d.]/u.exec(text);
  if (bad) return `unexpected character (at ${JSON.stringify(text.slice(bad.index))})`;
  const parts = text.split('.');
  if (parts.some(part => part.length > 1 && part.startsWith('0'))) return 'IPv4 field has octet with leading zero';
  if (parts.some(part => Number(part) > 255)) return 'IPv4 field has value >255';
  const empty = parts.indexOf('');
  if (empty >= 0) return `IPv4 field must have at least one digit (at ${JSON.stringify(parts.slice(empty).join('.') || '.')})`;
  if (parts.length < 4) return 'IPv4 address too short';
  return parts.length > 4 ? 'IPv4 address too long' : undefined;
}

function readCIDR(text: string): Value {
  const fault = (why: string) =>
    failure(
      `network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): ${why}`,
    );
  const slash = text.lastIndexOf('/');
  if (slash < 0) return fault("no '/'");
  const ip = parseFault(text.slice(0, slash)) === undefined ? parseIP(text.slice(0, slash)) : undefined;
  if (ip === undefined)
    return fault(`ParseAddr(${JSON.stringify(text.slice(0, slash))}): ${parseFault(text.slice(0, slash)) ?? 'unable to parse IP'}`);
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d*)$/.test(digits)) return fault(`bad bits after slash: ${JSON.stringify(digits)}`);
  if (ip.mapped)
    return failure(
      `network address parse error during conversion from string: IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`,
    );
  const length = Number(digits);
  return length > (ip.family === 4 ? 32 : 128) ? fault('prefix length out of range') : cidrValue({ip, length});
}

function masked({ip, length}: CIDR): IP {
  const bits = ip.family === 4 ? length + 96 : length;
  return {...ip, bytes: ip.bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * index))) & 0xff)};
}

const significant = ({bytes, family}: IP): Uint8Array => (family === 4 ? bytes.slice(12) : bytes);

function isLoopback(ip: IP): boolean {
  const bytes = significant(ip);
  return ip.family === 4 ? bytes[0] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

function isLinkLocalMulticast(ip: IP): boolean {
  const bytes = significant(ip);
  return ip.family === 4 ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0 : bytes[0] === 0xff && (bytes[1]! & 0x0f) === 0x02;
}

function isLinkLocalUnicast(ip: IP): boolean {
  const bytes = significant(ip);
  return ip.family === 4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
}

function isGlobalUnicast(ip: IP): boolean {
  const bytes = significant(ip);
  const isMulticast = ip.family === 4 ? (bytes[0]! & 0xf0) === 0xe0 : bytes[0] === 0xff;
  const isBroadcast = ip.family === 4 && bytes.every(byte => byte === 255);
  return !bytes.every(byte => byte === 0) && !isLoopback(ip) && !isMulticast && !isLinkLocalUnicast(ip) && !isBroadcast;
}
