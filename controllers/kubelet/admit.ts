import type {Pod} from '../../server/api/kinds.generated.ts';
import {portsConflict} from '../scheduler/filters/node-ports.ts';
import {hostPorts} from '../scheduler/pod-info.ts';
import {isPodFinished} from '../support/pods.ts';

/** Why a kubelet does not run a pod: what its status says. */
export interface Refusal {
  reason: string;
  message: string;
}

/** A pod that somebody put on its node past the scheduler, which has checked nothing. */
export const isUnscheduled = ({status}: Pod): boolean =>
  !(status?.conditions ?? []).some(({type, status: value}) => type === 'PodScheduled' && value === 'True');

/**
 * Why a node cannot take a pod besides its others; undefined: it can. Of what pkg/kubelet/lifecycle/predicate.go checks only host ports
 * count: simulated pods use nothing, and the recordings' nodes run a pod of any size.
 */
export function refusePod(pod: Pod, others: Iterable<Pod>): Refusal | undefined {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return undefined;
  for (const other of others) {
    if (other.metadata.uid === pod.metadata.uid || isPodFinished(other) || !portsConflict(wanted, hostPorts(other))) continue;
    return {reason: 'NodePorts', message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"};
  }
  return undefined;
}
