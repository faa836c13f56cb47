import type {ScorePlugin} from '../framework.ts';
import {normalizeScores} from '../framework.ts';
import {matchesNodeSelectorTerm} from '../node-selector.ts';

/** The weights of the preferred node affinity terms that match. */
export const nodeAffinityScore: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  score({pod}, nodes) {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    if (!preferred?.length) return undefined;
    const weights = nodes.map(node =>
      preferred.filter(({preference}) => matchesNodeSelectorTerm(preference, node)).reduce((sum, {weight}) => sum + weight, 0),
    );
    return normalizeScores(weights);
  },
};
