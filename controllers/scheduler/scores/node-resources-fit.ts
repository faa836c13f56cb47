import type {ScorePlugin} from '../framework.ts';
import {MAX_NODE_SCORE} from '../framework.ts';

/** Prefers the node with the largest free part of cpu and memory (LeastAllocated). */
export const nodeResourcesFitScore: ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  score({assumedRequests}, nodes) {
    return nodes.map(({allocatable, assumed}) => {
      const cpu = freePart(assumed.cpu + assumedRequests.cpu, allocatable.cpu);
      const memory = freePart(assumed.memory + assumedRequests.memory, allocatable.memory);
      const parts = [cpu, memory].filter(part => part !== undefined);
      return parts.length === 0 ? 0 : Math.trunc(parts.reduce((sum, part) => sum + part, 0) / parts.length);
    });
  },
};

function freePart(requested: number, capacity: number | undefined): number | undefined {
  if (!capacity) return undefined;
  return requested > capacity ? 0 : Math.trunc(((capacity - requested) * MAX_NODE_SCORE) / capacity);
}
