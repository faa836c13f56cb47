import type {FieldError, FieldPath} from '../../api/field.ts';
import {invalid} from '../../api/field.ts';
import {cidrContains, parseCIDR, parseIP} from '../../api/ip.ts';

const UNSPECIFIED = 'may not be unspecified';

const RANGES: readonly (readonly [cidr: string, detail: string])[] = [
  ['0.0.0.0/32', UNSPECIFIED],
  ['::/128', UNSPECIFIED],
  ['127.0.0.0/8', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ['::1/128', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ['169.254.0.0/16', 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  ['fe80::/10', 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  ['224.0.0.0/24', 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
  ['ff02::/16', 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
];

/** Endpoints may not be at addresses that mean the node or the link itself (ValidateNonSpecialIP); an address that cannot be read is not looked at. */
export function validateNonSpecialIP(address: string, path: FieldPath): FieldError[] {
  const ip = parseIP(address);
  if (!ip) return [];
  const range = RANGES.find(([text]) => {
    const cidr = parseCIDR(text)!;
    return cidr.ip.family === ip.family && cidrContains(cidr, ip);
  });
  if (!range) return [];
  return [invalid(path, address, range[1] === UNSPECIFIED ? `${UNSPECIFIED} (${address})` : range[1])];
}
