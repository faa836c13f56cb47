import type {Rejection} from './framework.ts';

/** Why no node could take a pod. */
export interface Diagnosis {
  /** How many nodes there are. */
  nodes: number;
  /** The refused nodes by name. */
  rejected: Map<string, Rejection>;
  /** Said once for all nodes that no filter looked at. */
  unvisited?: Rejection;
  /** A plugin refused the pod before any node was looked at. */
  prepared?: Rejection;
  /** The plugins that refused, by name. */
  plugins: Set<string>;
}

/** The text of the event and the condition; `postFilter` is what preemption found (framework.FitError). */
export function describeDiagnosis({nodes, rejected, unvisited, prepared}: Diagnosis, postFilter = ''): string {
  const end = postFilter && ` ${postFilter}`;
  if (prepared) return `0/${nodes} nodes are available: ${prepared.reasons.join(', ')}.${end}`;
  const counts = new Map<string, number>();
  const count = (reasons: readonly string[], times: number) => {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + times);
  };
  for (const {reasons} of rejected.values()) count(reasons, 1);
  if (unvisited && rejected.size < nodes) count(unvisited.reasons, nodes - rejected.size);
  const listed = [...counts].map(([reason, times]) => `${times} ${reason}`).sort(byBytes);
  return `0/${nodes} nodes are available${listed.length > 0 ? `: ${listed.join(', ')}.` : ''}${end}`;
}

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
