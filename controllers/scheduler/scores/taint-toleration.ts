import type {ScorePlugin} from '../framework.ts';
import {normalizeScores} from '../framework.ts';
import {toleratesTaint} from '../taints.ts';

/** Nodes with fewer untolerated PreferNoSchedule taints are better. */
export const taintTolerationScore: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  score({pod}, nodes) {
    const counts = nodes.map(
      ({node}) =>
        (node.spec?.taints ?? []).filter(taint => taint.effect === 'PreferNoSchedule' && !toleratesTaint(pod.spec.tolerations, taint))
          .length,
    );
    return counts.some(count => count > 0) ? normalizeScores(counts, true) : undefined;
  },
};
