import type {Pod, PodCondition} from '../../server/api/kinds.generated.ts';
import {parseTime} from '../../server/api/time.ts';

export const isPodFinished = ({status}: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Neither finished nor on its way out (controller.IsPodActive). */
export const isPodActive = (pod: Pod): boolean => !isPodFinished(pod) && !pod.metadata.deletionTimestamp;

/** On its way out, but not finished (controller.IsPodTerminating). */
export const isPodTerminating = (pod: Pod): boolean => !isPodFinished(pod) && pod.metadata.deletionTimestamp !== undefined;

export const podCondition = ({status}: Pod, type: string): PodCondition | undefined =>
  status?.conditions?.find(condition => condition.type === type);

export const isPodReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True';

/** When it will have been ready for `minReadySeconds`, in milliseconds since the epoch; undefined: it is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  return ready.lastTransitionTime ? parseTime(ready.lastTransitionTime) + minReadySeconds * 1000 : Number.POSITIVE_INFINITY;
}

export const isPodAvailable = (pod: Pod, minReadySeconds: number, now: number): boolean =>
  (availableAt(pod, minReadySeconds) ?? Number.POSITIVE_INFINITY) <= now;

export const restartCount = ({status}: Pod): number =>
  Math.max(0, ...(status?.containerStatuses ?? []).map(container => container.restartCount ?? 0));
