import type {Container, Pod, PodAffinityTerm, WeightedPodAffinityTerm} from '../../server/api/kinds.generated.ts';
import type {AffinityTerm, Amounts, HostPort, Lookup, PodInfo} from './framework.ts';
import {labelSelectorMatcher} from './label-selector.ts';
import {parseAmounts} from './node-info.ts';

const ASSUMED_CPU = 100;
const ASSUMED_MEMORY = 200 * 1024 * 1024;
const NONE: readonly never[] = [];

/** Parses what the plugins need of a pod. */
export function newPodInfo(pod: Pod, lookup: Pick<Lookup, 'namespaceLabels'>): PodInfo {
  const {metadata, spec} = pod;
  const namespace = metadata.namespace!;
  const {podAffinity, podAntiAffinity} = spec.affinity ?? {};
  const required = (terms: readonly PodAffinityTerm[] | undefined) => terms?.map(term => compile(term, 1, namespace, lookup)) ?? NONE;
  const preferred = (terms: readonly WeightedPodAffinityTerm[] | undefined) =>
    terms?.map(({podAffinityTerm, weight}) => compile(podAffinityTerm, weight, namespace, lookup)) ?? NONE;
  return {
    pod,
    key: `${namespace}/${metadata.name}`,
    uid: metadata.uid!,
    namespace,
    labels: metadata.labels ?? {},
    priority: spec.priority ?? 0,
    requests: podRequests(pod),
    assumedRequests: assumedRequests(pod),
    hostPorts: hostPorts(pod),
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
}

/** What a pod asks of its node (k8s.io/component-helpers/resource PodRequests). */
export function podRequests(pod: Pod): Amounts {
  const {spec} = pod;
  const allocated = new Map((pod.status?.containerStatuses ?? []).map(({name, allocatedResources}) => [name, allocatedResources]));
  const requestsOf = (container: Container): Amounts => {
    const amounts = parseAmounts(container.resources?.requests ?? {});
    const running = allocated.get(container.name);
    // While a resize is under way the larger of wish and allocation counts.
    return running ? maximum(amounts, parseAmounts(running)) : amounts;
  };
  const total = podAmounts(spec.containers, spec.initContainers ?? [], requestsOf);
  const own = spec.resources?.requests;
  if (own) Object.assign(total, parseAmounts(own));
  return spec.overhead ? sum(total, parseAmounts(spec.overhead)) : total;
}

function assumedRequests(pod: Pod): {cpu: number; memory: number} {
  const assumed = ({resources}: Container): Amounts => {
    const {cpu = ASSUMED_CPU, memory = ASSUMED_MEMORY} = parseAmounts(resources?.requests ?? {});
    return {cpu, memory};
  };
  const own = parseAmounts(pod.spec.resources?.requests ?? {});
  const {cpu = 0, memory = 0} = podAmounts(pod.spec.containers, pod.spec.initContainers ?? [], assumed);
  const overhead = parseAmounts(pod.spec.overhead ?? {});
  return {cpu: (own.cpu ?? cpu) + (overhead.cpu ?? 0), memory: (own.memory ?? memory) + (overhead.memory ?? 0)};
}

/** All containers and sidecars together, or the largest moment of the start, whichever is more. */
function podAmounts(
  containers: readonly Container[],
  initContainers: readonly Container[],
  amountsOf: (container: Container) => Amounts,
): Amounts {
  let total = containers.map(amountsOf).reduce(sum, {});
  let sidecars: Amounts = {};
  let starting: Amounts = {};
  for (const container of initContainers) {
    const amounts = amountsOf(container);
    if (container.restartPolicy === 'Always') {
      total = sum(total, amounts);
      sidecars = sum(sidecars, amounts);
      starting = maximum(starting, sidecars);
    } else starting = maximum(starting, sum(sidecars, amounts));
  }
  return maximum(total, starting);
}

const sum = (a: Amounts, b: Amounts): Amounts => combine(a, b, (x, y) => x + y);
const maximum = (a: Amounts, b: Amounts): Amounts => combine(a, b, Math.max);

function combine(a: Amounts, b: Amounts, operate: (x: number, y: number) => number): Amounts {
  const result = {...a};
  for (const name in b) result[name] = operate(a[name] ?? 0, b[name]!);
  return result;
}

/** The ports of its node that a pod takes for itself. */
export function hostPorts({spec}: Pod): readonly HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({restartPolicy}) => restartPolicy === 'Always');
  const ports = [...spec.containers, ...sidecars].flatMap(container => container.ports ?? []);
  if (!ports.some(port => port.hostPort)) return NONE;
  return ports
    .filter(port => port.hostPort)
    .map(({hostPort, hostIP, protocol}) => ({port: hostPort!, ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP'}));
}

function compile(term: PodAffinityTerm, weight: number, namespace: string, lookup: Pick<Lookup, 'namespaceLabels'>): AffinityTerm {
  const {topologyKey, labelSelector, namespaceSelector} = term;
  const selects = labelSelectorMatcher(labelSelector);
  const selectsNamespace = namespaceSelector && labelSelectorMatcher(namespaceSelector);
  const namespaces = new Set(term.namespaces?.length || namespaceSelector ? term.namespaces : [namespace]);
  const inNamespace = (name: string) =>
    namespaces.has(name) || (!!selectsNamespace && selectsNamespace(lookup.namespaceLabels(name) ?? {}));
  return {
    topologyKey,
    weight,
    key: JSON.stringify([topologyKey, labelSelector, namespaceSelector, [...namespaces]]),
    matches: pod => selects(pod.labels) && inNamespace(pod.namespace),
  };
}
