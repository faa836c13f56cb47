import equal from 'fast-deep-equal';
import {familyOf} from '../server/api/ip.ts';
import type {DiscoveryEndpointPort, Endpoint, EndpointSlice, Node, Pod, Service} from '../server/api/kinds.generated.ts';
import {wantsTopologyHints} from './endpointslice-hints.ts';
import {isPodReady} from './support/pods.ts';
import {hostnameOf, isEndpoint, podIPs, targetPort} from './support/service-pods.ts';

export const MAX_ENDPOINTS = 100;

/** Endpoints that share a slice: same address type and ports. */
export interface EndpointGroup {
  ports: DiscoveryEndpointPort[];
  endpoints: Endpoint[];
}

/** What is to be done to the slices of one owner and address type. Slices to update carry all but changed endpoints, ports and labels. */
export interface SlicePlan {
  create: {ports: DiscoveryEndpointPort[]; endpoints: Endpoint[]}[];
  update: EndpointSlice[];
  delete: EndpointSlice[];
}

/** Equal for two slices that hold the same ports, in any order. */
export const portsKey = (ports: readonly DiscoveryEndpointPort[] | undefined | null): string =>
  (ports ?? [])
    .map(({name = '', protocol = 'TCP', port, appProtocol}) => JSON.stringify([name, protocol, port, appProtocol]))
    .sort()
    .join();

type NodeLookup = (name: string) => Node | undefined;

/** Pods on a node that is gone are not served, unless their Service wants unready ones. */
export const podsWithoutNode = ({spec}: Service, pods: readonly Pod[], node: NodeLookup): Pod[] =>
  spec?.publishNotReadyAddresses ? [] : pods.filter(pod => isEndpoint(pod, true) && !node(pod.spec?.nodeName ?? ''));

/** The endpoints of a Service's pods, by ports. */
export function serviceGroups(service: Service, pods: readonly Pod[], addressType: string, node: NodeLookup): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>();
  const without = new Set(podsWithoutNode(service, pods, node));
  for (const pod of pods) {
    if (!isEndpoint(pod, true)) continue;
    const ports = endpointPorts(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? {ports, endpoints: []};
    groups.set(key, group);
    const host = pod.spec?.nodeName ? node(pod.spec.nodeName) : undefined;
    if (without.has(pod)) continue;
    const endpoint = podEndpoint(service, pod, addressType, host);
    if (endpoint.addresses.length > 0) group.endpoints.push(endpoint);
  }
  return [...groups.values()];
}

function endpointPorts(service: Service, pod: Pod): DiscoveryEndpointPort[] {
  return (service.spec?.ports ?? []).flatMap(servicePort => {
    const port = targetPort(pod, servicePort);
    if (port === undefined) return [];
    const {name = '', protocol, appProtocol} = servicePort;
    return [{name, protocol, port, ...(appProtocol !== undefined && {appProtocol})}];
  });
}

function podEndpoint(service: Service, pod: Pod, addressType: string, node: Node | undefined): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses || (serving && !terminating);
  const family = addressType === 'IPv6' ? 6 : 4;
  const {namespace, name, uid} = pod.metadata;
  const hostname = hostnameOf(pod, service);
  const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'];
  const hints = ready && !wantsTopologyHints(service) ? trafficHints(service, zone, pod.spec?.nodeName) : undefined;
  return {
    addresses: podIPs(pod).filter(ip => familyOf(ip) === family),
    conditions: {ready, serving, terminating},
    ...(hostname && {hostname}),
    targetRef: {kind: 'Pod', namespace, name, uid},
    ...(pod.spec?.nodeName && {nodeName: pod.spec.nodeName}),
    ...(zone && {zone}),
    ...(hints && {hints}),
  };
}

function trafficHints({spec}: Service, zone: string | undefined, node: string | undefined): Endpoint['hints'] {
  const wish = spec?.trafficDistribution;
  if (wish !== 'PreferClose' && wish !== 'PreferSameZone' && wish !== 'PreferSameNode') return undefined;
  const forNodes = node && wish === 'PreferSameNode' ? [{name: node}] : undefined;
  if (!zone && !forNodes) return undefined;
  return {...(zone && {forZones: [{name: zone}]}), ...(forNodes && {forNodes})};
}

