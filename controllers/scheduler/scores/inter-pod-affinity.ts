import type {AffinityTerm, Cluster, NodeInfo, PodInfo, ScorePlugin} from '../framework.ts';
import {MAX_NODE_SCORE} from '../framework.ts';
import {countPods, remembered} from '../node-info.ts';

/** What the required affinity of a pod already there is worth to one it wants near. */
const HARD_AFFINITY_WEIGHT = 1;

/** Preferred affinity and anti-affinity between pods, in both directions. */
export const interPodAffinityScore: ScorePlugin = {
  name: 'InterPodAffinity',
  weight: 2,
  score(pod, nodes, cluster) {
    const weights = topologyWeights(pod, cluster);
    if (weights.size === 0) return undefined;
    const scores = nodes.map(({labels}) => {
      let score = 0;
      for (const [key, values] of weights) score += values.get(labels[key] ?? '') ?? 0;
      return score;
    });
    const [min, max] = [Math.min(...scores), Math.max(...scores)];
    return scores.map(score => (max > min ? Math.trunc((MAX_NODE_SCORE * (score - min)) / (max - min)) : 0));
  },
};

function topologyWeights(pod: PodInfo, cluster: Cluster): Map<string, Map<string, number>> {
  const weights = new Map<string, Map<string, number>>();
  const add = (node: NodeInfo, topologyKey: string, weight: number) => {
    const value = node.labels[topologyKey];
    if (value === undefined || weight === 0) return;
    if (!weights.has(topologyKey)) weights.set(topologyKey, new Map());
    const values = weights.get(topologyKey)!;
    values.set(value, (values.get(value) ?? 0) + weight);
  };
  const wanted: [AffinityTerm, number][] = [
    ...pod.preferredAffinity.map((term): [AffinityTerm, number] => [term, 1]),
    ...pod.preferredAntiAffinity.map((term): [AffinityTerm, number] => [term, -1]),
  ];
  if (wanted.length > 0) {
    for (const node of cluster.nodes()) {
      for (const [term, sign] of wanted) {
        const count = countPods(node, `affinity:${term.key}`, other => term.matches(other));
        add(node, term.topologyKey, sign * term.weight * count);
      }
    }
  }
  const question = `wishes:${pod.namespace}:${JSON.stringify(pod.labels)}`;
  for (const node of cluster.nodesWithAffinity()) {
    for (const [topologyKey, weight] of remembered(node, question, () => wishesFor(pod, node))) add(node, topologyKey, weight);
  }
  return weights;
}

/** What the pods there would give for having this one near, by topology key. */
function wishesFor(pod: PodInfo, {podsWithAffinity}: NodeInfo): Map<string, number> {
  const wishes = new Map<string, number>();
  const count = (terms: readonly AffinityTerm[], weightOf: (term: AffinityTerm) => number) => {
    for (const term of terms) if (term.matches(pod)) wishes.set(term.topologyKey, (wishes.get(term.topologyKey) ?? 0) + weightOf(term));
  };
  for (const other of podsWithAffinity.values()) {
    count(other.requiredAffinity, () => HARD_AFFINITY_WEIGHT);
    count(other.preferredAffinity, ({weight}) => weight);
    count(other.preferredAntiAffinity, ({weight}) => -weight);
  }
  return wishes;
}
