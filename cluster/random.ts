import {createHash, randomFillSync, randomUUID} from 'node:crypto';
import type {Random} from '../server/api/random.ts';

/** Chance from the operating system. */
export function createRandom(): Random {
  // Asked for in blocks: one call per number costs twenty times as much.
  const block = new DataView(new ArrayBuffer(4096));
  let position = block.byteLength;
  const next32 = (): number => {
    if (position === block.byteLength) {
      randomFillSync(block);
      position = 0;
    }
    const value = block.getUint32(position);
    position += 4;
    return value;
  };
  return {...fromGenerator(next32), bytes: length => randomFillSync(new Uint8Array(length)), uuid: () => randomUUID()};
}

/** The same seed gives the same sequence, on every machine. Not for secrets. */
export function createSeededRandom(seed: string | number): Random {
  const {bytes, ...numbers} = fromGenerator(createGenerator(seed));
  return {
    ...numbers,
    bytes,
    uuid() {
      const id = bytes(16);
      id[6] = (id[6]! & 0x0f) | 0x40;
      id[8] = (id[8]! & 0x3f) | 0x80;
      return Buffer.from(id)
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
  };
}

/** The generator sfc32 (PractRand): small, quick, a period of at least 2^32; its state is the hash of the seed. */
function createGenerator(seed: string | number): () => number {
  const hash = createHash('sha256')
    .update(`${typeof seed}:${seed}`)
    .digest();
  let [a, b, c, counter] = [hash.readUInt32LE(0), hash.readUInt32LE(4), hash.readUInt32LE(8), 1];
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
}

function fromGenerator(next32: () => number): Omit<Random, 'uuid'> {
  const float = (): number => (next32() * 2 ** 21 + (next32() >>> 11)) / 2 ** 53;
  return {
    float,
    integer: bound => Math.floor(float() * bound),
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i++) bytes[i] = next32();
      return bytes;
    },
  };
}