/**
 * Fits endpoints into slices of at most `MAX_ENDPOINTS` with few writes: what is there stays in its slice, changed slices are filled up
 * first, then the fullest unchanged one that takes the rest, then new ones; slices that would go are used again for new ones. An owner
 * without endpoints keeps one empty slice if `placeholder` (k8s.io/endpointslice/reconciler.go).
 */
export function planSlices(
  existing: readonly EndpointSlice[],
  groups: readonly EndpointGroup[],
  labels: {[key: string]: string},
  placeholder: boolean,
): SlicePlan {
  const plan: SlicePlan = {create: [], update: [], delete: []};
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of existing) byPorts.set(portsKey(slice.ports), [...(byPorts.get(portsKey(slice.ports)) ?? []), slice]);
  const wanted = new Set(groups.map(({ports}) => portsKey(ports)));
  for (const group of groups) planGroup(plan, byPorts.get(portsKey(group.ports)) ?? [], group, labels);
  for (const [key, slices] of byPorts) if (!wanted.has(key)) plan.delete.push(...slices);

  if (placeholder && existing.length === plan.delete.length && plan.create.length === 0) {
    const [only] = plan.delete;
    if (plan.delete.length === 1 && isPlaceholder(only!) && equal(only!.metadata.labels, labels)) plan.delete = [];
    else plan.create.push({ports: [], endpoints: []});
  }
  while (plan.create.length > 0 && plan.delete.length > 0) {
    const slice = plan.delete.shift()!;
    plan.update.push({...slice, metadata: {...slice.metadata, labels}, ...plan.create.pop()!});
  }
  return plan;
}

const isPlaceholder = ({endpoints, ports}: EndpointSlice): boolean => !endpoints?.length && !ports?.length;

/** What makes two endpoints the same one in different states. */
const identity = ({addresses, hostname, nodeName, targetRef}: Endpoint): string =>
  JSON.stringify([addresses, hostname, nodeName, targetRef?.namespace, targetRef?.name, targetRef?.uid]);

function planGroup(plan: SlicePlan, existing: readonly EndpointSlice[], group: EndpointGroup, labels: {[key: string]: string}): void {
  const left = new Map(group.endpoints.map(endpoint => [identity(endpoint), endpoint]));
  const changed: {slice: EndpointSlice; endpoints: Endpoint[]}[] = [];
  let unchanged: EndpointSlice[] = [];
  for (const slice of existing) {
    const before = slice.endpoints ?? [];
    const kept = before.flatMap(endpoint => {
      const wanted = left.get(identity(endpoint));
      left.delete(identity(endpoint));
      return wanted ? [wanted] : [];
    });
    const isSame = kept.length === before.length && kept.every((endpoint, i) => equal(endpoint, before[i]));
    if (!isSame && kept.length === 0) plan.delete.push(slice);
    else if (!isSame || !equal(slice.metadata.labels, labels)) changed.push({slice, endpoints: kept});
    else unchanged.push(slice);
  }

  const rest = [...left.values()];
  changed.sort((a, b) => b.endpoints.length - a.endpoints.length);
  for (const {endpoints} of changed) endpoints.push(...rest.splice(0, MAX_ENDPOINTS - endpoints.length));
  while (rest.length > 0) {
    const roomy = rest.length < MAX_ENDPOINTS ? fullestThatTakes(unchanged, rest.length) : undefined;
    if (roomy) {
      unchanged = unchanged.filter(slice => slice !== roomy);
      changed.push({slice: roomy, endpoints: [...(roomy.endpoints ?? []), ...rest.splice(0)]});
    } else plan.create.push({ports: group.ports, endpoints: rest.splice(0, MAX_ENDPOINTS)});
  }
  for (const {slice, endpoints} of changed) plan.update.push({...slice, metadata: {...slice.metadata, labels}, endpoints});
}

function fullestThatTakes(slices: readonly EndpointSlice[], count: number): EndpointSlice | undefined {
  const size = ({endpoints}: EndpointSlice) => endpoints?.length ?? 0;
  return slices.filter(slice => size(slice) + count <= MAX_ENDPOINTS).sort((a, b) => size(b) - size(a))[0];
}
