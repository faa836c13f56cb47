import type {FieldError} from '../api/field.ts';
import {at, invalid} from '../api/field.ts';
import {familyOf} from '../api/ip.ts';
import type {Service, ServicePort, ServiceSpec} from '../api/kinds.generated.ts';
import {validateClusterIPs} from '../resources/core/service-ips.ts';

/*
 * What the allocators have to know of a Service before they can allocate (k8s.io/kubernetes pkg/registry/core/service/storage). It runs
 * before validation, on whatever was sent: what makes no sense is refused for its addresses, or left alone for validation to refuse.
 */

export type IPFamily = 'IPv4' | 'IPv6';

export const NONE = 'None';

/** Headless Services have one as well: None. */
export const needsClusterIP = ({type}: ServiceSpec): boolean => type !== 'ExternalName';

export const needsNodePort = ({type, allocateLoadBalancerNodePorts}: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);

/** May have node ports, though none need be given to it. */
export const mayHaveNodePort = ({type}: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';

export const needsHealthCheckPort = ({type, externalTrafficPolicy}: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

/** Brings clusterIP and clusterIPs together: old clients know only the first. */
export function normalizeClusterIPs(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const sameList = (spec.clusterIPs ?? []).join() === (old.clusterIPs ?? []).join();
  if (spec.clusterIP === old.clusterIP || !sameList) return;
  if (!spec.clusterIP) delete spec.clusterIPs;
  else spec.clusterIPs = [spec.clusterIP];
}

/** Keeps what was allocated and the client left out: an update need not repeat it. */
export function keepAllocated(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
    if (!spec.clusterIPs?.length && old.clusterIPs && spec.clusterIP === old.clusterIP) spec.clusterIPs = [...old.clusterIPs];
    if (!spec.ipFamilyPolicy && old.ipFamilyPolicy) spec.ipFamilyPolicy = old.ipFamilyPolicy;
    if (!spec.ipFamilies?.length && old.ipFamilies) spec.ipFamilies = [...old.ipFamilies];
  }
  if (needsNodePort(old) && needsNodePort(spec)) keepNodePorts(spec.ports ?? [], old.ports ?? []);
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec) && !spec.healthCheckNodePort && old.healthCheckNodePort)
    spec.healthCheckNodePort = old.healthCheckNodePort;
}

/** A port is the same as long as it has its name, whatever else changes. */
function keepNodePorts(ports: ServicePort[], old: readonly ServicePort[]): void {
  const before = new Map(old.map(({name, nodePort}) => [name ?? '', nodePort]));
  const used = new Set(ports.map(({nodePort}) => nodePort));
  for (const port of ports) {
    const kept = before.get(port.name ?? '');
    if (!port.nodePort && kept && !used.has(kept)) port.nodePort = kept;
  }
}

/** Fills ipFamilies and ipFamilyPolicy for a cluster that has one family, or says why that cannot be. */
export function initializeFamilies({spec}: Service, old: Service | undefined, family: IPFamily): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const problems = validateClusterIPs(spec, old?.spec, 'spec');
  if (problems.length > 0) return problems;
  const unknown = inferFamilies(spec, family);
  if (unknown.length > 0) return unknown;
  const kept = releasedFamily(spec, old?.spec);
  if (kept) return [kept];
  const headless = spec.clusterIP === NONE || spec.clusterIPs?.[0] === NONE;
  if (headless && Object.keys(spec.selector ?? {}).length === 0) {
    // Its endpoints are somebody else's affair and may be of any family, whatever the cluster has.
    spec.ipFamilyPolicy ??= 'RequireDualStack';
    if (!spec.ipFamilies?.length) spec.ipFamilies = [family];
    if (spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies.length === 1)
      spec.ipFamilies = [...spec.ipFamilies, spec.ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4'];
    return [];
  }
  const single = (spec.ipFamilyPolicy ?? 'SingleStack') === 'SingleStack';
  if (single && spec.clusterIPs?.length === 2) return [notSingle('cluster IPs')];
  if (single && spec.ipFamilies?.length === 2) return [notSingle('IP families')];
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack')
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  for (const [i, wanted] of (spec.ipFamilies ?? []).entries())
    if (wanted !== family) errors.push(invalid(at('spec.ipFamilies', i), wanted, 'not configured on this cluster'));
  if (errors.length > 0) return errors;
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (!spec.ipFamilies?.length) spec.ipFamilies = [family];
  return [];
}

/** A second address or family goes only with the policy that asked for it. */
function releasedFamily(
  {ipFamilyPolicy: policy, clusterIPs = [], ipFamilies = []}: ServiceSpec,
  old: ServiceSpec | undefined,
): FieldError | undefined {
  if (!old || !policy || policy === 'SingleStack') return undefined;
  const refused = (what: string) => invalid('spec.ipFamilyPolicy', policy, `must be 'SingleStack' to release the secondary ${what}`);
  if (old.clusterIPs?.length === 2 && clusterIPs.length === 1) return refused('cluster IP');
  return old.ipFamilies?.length === 2 && ipFamilies.length === 1 ? refused('IP family') : undefined;
}

const notSingle = (what: string): FieldError =>
  invalid('spec.ipFamilyPolicy', 'SingleStack', `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`);

/** Families follow from the addresses that were asked for. */
function inferFamilies(spec: ServiceSpec, family: IPFamily): FieldError[] {
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    const found = familyOf(ip);
    if (found === undefined || spec.ipFamilies?.[i]) continue;
    const name: IPFamily = found === 4 ? 'IPv4' : 'IPv6';
    if (name !== family) return [invalid(at('spec.clusterIPs', i), spec.clusterIPs, `${name} is not configured on this cluster`)];
    spec.ipFamilies = [...(spec.ipFamilies ?? []), name];
  }
  return [];
}
