import type {Service} from '../api/kinds.generated.ts';
import {CompactedError} from './store.ts';
import type {CacheEvent, Cursor, Entry, ResourceStorage} from './types.ts';

/** The cluster IPs and node ports that stored Services hold. */
export interface ServiceUsage {
  readonly addresses: ReadonlyMap<string, number>;
  readonly ports: ReadonlyMap<number, number>;
  /** Catches up with the storage. */
  refresh(): void;
}

/** Follows the Services' log rather than looking through all of them each time; the maps count the holders. */
export function createServiceUsage(services: ResourceStorage): ServiceUsage {
  const addresses = new Map<string, number>();
  const ports = new Map<number, number>();
  let cursor: Cursor | undefined;
  return {addresses, ports, refresh};

  function refresh(): void {
    try {
      for (const event of cursor?.next(Number.POSITIVE_INFINITY) ?? refill()) apply(event);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      refill();
    }
  }

  function refill(): CacheEvent[] {
    addresses.clear();
    ports.clear();
    cursor?.close();
    const snapshot = services.snapshot();
    for (const entry of snapshot.range()) count(entry, 1);
    cursor = services.cursor(snapshot.revision);
    return [];
  }

  function apply({type, entry, previous}: CacheEvent): void {
    if (previous) count(previous, -1);
    if (type !== 'DELETED') count(entry, 1);
  }

  function count(entry: Entry, change: 1 | -1): void {
    const service = entry.object as unknown as Service;
    for (const address of service.spec.clusterIPs ?? []) add(addresses, address, change);
    for (const port of nodePortsOf(service)) add(ports, port, change);
  }
}

function add<K>(counts: Map<K, number>, key: K, change: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

/** Node ports and the health check's, each number once. */
export function nodePortsOf({spec}: Service): number[] {
  const ports = [...(spec.ports ?? []).map(port => port.nodePort), spec.healthCheckNodePort];
  return [...new Set(ports.filter(port => port !== undefined && port > 0))] as number[];
}
