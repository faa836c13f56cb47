// k8s.io/apimachinery/pkg/util/rand SafeEncodeString
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** 32-bit FNV-1a. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** A string of the alphabet of generated names. */
export const safeEncode = (text: string): string => [...Buffer.from(text)].map(byte => ALPHABET[byte % ALPHABET.length]).join('');

/**
 * A pod template's hash (controller.ComputeHash). Go hashes a dump of its structures, which nothing else can reproduce: ours is as
 * stable, not the same.
 */
export function templateHash(template: unknown, collisionCount?: number): string {
  return safeEncode(String(fnv32a(sortedJson(template) + (collisionCount === undefined ? '' : `/${collisionCount}`))));
}

/** JSON with sorted keys: equal values give equal text. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
