import type {Cluster, NodeInfo, PodInfo, ScorePlugin} from '../framework.ts';
import {MAX_NODE_SCORE} from '../framework.ts';
import type {Spread} from '../topology-spread.ts';
import {countSpread, HOSTNAME, hasTopologies, includesNode, spreadConstraints, ZONE} from '../topology-spread.ts';

/** Constraints with ScheduleAnyway; pods of a service or controller that have no constraints are spread by default. */
export const podTopologySpreadScore: ScorePlugin = {
  name: 'PodTopologySpread',
  weight: 2,
  score(pod, nodes, cluster) {
    const own = spreadConstraints(pod, 'ScheduleAnyway');
    const constrained = (pod.pod.spec.topologySpreadConstraints ?? []).length > 0;
    const constraints = constrained ? own : defaultConstraints(pod, cluster);
    if (constraints.length === 0) return undefined;
    const counted = (node: NodeInfo) => !constrained || hasTopologies(constraints, node);
    const eligible = nodes.filter(counted);
    const scorers = constraints.map(constraint => scorer(constraint, pod, eligible, cluster, counted));
    const scores = nodes.map(node => (counted(node) ? Math.round(scorers.reduce((sum, score) => sum + score(node), 0)) : undefined));
    return inverted(scores);
  },
};

function scorer(constraint: Spread, pod: PodInfo, eligible: readonly NodeInfo[], cluster: Cluster, counted: (node: NodeInfo) => boolean) {
  const {topologyKey, maxSkew} = constraint;
  const hostname = topologyKey === HOSTNAME;
  const domains = new Map<string, number>();
  if (!hostname) {
    for (const {labels} of eligible) if (labels[topologyKey] !== undefined) domains.set(labels[topologyKey], 0);
    for (const node of cluster.nodes()) {
      const value = node.labels[topologyKey];
      if (value === undefined || !domains.has(value) || !counted(node) || !includesNode(constraint, pod, node)) continue;
      domains.set(value, domains.get(value)! + countSpread(node, constraint, pod.namespace));
    }
  }
  // The more domains there are, the more one pod in a domain weighs.
  const weight = Math.log((hostname ? eligible.length : domains.size) + 2);
  return (node: NodeInfo): number => {
    const value = node.labels[topologyKey];
    if (value === undefined) return 0;
    const count = hostname ? countSpread(node, constraint, pod.namespace) : (domains.get(value) ?? 0);
    return count * weight + (maxSkew - 1);
  };
}

/** The fewer, the better: the highest count becomes the lowest score. Nodes that do not count get 0. */
function inverted(scores: readonly (number | undefined)[]): number[] {
  const known = scores.filter(score => score !== undefined);
  const [min, max] = [Math.min(...known), Math.max(0, ...known)];
  return scores.map(score => {
    if (score === undefined) return 0;
    return max === 0 ? MAX_NODE_SCORE : Math.trunc((MAX_NODE_SCORE * (max + min - score)) / max);
  });
}

/** The built-in defaults: hosts with a skew of 3, zones with 5. */
function defaultConstraints(pod: PodInfo, {lookup}: Cluster): Spread[] {
  const selector = lookup.defaultSelector(pod.pod);
  if (!selector) return [];
  const common = {
    minDomains: 1,
    key: `spread:${pod.namespace}:${selector.key}`,
    matches: selector.matches,
    honorsAffinity: true,
    honorsTaints: false,
  };
  return [
    {...common, topologyKey: HOSTNAME, maxSkew: 3},
    {...common, topologyKey: ZONE, maxSkew: 5},
  ];
}
