import type {FieldError} from '../api/field.ts';
import {at, child, invalid, invalidObject} from '../api/field.ts';
import {formatCIDR, formatIP, parseCIDR, parseIP} from '../api/ip.ts';
import type {Service} from '../api/kinds.generated.ts';
import type {Random} from '../api/random.ts';
import {internalError} from '../api/status.ts';
import {addressRange, pick, portBand} from './pool.ts';
import type {IPFamily} from './service-fields.ts';
import {
  initializeFamilies,
  keepAllocated,
  mayHaveNodePort,
  NONE,
  needsClusterIP,
  needsHealthCheckPort,
  needsNodePort,
  normalizeClusterIPs,
} from './service-fields.ts';
import type {ResourceStorage} from './types.ts';
import {createServiceUsage, nodePortsOf} from './usage.ts';

export interface ServiceAllocators {
  /**
   * Gives a Service, which is changed in place, what it needs of families, cluster IP and node ports; `old` is what it replaces. Upstream
   * does this before the strategy prepares and validates it, and this tolerates what validation will refuse. Throws a 422 that names the
   * field of an address or port that cannot be had, a 500 when nothing is left. A dry run looks at no port range, is shown numbers
   * beyond it, and is told of a bad address in other words.
   */
  reserve(service: Service, old?: Service, dryRun?: boolean): Reservation;
  /** A reservation that takes nothing, of a Service that goes. */
  release(service: Service): Pick<Reservation, 'removed'>;
}

/** What a Service holds until it is stored, so that no other gets it meanwhile. End it once, stored or not (dry runs: not). */
export interface Reservation {
  /** Cluster IPs that the Service gets, and those that it gives up: each in use has an IPAddress object. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The Service is stored: from here on the cache tells of what it holds. */
  commit(): void;
  /** The Service is not stored. */
  release(): void;
}

export interface ServiceAllocatorsOptions {
  /** One network, of either family. */
  serviceCidr: string;
  /** `30000-32767` */
  nodePortRange?: string;
  services: ResourceStorage;
  random: Random;
}

// What a dry run is shown as node port lies behind this (pkg/registry/core/service/portallocator/operation.go).
const DRY_RUN_PORT = 32768;

const nodePortPath = (index: number): string => `${at('spec.ports', index)}.nodePort`;

