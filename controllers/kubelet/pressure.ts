import type {Node} from '../../server/api/kinds.generated.ts';
import type {PodRecord} from './pod-record.ts';

/** The conditions of a node under which its kubelet evicts pods, with the resource that is short. */
const PRESSURES: {readonly [condition: string]: string} = {
  MemoryPressure: 'memory',
  DiskPressure: 'ephemeral-storage',
  PIDPressure: 'pids',
};

/** Priorities from here on are critical pods, which stay (scheduling.SystemCriticalPriority). */
const CRITICAL = 2_000_000_000;

/** The resource that a node says it is short of; somebody has set the condition. */
export function pressureOf({status}: Node): string | undefined {
  const condition = (status?.conditions ?? []).find(({type, status: value}) => PRESSURES[type] !== undefined && value === 'True');
  return condition && PRESSURES[condition.type];
}

/** Why a pod has to leave a node under pressure: those that asked for nothing go first, and nobody knows what the others use. */
export function evictionMessage({pod}: PodRecord, pressure: string): string | undefined {
  if (pod.status?.qosClass !== 'BestEffort' || (pod.spec.priority ?? 0) >= CRITICAL) return undefined;
  return `The node was low on resource: ${pressure}. `;
}
