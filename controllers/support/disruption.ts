import type {ApiClient} from '../../server/api/client.ts';
import type {Pod} from '../../server/api/kinds.generated.ts';
import {pods as podType} from '../../server/api/resource-types.generated.ts';
import {formatTime} from '../../server/api/time.ts';
import {podCondition} from './pods.ts';

export interface Disruption {
  reason: string;
  message: string;
  /** The phase that the pod gets with it. */
  phase?: 'Failed';
}

/** Writes the DisruptionTarget condition by which a pod tells why it goes; nothing if it is there. */
export async function markDisrupted(client: ApiClient, pod: Pod, {reason, message, phase}: Disruption, now: number): Promise<void> {
  const current = podCondition(pod, 'DisruptionTarget');
  if (current?.status === 'True' && current.reason === reason && (!phase || pod.status?.phase === phase)) return;
  const {namespace, name, uid, generation} = pod.metadata;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason,
    message,
    lastTransitionTime: formatTime(now),
    observedGeneration: generation,
  };
  const patch = {metadata: {uid}, status: {...(phase && {phase}), conditions: [condition]}};
  await client.patch(podType, {namespace, name: name!}, {type: 'strategic', patch}, {subresource: 'status'});
}