/** Allocators that keep no books: what is taken is what the Services in the cache hold, and what is on its way to them. */
export function createServiceAllocators(options: ServiceAllocatorsOptions): ServiceAllocators {
  const {services, random, nodePortRange = '30000-32767'} = options;
  const cidr = parseCIDR(formatCIDR(parseCIDR(options.serviceCidr)!))!;
  const range = addressRange(cidr);
  const family: IPFamily = range.family === 4 ? 'IPv4' : 'IPv6';
  const [lowest, highest] = nodePortRange.split('-').map(Number) as [number, number];
  const ports = portBand(highest - lowest + 1);
  const usage = createServiceUsage(services);
  const pendingAddresses = new Set<string>();
  const pendingPorts = new Set<number>();

  return {
    reserve(service, old, dryRun = false) {
      usage.refresh();
      const addresses: string[] = [];
      const numbers: number[] = [];
      const release = (): void => {
        for (const address of addresses) pendingAddresses.delete(address);
        for (const number of numbers) pendingPorts.delete(number);
      };
      try {
        normalizeClusterIPs(service.spec, old?.spec);
        if (old) keepAllocated(service.spec, old.spec);
        refuse(service, initializeFamilies(service, old, family));
        reserveAddresses(service, old, addresses, dryRun);
        reservePorts(service, old, numbers, dryRun);
      } catch (error) {
        release();
        throw error;
      }
      const kept = addressesOf(service);
      return {added: addresses, removed: addressesOf(old).filter(address => !kept.includes(address)), commit: release, release};
    },
    release: service => ({removed: addressesOf(service)}),
  };

  function reserveAddresses(service: Service, old: Service | undefined, reserved: string[], dryRun: boolean): void {
    const {spec} = service;
    // Once set, they stay: what changes them is refused by validation.
    if (!needsClusterIP(spec) || spec.clusterIPs?.[0] === NONE || (old && needsClusterIP(old.spec))) return;
    const wanted = spec.clusterIPs ?? [];
    if (wanted.length === 0 && !spec.clusterIP) {
      spec.clusterIP = nextAddress();
      spec.clusterIPs = [spec.clusterIP];
      take(spec.clusterIP);
      return;
    }
    for (const text of wanted) {
      const ip = parseIP(text);
      // What is no address, or of a second family, is validation's to refuse.
      if (!ip || ip.family !== range.family) continue;
      const address = formatIP(ip);
      const problem = !range.contains(ip)
        ? dryRun
          ? `the provided IP (${text}) is not in the valid range. The range of valid IPs is ${formatCIDR(cidr)}`
          : 'the provided network does not match the current range'
        : isAddressTaken(address) && 'provided IP is already allocated';
      if (problem) refuse(service, [invalid('spec.clusterIPs', wanted, `failed to allocate IP ${text}: ${problem}`)]);
      take(address);
    }

    function take(address: string): void {
      pendingAddresses.add(address);
      reserved.push(address);
    }
  }

  function reservePorts(service: Service, old: Service | undefined, reserved: number[], dryRun: boolean): void {
    const {spec} = service;
    const list = spec.ports ?? [];
    if (mayHaveNodePort(spec)) {
      if (old) updateNodePorts();
      else initNodePorts();
    }
    if (!needsHealthCheckPort(spec) || (old && needsHealthCheckPort(old.spec))) return;
    if (spec.healthCheckNodePort) take(spec.healthCheckNodePort, child('spec', 'healthCheckNodePort'));
    else spec.healthCheckNodePort = takeNext('HealthCheck NodePort');

    /** One number serves all entries of a port, whatever their protocols. */
    function initNodePorts(): void {
      const numbers = new Map<number, number>();
      for (const [i, entry] of list.entries()) {
        if (!entry.nodePort && !needsNodePort(spec)) continue;
        const known = numbers.get(entry.port);
        if (known === undefined) {
          const asked = list.find(({port, nodePort}) => port === entry.port && nodePort)?.nodePort;
          if (asked) take(asked, nodePortPath(i));
          entry.nodePort = asked ?? takeNext('nodePort');
          numbers.set(entry.port, entry.nodePort);
        } else if (!entry.nodePort) entry.nodePort = known;
        else if (entry.nodePort !== known) take(entry.nodePort, nodePortPath(i));
      }
    }

    function updateNodePorts(): void {
      const held = new Set(mayHaveNodePort(old!.spec) ? nodePortsOf(old!) : []);
      for (const [i, entry] of list.entries()) {
        if (!entry.nodePort) {
          if (needsNodePort(spec)) entry.nodePort = takeNext('nodePort');
        } else if (!held.has(entry.nodePort)) {
          take(entry.nodePort, nodePortPath(i));
          held.add(entry.nodePort);
        }
      }
    }

    function take(number: number, field: string): void {
      const problem =
        !dryRun && (number < lowest || number > highest)
          ? `provided port is not in the valid range. The range of valid ports is ${nodePortRange}`
          : isPortTaken(number) && 'provided port is already allocated';
      if (problem) refuse(service, [invalid(field, number, problem)]);
      pendingPorts.add(number);
      reserved.push(number);
    }

    function takeNext(what: string): number {
      if (dryRun) {
        const shown = Math.max(DRY_RUN_PORT, ...reserved) + 1;
        reserved.push(shown);
        return shown;
      }
      const number = pick(ports, random, candidate => isPortTaken(lowest + candidate));
      if (number === undefined) throw internalError(`failed to allocate a ${what}: range is full`);
      pendingPorts.add(lowest + number);
      reserved.push(lowest + number);
      return lowest + number;
    }
  }

  function nextAddress(): string {
    const number = pick(range.band, random, candidate => isAddressTaken(range.at(candidate)));
    if (number === undefined) throw internalError('failed to allocate a serviceIP: range is full');
    return range.at(number);
  }

  function isAddressTaken(address: string): boolean {
    return pendingAddresses.has(address) || usage.addresses.has(address);
  }

  function isPortTaken(number: number): boolean {
    return pendingPorts.has(number) || usage.ports.has(number);
  }
}

function addressesOf(service: Service | undefined): string[] {
  if (!service || service.spec.type === 'ExternalName') return [];
  return (service.spec.clusterIPs ?? []).flatMap(text => {
    const ip = parseIP(text);
    return ip ? [formatIP(ip)] : [];
  });
}

function refuse(service: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({group: '', kind: 'Service'}, service.metadata.name ?? '', errors);
}
