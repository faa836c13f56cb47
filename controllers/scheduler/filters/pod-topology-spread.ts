import type {Cluster, FilterPlugin, NodeInfo, PodInfo} from '../framework.ts';
import {rejection} from '../framework.ts';
import type {Spread} from '../topology-spread.ts';
import {countSpread, hasTopologies, includesNode, spreadConstraints} from '../topology-spread.ts';

const SKEWED = rejection("node(s) didn't match pod topology spread constraints");
const NO_LABEL = rejection("node(s) didn't match pod topology spread constraints (missing required label)", true);

/** Constraints with DoNotSchedule. */
export const podTopologySpread: FilterPlugin = {
  name: 'PodTopologySpread',
  prepare(pod, cluster) {
    const constraints = spreadConstraints(pod, 'DoNotSchedule');
    if (constraints.length === 0) return undefined;
    const domains = constraints.map(constraint => countDomains(constraint, constraints, pod, cluster));
    const least = domains.map((counts, i) => (counts.size < constraints[i]!.minDomains ? 0 : Math.min(...counts.values())));
    return {
      filter(node) {
        for (const [i, {topologyKey, maxSkew, matches}] of constraints.entries()) {
          const value = node.labels[topologyKey];
          if (value === undefined) return NO_LABEL;
          const self = matches(pod.labels) ? 1 : 0;
          if ((domains[i]!.get(value) ?? 0) + self - finite(least[i]!) > maxSkew) return SKEWED;
        }
        return undefined;
      },
    };
  },
  hint(event, pod) {
    const constraints = spreadConstraints(pod, 'DoNotSchedule');
    const counts = (other: PodInfo) => other.namespace === pod.namespace && constraints.some(({matches}) => matches(other.labels));
    switch (event.type) {
      case 'PodAdd':
      case 'PodDelete':
        return counts(event.pod);
      case 'PodUpdate':
        return counts(event.pod) !== counts(event.old);
      case 'NodeAdd':
        return hasTopologies(constraints, event.node);
      case 'NodeUpdate':
        return topologyChanged(constraints, event.node, event.old);
      default:
        return false;
    }
  },
};

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

function countDomains(constraint: Spread, all: readonly Spread[], pod: PodInfo, cluster: Cluster): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of cluster.nodes()) {
    if (!hasTopologies(all, node) || !includesNode(constraint, pod, node)) continue;
    const value = node.labels[constraint.topologyKey]!;
    counts.set(value, (counts.get(value) ?? 0) + countSpread(node, constraint, pod.namespace));
  }
  return counts;
}

const topologyChanged = (constraints: readonly Spread[], node: NodeInfo, old: NodeInfo): boolean =>
  hasTopologies(constraints, node) !== hasTopologies(constraints, old) ||
  constraints.some(({topologyKey}) => node.labels[topologyKey] !== old.labels[topologyKey]) ||
  JSON.stringify(node.node.spec?.taints) !== JSON.stringify(old.node.spec?.taints);
