import equal from 'fast-deep-equal';
import {familyOf} from '../server/api/ip.ts';
import type {EndpointAddress, EndpointPort, EndpointSubset, Pod, Service} from '../server/api/kinds.generated.ts';
import {endpoints as endpointsType} from '../server/api/resource-types.generated.ts';
import {ignoreNotFound} from '../server/api/status.ts';
import {isNamespaceTerminating, messageOf} from './replicaset.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf, splitKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {HEADLESS} from './support/endpoint-slices.ts';
import {isPodReady} from './support/pods.ts';
import {
  createTriggerTimes,
  hostnameOf,
  isEndpoint,
  isHeadless,
  podIPs,
  TRIGGER_TIME,
  targetPort,
  watchServicePods,
} from './support/service-pods.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const MAX_ADDRESSES = 1000;

/** The Endpoints of every Service that has a selector (pkg/controller/endpoint). */
export const endpointsController: ControllerDefinition = {
  name: 'endpoints-controller',
  alias: 'endpoint',
  serviceAccount: 'endpoint-controller',
  start(context) {
    const {client, events} = context;
    const queue = context.queue();
    const endpoints = context.informer(endpointsType);
    const {services, of} = watchServicePods(context, queue.add);
    const ownWrites = createOwnWrites();
    const triggerTimes = createTriggerTimes();
    endpoints.addHandler({deleted: object => queue.add(keyOf(object))});

    const remove = async (key: string) => {
      triggerTimes.forget(key);
      if (!endpoints.get(key)) return;
      await client.delete(endpointsType, splitKey(key)).catch(ignoreNotFound);
    };

    const reconcile = async (key: string) => {
      await ownWrites.shown(key);
      const service = services.get(key);
      if (!service) return remove(key);
      if (!service.spec?.selector || service.spec.type === 'ExternalName') return;
      const pods = of(service);
      const triggerTime = triggerTimes.next(service, pods);
      const {subsets, truncated} = truncate(serviceSubsets(service, pods));
      const labels = {...service.metadata.labels, ...(isHeadless(service) && {[HEADLESS]: ''}), [MANAGED_BY]: 'endpoint-controller'};
      const present = endpoints.get(key);
      const known = present?.metadata.annotations ?? {};
      if (
        present &&
        equal(present.subsets ?? [], subsets) &&
        equal(present.metadata.labels, labels) &&
        OVER_CAPACITY in known === truncated
      )
        return;

      const {[TRIGGER_TIME]: _last, [OVER_CAPACITY]: _over, ...others} = known;
      const annotations = {...others, ...(triggerTime && {[TRIGGER_TIME]: triggerTime}), ...(truncated && {[OVER_CAPACITY]: 'truncated'})};
      const {namespace, name} = service.metadata;
      const metadata = {...(present?.metadata ?? {name, namespace}), labels, annotations};
      try {
        const written = present
          ? await client.update(endpointsType, {...present, metadata, subsets})
          : await client.create(endpointsType, {metadata, subsets});
        ownWrites.wrote(key, endpoints, written);
      } catch (error) {
        if (!present && isNamespaceTerminating(error)) return;
        const target = {apiVersion: 'v1', kind: 'Endpoints', metadata};
        if (present) events.record(target, 'Warning', 'FailedToUpdateEndpoint', `Failed to update endpoint ${key}: ${messageOf(error)}`);
        else
          events.record(target, 'Warning', 'FailedToCreateEndpoint', `Failed to create endpoint for service ${key}: ${messageOf(error)}`);
        throw error;
      }
    };
    return [context.run(queue, reconcile)];
  },
};

/** Addresses that offer the same ports come into one subset; ready and not ready ones apart (RepackSubsets). */
export function serviceSubsets(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const {publishNotReadyAddresses = false, ports = [], ipFamilies} = service.spec!;
  const family = ipFamilies?.[0] === 'IPv6' ? 6 : 4;
  const subsets = new Map<string, {ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[]}>();
  for (const pod of pods) {
    const ip = podIPs(pod).find(address => familyOf(address) === family);
    if (ip === undefined || !isEndpoint(pod, publishNotReadyAddresses)) continue;
    const offered = ports.flatMap(servicePort => {
      const port = targetPort(pod, servicePort);
      const {name, protocol, appProtocol} = servicePort;
      return port === undefined ? [] : [{...(name && {name}), port, protocol, ...(appProtocol !== undefined && {appProtocol})}];
    });
    // Only a headless Service may do without ports.
    if (offered.length === 0 && (ports.length > 0 || !isHeadless(service))) continue;
    const key = JSON.stringify(offered.map(port => JSON.stringify(port)).sort());
    const subset = subsets.get(key) ?? {ports: offered, ready: [], notReady: []};
    subsets.set(key, subset);
    (publishNotReadyAddresses || isPodReady(pod) ? subset.ready : subset.notReady).push(addressOf(service, pod, ip));
  }
  return [...subsets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, {ports: offered, ready, notReady}]) => ({
      ...(ready.length > 0 && {addresses: sorted(ready)}),
      ...(notReady.length > 0 && {notReadyAddresses: sorted(notReady)}),
      ...(offered.length > 0 && {ports: offered}),
    }));
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const hostname = hostnameOf(pod, service);
  const {namespace, name, uid} = pod.metadata;
  return {
    ip,
    ...(hostname && {hostname}),
    ...(pod.spec?.nodeName && {nodeName: pod.spec.nodeName}),
    targetRef: {kind: 'Pod', namespace, name, uid},
  };
}

const sorted = (addresses: EndpointAddress[]): EndpointAddress[] =>
  addresses.sort((a, b) => (a.ip === b.ip ? (a.targetRef!.uid! < b.targetRef!.uid! ? -1 : 1) : a.ip < b.ip ? -1 : 1));

/** Endpoints hold a thousand addresses, ready ones first. */
function truncate(subsets: EndpointSubset[]): {subsets: EndpointSubset[]; truncated: boolean} {
  const count = (field: 'addresses' | 'notReadyAddresses') => subsets.reduce((sum, subset) => sum + (subset[field]?.length ?? 0), 0);
  const [ready, notReady] = [count('addresses'), count('notReadyAddresses')];
  if (ready + notReady <= MAX_ADDRESSES) return {subsets, truncated: false};
  let [readyLeft, notReadyLeft] = [MAX_ADDRESSES, Math.max(0, MAX_ADDRESSES - ready)];
  const cut = subsets.map(({addresses, notReadyAddresses, ports}) => {
    const kept = addresses?.slice(0, Math.min(readyLeft, Math.ceil((addresses.length / ready) * MAX_ADDRESSES)));
    const keptNotReady = notReadyAddresses?.slice(0, notReadyLeft);
    readyLeft -= kept?.length ?? 0;
    notReadyLeft -= keptNotReady?.length ?? 0;
    return {
      ...(kept?.length && {addresses: kept}),
      ...(keptNotReady?.length && {notReadyAddresses: keptNotReady}),
      ports,
    };
  });
  return {subsets: cut, truncated: true};
}
