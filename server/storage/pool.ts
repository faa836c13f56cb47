import type {CIDR, IP} from '../api/ip.ts';
import {cidrContains, formatIP} from '../api/ip.ts';
import type {Random} from '../api/random.ts';

/**
 * Numbers 0 to size - 1, of which the first `reserved` are given out only when the others are used up: who asks for a certain one takes it
 * from there (upstream's static band).
 */
export interface Band {
  size: number;
  reserved: number;
}

/** A free number, the upper band first, from a random start on; undefined: all are taken. */
export function pick({size, reserved}: Band, random: Random, taken: (number: number) => boolean): number | undefined {
  return pickBetween(reserved, size, random, taken) ?? pickBetween(0, reserved, random, taken);
}

function pickBetween(low: number, high: number, random: Random, taken: (number: number) => boolean): number | undefined {
  const count = high - low;
  if (count <= 0) return undefined;
  const start = random.integer(count);
  for (let i = 0; i < count; i++) {
    const number = low + ((start + i) % count);
    if (!taken(number)) return number;
  }
  return undefined;
}

/** The addresses of a network that Services may have: neither its first nor, in IPv4, its last. */
export interface AddressRange {
  family: 4 | 6;
  band: Band;
  at(number: number): string;
  contains(ip: IP): boolean;
}

// More addresses than anybody needs, and few enough for the arithmetic.
const MOST_HOST_BITS = 30;

/** k8s.io/kubernetes pkg/registry/core/service/ipallocator: how many of a range's first addresses are kept for those who ask. */
export function addressRange(cidr: CIDR): AddressRange {
  const family = cidr.ip.family;
  const hostBits = Math.min((family === 4 ? 32 : 128) - cidr.length, MOST_HOST_BITS);
  const size = Math.max(2 ** hostBits - (family === 4 ? 2 : 1), 0);
  const at = (number: number): string => formatIP(plus(cidr, number + 1));
  const first = at(-1);
  const last = family === 4 ? at(size) : undefined;
  return {
    family,
    band: {size, reserved: size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256)},
    at,
    contains: ip => cidrContains(cidr, ip) && formatIP(ip) !== first && formatIP(ip) !== last,
  };
}

/** `portallocator`: the same for node ports. */
export const portBand = (size: number): Band => ({
  size,
  reserved: size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128),
});

function plus({ip}: CIDR, offset: number): IP {
  const bytes = Uint8Array.from(ip.bytes);
  let carry = offset;
  for (let i = bytes.length - 1; i >= 0 && carry > 0; i--) {
    const sum = bytes[i]! + carry;
    bytes[i] = sum % 256;
    carry = Math.floor(sum / 256);
  }
  return {...ip, bytes};
}
