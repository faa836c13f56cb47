import type {AffinityTerm, Cluster, ClusterEvent, FilterPlugin, NodeInfo, PodInfo, Rejection} from '../framework.ts';
import {rejection} from '../framework.ts';
import {countPods, remembered} from '../node-info.ts';

const AFFINITY = rejection("node(s) didn't match pod affinity rules", true);
const ANTI_AFFINITY = rejection("node(s) didn't match pod anti-affinity rules");
const EXISTING_ANTI_AFFINITY = rejection("node(s) didn't satisfy existing pods anti-affinity rules");

/** Required affinity and anti-affinity between pods, those of the pods already there included. */
export const interPodAffinity: FilterPlugin = {
  name: 'InterPodAffinity',
  prepare(pod, cluster) {
    const {requiredAffinity, requiredAntiAffinity} = pod;
    const existing = existingAntiAffinity(pod, cluster);
    if (requiredAffinity.length === 0 && requiredAntiAffinity.length === 0 && existing.size === 0) return undefined;
    const near = countTogether(requiredAffinity, cluster);
    const apart = requiredAntiAffinity.map(term => countTogether([term], cluster));
    // A group whose pods want each other has to begin somewhere.
    const first = near.size === 0 && requiredAffinity.every(term => term.matches(pod));
    return {
      filter(node): Rejection | undefined {
        if (!requiredAffinity.every(term => hasTopology(node, term) && (first || near.has(pairOf(node, term.topologyKey)))))
          return AFFINITY;
        if (requiredAntiAffinity.some((term, i) => hasTopology(node, term) && apart[i]!.has(pairOf(node, term.topologyKey))))
          return ANTI_AFFINITY;
        for (const [key, values] of existing) if (values.has(node.labels[key]!)) return EXISTING_ANTI_AFFINITY;
        return undefined;
      },
    };
  },
  hint: (event, pod) => mayHelp(event, pod),
};

const hasTopology = (node: NodeInfo, {topologyKey}: AffinityTerm): boolean => node.labels[topologyKey] !== undefined;

const pairOf = (node: NodeInfo, topologyKey: string): string => `${topologyKey}=${node.labels[topologyKey]}`;

/** The topology pairs in which a pod runs that matches all the terms. */
function countTogether(terms: readonly AffinityTerm[], cluster: Cluster): Set<string> {
  const pairs = new Set<string>();
  if (terms.length === 0) return pairs;
  const key = `affinity:${terms.map(term => term.key).join('&')}`;
  for (const node of cluster.nodes()) {
    if (countPods(node, key, other => terms.every(term => term.matches(other))) === 0) continue;
    for (const term of terms) if (hasTopology(node, term)) pairs.add(pairOf(node, term.topologyKey));
  }
  return pairs;
}

/** Label values by topology key where a pod runs that does not want this one near. */
function existingAntiAffinity(pod: PodInfo, cluster: Cluster): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const question = `avoiding:${pod.namespace}:${JSON.stringify(pod.labels)}`;
  for (const node of cluster.nodesWithAffinity()) {
    for (const topologyKey of remembered(node, question, () => avoidedTopologies(pod, node))) {
      const value = node.labels[topologyKey];
      if (value === undefined) continue;
      if (!found.has(topologyKey)) found.set(topologyKey, new Set());
      found.get(topologyKey)!.add(value);
    }
  }
  return found;
}

const avoidedTopologies = (pod: PodInfo, {podsWithAffinity}: NodeInfo): Set<string> =>
  new Set(
    [...podsWithAffinity.values()]
      .flatMap(({requiredAntiAffinity}) => requiredAntiAffinity)
      .filter(term => term.matches(pod))
      .map(({topologyKey}) => topologyKey),
  );

function mayHelp(event: ClusterEvent, pod: PodInfo): boolean {
  const near = (other: PodInfo) => pod.requiredAffinity.some(term => term.matches(other));
  const apart = (other: PodInfo) =>
    pod.requiredAntiAffinity.some(term => term.matches(other)) || other.requiredAntiAffinity.some(term => term.matches(pod));
  switch (event.type) {
    case 'PodAdd':
      return near(event.pod);
    case 'PodDelete':
      return apart(event.pod);
    case 'PodUpdate':
      return (near(event.pod) && !near(event.old)) || (apart(event.old) && !apart(event.pod));
    case 'NodeAdd':
      return true;
    case 'NodeUpdate':
      return [...pod.requiredAffinity, ...pod.requiredAntiAffinity].some(
        ({topologyKey}) => event.node.labels[topologyKey] !== event.old.labels[topologyKey],
      );
    case 'NamespaceUpdate':
      return true;
    default:
      return false;
  }
}
