import type {Container, Pod, Service, ServicePort} from '../../server/api/kinds.generated.ts';
import {pods as podType, services as serviceType} from '../../server/api/resource-types.generated.ts';
import {parseTime} from '../../server/api/time.ts';
import type {ControllerContext} from '../runtime/definition.ts';
import type {Informer} from '../runtime/informer.ts';
import {keyOf, objectKey} from '../runtime/informer.ts';
import {isPodFinished, isPodReady, podCondition} from './pods.ts';

// What the endpoints and the endpointslice controllers know of Services and their pods.

export interface ServicePods {
  readonly services: Informer<Service>;
  readonly pods: Informer<Pod>;
  /** The pods that a Service selects. */
  of(service: Service): Pod[];
}

/** Enqueues a Service when it or a pod of it changes in a way that its endpoints show. */
export function watchServicePods(context: ControllerContext, enqueue: (key: string) => void): ServicePods {
  const services = context.informer(serviceType);
  const pods = context.informer(podType);
  const changed = (service: Service) => enqueue(keyOf(service));
  services.addHandler({added: changed, updated: changed, deleted: changed});

  const enqueueSelecting = (pod: Pod) => {
    for (const service of services.list(pod.metadata.namespace)) if (selectsPod(service, pod)) changed(service);
  };
  pods.addHandler({
    added: enqueueSelecting,
    updated(pod, old) {
      if (sameEndpoint(pod, old)) return;
      enqueueSelecting(pod);
      if (!sameLabels(pod, old)) enqueueSelecting(old);
    },
    deleted: enqueueSelecting,
  });
  return {services, pods, of: service => pods.list(service.metadata.namespace).filter(selectorOf(service))};
}

/** A Service without selector selects nothing: its endpoints are made by others. */
function selectorOf({spec}: Service): (pod: Pod) => boolean {
  const selector = Object.entries(spec?.selector ?? {});
  if (selector.length === 0) return () => false;
  return ({metadata: {labels}}) => labels !== undefined && selector.every(([key, value]) => labels[key] === value);
}

const selectsPod = (service: Service, pod: Pod): boolean => selectorOf(service)(pod);

const sameLabels = (a: Pod, b: Pod): boolean => {
  if (a.metadata.labels === b.metadata.labels) return true;
  const [left, right] = [Object.entries(a.metadata.labels ?? {}), b.metadata.labels ?? {}];
  return left.length === Object.keys(right).length && left.every(([key, value]) => right[key] === value);
};

function sameEndpoint(a: Pod, b: Pod): boolean {
  const ips = ({status}: Pod) => (status?.podIPs ?? []).map(({ip}) => ip).join();
  return (
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    isPodReady(a) === isPodReady(b) &&
    isPodFinished(a) === isPodFinished(b) &&
    a.status?.podIP === b.status?.podIP &&
    ips(a) === ips(b) &&
    a.spec?.nodeName === b.spec?.nodeName &&
    a.spec?.hostname === b.spec?.hostname &&
    a.spec?.subdomain === b.spec?.subdomain &&
    sameLabels(a, b)
  );
}

/** Finished pods and those without address are never endpoints, terminating ones only if asked for. */
export const isEndpoint = (pod: Pod, includeTerminating: boolean): boolean =>
  !isPodFinished(pod) && podIPs(pod).length > 0 && (includeTerminating || !pod.metadata.deletionTimestamp);

export const podIPs = ({status}: Pod): string[] =>
  status?.podIPs?.length ? status.podIPs.map(({ip}) => ip) : status?.podIP ? [status.podIP] : [];

export const isHeadless = ({spec}: Service): boolean => !spec?.clusterIP || spec.clusterIP === 'None';

/** The hostname under which a headless Service of the same name as the pod's subdomain publishes it. */
export const hostnameOf = ({spec, metadata}: Pod, service: Service): string | undefined =>
  spec?.hostname && spec.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace
    ? spec.hostname
    : undefined;

/** The pod's port behind a Service port; undefined: no container has a port of that name. */
export function targetPort(pod: Pod, {targetPort: target, protocol, port}: ServicePort): number | undefined {
  if (typeof target !== 'string') return target ?? port;
  const sidecars = (pod.spec?.initContainers ?? []).filter(({restartPolicy}) => restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars] as Container[]) {
    const found = container.ports?.find(({name, protocol: own}) => name === target && own === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Tells when the oldest change happened that endpoints do not show yet (endpointslice/util TriggerTimeTracker). */
export interface TriggerTimes {
  /** RFC 3339; undefined: nothing changed since the last time. */
  next(service: Service, pods: readonly Pod[]): string | undefined;
  forget(key: string): void;
}

export function createTriggerTimes(): TriggerTimes {
  const seen = new Map<string, {service: number; pods: Map<string, number>}>();
  return {
    next(service, pods) {
      const key = keyOf(service);
      const last = seen.get(key);
      const changes: string[] = [];
      const times = new Map<string, number>();
      for (const pod of pods) {
        const time = podCondition(pod, 'Ready')?.lastTransitionTime;
        if (!time) continue;
        const name = objectKey(pod.metadata.namespace, pod.metadata.name!);
        times.set(name, parseTime(time));
        if (parseTime(time) > (last?.pods.get(name) ?? 0)) changes.push(time);
      }
      const created = service.metadata.creationTimestamp;
      if (created && parseTime(created) > (last?.service ?? 0)) changes.push(created);
      seen.set(key, {service: created ? parseTime(created) : 0, pods: times});
      return changes.sort()[0];
    },
    forget: key => void seen.delete(key),
  };
}
