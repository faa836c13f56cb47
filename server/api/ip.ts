import type {FieldError, FieldPath} from './field.ts';
import {invalid} from './field.ts';

/**
 * IP addresses and CIDRs as Go's net and net/netip see them. Addresses are 16 bytes; IPv4 ones lie in ::ffff:0:0/96.
 * `sloppy` reading (k8s.io/utils/net) takes leading zeros in IPv4.
 */
export interface IP {
  readonly bytes: Uint8Array;
  readonly family: 4 | 6;
  /** An IPv4 address written as IPv6 (`::ffff:1.2.3.4`); its family is 4. */
  readonly mapped: boolean;
}

export interface CIDR {
  readonly ip: IP;
  readonly length: number;
}

/** Reads an address as ParseIPSloppy does; undefined if it is none. */
export function parseIP(text: string): IP | undefined {
  return text.includes(':') ? parseIPv6(text) : parseIPv4(text);
}

/** Reads a CIDR as ParseCIDRSloppy does. The length of a mapped address counts from its IPv6 start. */
export function parseCIDR(text: string): CIDR | undefined {
  const slash = text.indexOf('/');
  if (slash === -1) return undefined;
  const ip = parseIP(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (!ip || !/^\d{1,4}$/.test(digits)) return undefined;
  const length = Number(digits);
  return length <= (ip.family === 4 && !ip.mapped ? 32 : 128) ? {ip, length} : undefined;
}

/** net.IP.String: dotted, or IPv6 as RFC 5952 has it. */
export function formatIP(ip: IP): string {
  if (ip.family === 4) return ip.bytes.slice(12).join('.');
  const groups = Array.from({length: 8}, (_, i) => (ip.bytes[2 * i]! << 8) | ip.bytes[2 * i + 1]!);
  const [start, end] = longestZeroRun(groups);
  const hex = (part: number[]) => part.map(group => group.toString(16)).join(':');
  return end - start < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(end))}`;
}

/** net.IPNet.String: the network, masked. */
export const formatCIDR = (cidr: CIDR): string => `${formatIP(masked(cidr))}/${prefixLength(cidr)}`;

export const familyOf = (text: string): 4 | 6 | undefined => parseIP(text)?.family;

export const familyOfCIDR = (text: string): 4 | 6 | undefined => parseCIDR(text)?.ip.family;

/** Does the network hold the address? */
export function cidrContains(cidr: CIDR, ip: IP): boolean {
  if (cidr.ip.family !== ip.family) return false;
  const network = masked(cidr);
  const other = masked({ip: {...ip, mapped: cidr.ip.mapped}, length: cidr.length});
  return network.bytes.every((byte, i) => byte === other.bytes[i]);
}

/** Messages of a bad address in a field that has always been lenient (Services, Endpoints, Pods): strict unless it was there before. */
export function validateLegacyIP(path: FieldPath, value: string, old: readonly string[] = []): FieldError[] {
  return old.includes(value) ? [] : checkIP(path, value, true);
}

/** As validateLegacyIP, of a CIDR. */
export function validateLegacyCIDR(path: FieldPath, value: string, old: readonly string[] = []): FieldError[] {
  return old.includes(value) ? [] : checkCIDR(path, value);
}

/** Messages of an address that must be in canonical form. */
export function validateIP(path: FieldPath, value: string): FieldError[] {
  const errors = checkIP(path, value, true);
  if (errors.length > 0) return errors;
  const text = formatIP(parseIP(value)!);
  return value === text ? [] : [invalid(path, value, `must be in canonical form ("${text}")`)];
}

/** Messages of a CIDR that must be in canonical form. */
export function validateCIDR(path: FieldPath, value: string): FieldError[] {
  const errors = checkCIDR(path, value);
  if (errors.length > 0) return errors;
  const text = formatCIDR(parseCIDR(value)!);
  return value === text ? [] : [invalid(path, value, `must be in canonical form ("${text}")`)];
}

/** Warnings about an accepted address that is not as it should be written. */
export function warningsForIP(path: FieldPath, value: string): string[] {
  const ip = parseIP(value);
  if (!ip) return [];
  const text = formatIP(ip);
  if (!isStrictIPv4(value, ip) || ip.mapped) return [`${path}: non-standard IP address ${JSON.stringify(value)} is invalid: use "${text}"`];
  if (ip.family === 6 && text !== value)
    return [`${path}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format ("${text}")`];
  return [];
}

/** Warnings about an accepted CIDR that is not as it should be written. */
export function warningsForCIDR(path: FieldPath, value: string): string[] {
  const cidr = parseCIDR(value);
  if (!cidr) return [];
  const [network, quoted] = [formatCIDR(cidr), JSON.stringify(value)];
  const warnings: string[] = [];
  if (!sameAddress(cidr.ip, masked(cidr)))
    warnings.push(
      `${path}: CIDR value ${quoted} is ambiguous in this context (should be "${network}" or "${formatIP(cidr.ip)}/${cidr.ip.family === 4 ? 32 : 128}"?)`,
    );
  if (!isStrictCIDR(value, cidr) || cidr.ip.mapped)
    warnings.push(`${path}: non-standard CIDR value ${quoted} is invalid: use "${network}"`);
  const text = `${formatIP(cidr.ip)}/${cidr.length}`;
  if (warnings.length === 0 && cidr.ip.family === 6 && text !== value)
    warnings.push(`${path}: IPv6 CIDR value ${quoted} should be in RFC 5952 canonical format ("${text}")`);
  return warnings;
}

function checkIP(path: FieldPath, value: string, strict: boolean): FieldError[] {
  const ip = parseIP(value);
  if (!ip) return [invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  if (!strict) return [];
  if (!isStrictIPv4(value, ip)) return [invalid(path, value, 'must not have leading 0s')];
  return ip.mapped ? [invalid(path, value, 'must not be an IPv4-mapped IPv6 address')] : [];
}

function checkCIDR(path: FieldPath, value: string): FieldError[] {
  const cidr = parseCIDR(value);
  if (!cidr) return [invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
  if (!isStrictCIDR(value, cidr)) return [invalid(path, value, 'must not have leading 0s in IP or prefix length')];
  if (cidr.ip.mapped) return [invalid(path, value, 'must not have an IPv4-mapped IPv6 address')];
  return sameAddress(cidr.ip, masked(cidr)) ? [] : [invalid(path, value, 'must not have bits set beyond the prefix length')];
}

const isStrictIPv4 = (text: string, ip: IP): boolean => ip.family === 6 || !/(^|[.:])0\d+(\.|$)/.test(text);

const isStrictCIDR = (text: string, cidr: CIDR): boolean => {
  const [address, length] = text.split('/') as [string, string];
  return isStrictIPv4(address, cidr.ip) && (length === '0' || !length.startsWith('0'));
};

const sameAddress = (a: IP, b: IP): boolean => a.bytes.every((byte, i) => byte === b.bytes[i]);

const prefixLength = ({ip, length}: CIDR): number => (ip.mapped ? Math.max(0, length - 96) : length);

function masked(cidr: CIDR): IP {
  const bits = cidr.ip.family === 4 && !cidr.ip.mapped ? cidr.length + 96 : cidr.length;
  const bytes = cidr.ip.bytes.map((byte, i) => byte & (bits >= 8 * (i + 1) ? 0xff : bits <= 8 * i ? 0 : 0xff << (8 * (i + 1) - bits)));
  return {...cidr.ip, bytes};
}

function parseIPv4(text: string): IP | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(16);
  bytes[10] = bytes[11] = 0xff;
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!;
    const value = Number(part);
    if (!/^\d+$/.test(part) || value > 255) return undefined;
    bytes[12 + i] = value;
  }
  return {bytes, family: 4, mapped: false};
}

function parseIPv6(text: string): IP | undefined {
  let source = text;
  const dotted = source.lastIndexOf(':') + 1;
  if (source.includes('.')) {
    const tail = parseIPv4(source.slice(dotted));
    if (!tail) return undefined;
    const [a, b, c, d] = tail.bytes.slice(12) as unknown as [number, number, number, number];
    source = `${source.slice(0, dotted)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const halves = source.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(half => (half === '' ? [] : half.split(':'))) as [string[], string[]?];
  const given = head.length + (tail?.length ?? 0);
  if (tail ? given > 7 : given !== 8) return undefined;
  const groups = [...head, ...Array.from({length: 8 - given}, () => '0'), ...(tail ?? [])];
  if (!groups.every(group => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const bytes = new Uint8Array(16);
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  });
  const mapped = bytes.subarray(0, 10).every(byte => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return {bytes, family: mapped ? 4 : 6, mapped};
}

function longestZeroRun(groups: number[]): [number, number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best[1] - best[0]) best = [start, end];
  }
  return best;
}
