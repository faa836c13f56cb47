/** Hands out IPv4 addresses or networks of one CIDR, the lowest free one first. */
export interface Pool {
  /** Undefined when all are taken. */
  take(): string | undefined;
  /** Marks one as taken; what is not of this pool is ignored. */
  reserve(value: string): void;
  release(value: string): void;
}

/** Addresses of a CIDR; the first `skip` are left out (network and gateway). */
export const createAddressPool = (cidr: string, skip = 2): Pool => createPool(cidr, 32, skip);

/** Networks of `prefix` bits within a CIDR. */
export function createNetworkPool(cidr: string, prefix: number): Pool {
  const pool = createPool(cidr, prefix, 0);
  const bare = (network: string) => network.split('/')[0]!;
  return {
    take() {
      const address = pool.take();
      return address && `${address}/${prefix}`;
    },
    reserve: network => pool.reserve(bare(network)),
    release: network => pool.release(bare(network)),
  };
}

function createPool(cidr: string, prefix: number, skip: number): Pool {
  const [base, bits] = cidr.split('/') as [string, string];
  const step = 2 ** (32 - prefix);
  const first = toNumber(base);
  const size = Math.max(0, 2 ** (prefix - Number(bits)));
  const taken = new Set<number>();
  let lowest = skip;
  const indexOf = (address: string) => (toNumber(address) - first) / step;
  return {
    take() {
      while (taken.has(lowest)) lowest++;
      if (lowest >= size) return undefined;
      taken.add(lowest);
      return toAddress(first + lowest * step);
    },
    reserve(address) {
      const index = indexOf(address);
      if (Number.isInteger(index) && index >= 0 && index < size) taken.add(index);
    },
    release(address) {
      const index = indexOf(address);
      if (taken.delete(index)) lowest = Math.min(lowest, Math.max(index, skip));
    },
  };
}

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const toAddress = (value: number): string => [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.');
