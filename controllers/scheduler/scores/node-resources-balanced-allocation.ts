import type {ScorePlugin} from '../framework.ts';
import {MAX_NODE_SCORE} from '../framework.ts';

/** Prefers nodes where cpu and memory end up used to the same degree. */
export const nodeResourcesBalancedAllocationScore: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score({requests}, nodes) {
    const {cpu = 0, memory = 0} = requests;
    if (cpu === 0 && memory === 0) return undefined;
    return nodes.map(({allocatable, requested}) => {
      const part = (name: 'cpu' | 'memory', wanted: number) =>
        allocatable[name] ? Math.min(1, ((requested[name] ?? 0) + wanted) / allocatable[name]) : 0;
      const deviation = Math.abs(part('cpu', cpu) - part('memory', memory)) / 2;
      return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
    });
  },
};
