import type {FilterPlugin, NodeInfo, PodInfo, Rejection} from '../framework.ts';

/** The order in which upstream names the resources it looks at itself; all others follow. */
const FIRST = ['cpu', 'memory', 'ephemeral-storage'];

/** Allocatable minus requested has to cover the pod's requests. */
export const nodeResourcesFit: FilterPlugin = {
  name: 'NodeResourcesFit',
  prepare: pod => {
    const resources = requestedResources(pod);
    return {filter: node => insufficient(pod, resources, node)};
  },
  hint(event, pod) {
    switch (event.type) {
      case 'NodeAdd':
        return canEverFit(pod, event.node);
      case 'NodeUpdate':
        return canEverFit(pod, event.node) && grew(pod, event.node, event.old);
      case 'PodDelete':
        return true;
      case 'PodUpdate':
        return requestedResources(pod).some(name => (event.pod.requests[name] ?? 0) < (event.old.requests[name] ?? 0));
      default:
        return false;
    }
  },
};

const requestedResources = ({requests}: PodInfo): string[] => {
  const others = Object.keys(requests).filter(name => !FIRST.includes(name));
  return [...FIRST, ...others].filter(name => (requests[name] ?? 0) > 0);
};

function insufficient({requests}: PodInfo, resources: readonly string[], {allocatable, requested, pods}: NodeInfo): Rejection | undefined {
  let reasons: string[] | undefined;
  let unresolvable = false;
  if (pods.size + 1 > (allocatable.pods ?? 0)) reasons = ['Too many pods'];
  for (const name of resources) {
    const wanted = requests[name]!;
    const total = allocatable[name] ?? 0;
    if (wanted <= total - (requested[name] ?? 0)) continue;
    reasons ??= [];
    reasons.push(`Insufficient ${name}`);
    // Even the empty node would be too small.
    if (wanted > total) unresolvable = true;
  }
  return reasons && {reasons, unresolvable};
}

const canEverFit = (pod: PodInfo, {allocatable}: NodeInfo): boolean =>
  requestedResources(pod).every(name => pod.requests[name]! <= (allocatable[name] ?? 0));

const grew = (pod: PodInfo, {allocatable}: NodeInfo, old: NodeInfo): boolean =>
  ['pods', ...requestedResources(pod)].some(name => (allocatable[name] ?? 0) > (old.allocatable[name] ?? 0));
