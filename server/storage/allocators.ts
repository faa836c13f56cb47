import type {FieldError} from '../api/field.ts';
import {at, child, invalid, invalidObject} from '../api/field.ts';
import {formatCIDR, formatIP, parseCIDR, parseIP} from '../api/ip.ts';
import type {Service, ServicePort} from '../api/kinds.generated.ts';
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
   * field of an address or port that cannot be had, a 500 when nothing is left.
   */
  reserve(service: Service, old?: Service): Reservation;
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
    reserve(service, old) {
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
        reserveAddresses(service, old, addresses);
        reservePorts(service, old, numbers);
      } catch (error) {
        release();
        throw error;
      }
      const kept = addressesOf(service);
      return {added: addresses, removed: addressesOf(old).filter(address => !kept.includes(address)), commit: release, release};
    },
    release: service => ({removed: addressesOf(service)}),
  };

  function reserveAddresses(service: Service, old: Service | undefined, reserved: string[]): void {
    const {spec} = service;
    if (!needsClusterIP(spec) || spec.clusterIPs?.[0] === NONE) return;
    const held = addressesOf(old);
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
      if (!ip || ip.family !== range.family || held.includes(formatIP(ip))) continue;
      const address = formatIP(ip);
      const problem = !range.contains(ip)
        ? 'the provided network does not match the current range'
        : isAddressTaken(address) && 'provided IP is already allocated';
      if (problem) refuse(service, [invalid('spec.clusterIPs', wanted, `failed to allocate IP ${text}: ${problem}`)]);
      take(address);
    }

    function take(address: string): void {
      pendingAddresses.add(address);
      reserved.push(address);
    }
  }

  function reservePorts(service: Service, old: Service | undefined, reserved: number[]): void {
    const {spec} = service;
    const held = new Set(old && mayHaveNodePort(old.spec) ? nodePortsOf(old) : []);
    if (mayHaveNodePort(spec)) {
      const list = spec.ports ?? [];
      // What was asked for comes first, so that what is given out does not take it.
      for (const [i, port] of list.entries())
        if (port.nodePort && !isShared(list, i)) take(port.nodePort, `${at('spec.ports', i)}.nodePort`);
      for (const port of list) if (!port.nodePort && needsNodePort(spec)) port.nodePort = sharedPort(list, port) ?? takeNext('nodePort');
    }
    if (!needsHealthCheckPort(spec)) return;
    if (spec.healthCheckNodePort) take(spec.healthCheckNodePort, child('spec', 'healthCheckNodePort'));
    else spec.healthCheckNodePort = takeNext('HealthCheck NodePort');

    function take(number: number, field: string): void {
      if (held.has(number)) return;
      const problem =
        number < lowest || number > highest
          ? `provided port is not in the valid range. The range of valid ports is ${nodePortRange}`
          : isPortTaken(number) && 'provided port is already allocated';
      if (problem) refuse(service, [invalid(field, number, problem)]);
      pendingPorts.add(number);
      reserved.push(number);
    }

    function takeNext(what: string): number {
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

/** One number serves several protocols of a Service, once each. */
function isShared(ports: readonly ServicePort[], index: number): boolean {
  const port = ports[index]!;
  const before = ports.slice(0, index).filter(other => other.nodePort === port.nodePort);
  return before.length > 0 && before.every(other => (other.protocol ?? 'TCP') !== (port.protocol ?? 'TCP'));
}

/** The node port that another protocol of the same port has. */
function sharedPort(ports: readonly ServicePort[], port: ServicePort): number | undefined {
  const other = ports.find(other => other.port === port.port && other.nodePort && other.protocol !== port.protocol);
  return other?.nodePort;
}

function refuse(service: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({group: '', kind: 'Service'}, service.metadata.name ?? '', errors);
}
