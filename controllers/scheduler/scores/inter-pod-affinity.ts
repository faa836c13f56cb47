import type {AffinityTerm, Cluster, NodeInfo, PodInfo, ScorePlugin} from '../framework.ts';
import {MAX_NODE_SCORE} from '../framework.ts';

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
  const add = (node: NodeInfo, {topologyKey, weight}: AffinityTerm, factor: number) => {
    const value = node.labels[topologyKey];
    if (value === undefined) return;
    if (!weights.has(topologyKey)) weights.set(topologyKey, new Map());
    const values = weights.get(topologyKey)!;
    values.set(value, (values.get(value) ?? 0) + factor * weight);
  };
  const wants = pod.preferredAffinity.length + pod.preferredAntiAffinity.length > 0;
  for (const node of wants ? cluster.nodes() : cluster.nodesWithAffinity()) {
    for (const other of wants ? node.pods.values() : node.podsWithAffinity.values()) {
      for (const term of pod.preferredAffinity) if (term.matches(other)) add(node, term, 1);
      for (const term of pod.preferredAntiAffinity) if (term.matches(other)) add(node, term, -1);
      for (const term of other.requiredAffinity) if (term.matches(pod)) add(node, term, HARD_AFFINITY_WEIGHT);
      for (const term of other.preferredAffinity) if (term.matches(pod)) add(node, term, 1);
      for (const term of other.preferredAntiAffinity) if (term.matches(pod)) add(node, term, -1);
    }
  }
  return weights;
}
