/** The only source of chance; seedable, so that the same seed gives the same names, UIDs and ties. */
export interface Random {
  /** A float in [0, 1). */
  float(): number;
  /** An integer in [0, bound). */
  integer(bound: number): number;
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** A version 4 UUID. */
  uuid(): string;
}

// k8s.io/apimachinery/pkg/util/rand: no vowels and no look-alikes, so that no words arise.
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A suffix as generateName appends it: `length` characters of Kubernetes' own alphabet. */
export function randomSuffix(random: Random, length = 5): string {
  let suffix = '';
  for (let i = 0; i < length; i++) suffix += ALPHABET[random.integer(ALPHABET.length)];
  return suffix;
}
