import equal from 'fast-deep-equal';
import type {Pod, PodTemplateSpec, ReplicaSetCondition, ReplicaSetStatus} from '../server/api/kinds.generated.ts';
import {formatTime, parseTime} from '../server/api/time.ts';
import {isPodAvailable, isPodReady, podCondition, restartCount} from './support/pods.ts';

/** What ReplicaSet and ReplicationController have in common. */
export interface ReplicaSpec {
  replicas?: number;
  minReadySeconds?: number;
  template?: PodTemplateSpec;
}

export interface ReplicaCounts {
  spec: ReplicaSpec;
  generation: number | undefined;
  status: ReplicaSetStatus | undefined;
  active: readonly Pod[];
  /** Left out for ReplicationControllers, whose status does not tell. */
  terminating?: number;
  now: number;
  /** Why not all pods could be made or deleted; `surplus` says which of the two was tried. */
  failure?: {message: string; surplus: boolean};
}

/** The status that these pods make (replicaset.calculateStatus). */
export function replicaStatus({spec, generation, status, active, terminating, now, failure}: ReplicaCounts): ReplicaSetStatus {
  const labels = Object.entries(spec.template?.metadata?.labels ?? {});
  const isFullyLabeled = (pod: Pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value);
  const ready = active.filter(isPodReady);
  const conditions = failureConditions(status?.conditions ?? [], failure, now);
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter(isFullyLabeled).length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter(pod => isPodAvailable(pod, spec.minReadySeconds ?? 0, now)).length,
    ...(terminating !== undefined && {terminatingReplicas: terminating}),
    observedGeneration: generation,
    ...(conditions.length > 0 && {conditions}),
  };
}

function failureConditions(conditions: ReplicaSetCondition[], failure: ReplicaCounts['failure'], now: number): ReplicaSetCondition[] {
  const known = conditions.find(({type}) => type === 'ReplicaFailure');
  if (failure && known) return conditions;
  if (!failure) return known ? conditions.filter(condition => condition !== known) : conditions;
  const reason = failure.surplus ? 'FailedDelete' : 'FailedCreate';
  const condition = {type: 'ReplicaFailure', status: 'True', lastTransitionTime: formatTime(now), reason, message: failure.message};
  return [...conditions, condition];
}

/** Are two statuses the same for a client, zero and absent being equal? */
export function sameReplicaStatus(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const;
  return (
    counts.every(name => (a?.[name] ?? 0) === (b[name] ?? 0)) &&
    a?.terminatingReplicas === b.terminatingReplicas &&
    equal(a?.conditions ?? [], b.conditions ?? [])
  );
}

export interface RankedPod {
  pod: Pod;
  /** How many related pods are on the same node. */
  rank: number;
}

/**
 * The pods to delete first, first (controller.ActivePodsWithRanks): unassigned, pending, unready, cheap, crowded, ready for a shorter
 * time, restarted more often, younger. Times count by powers of two, so that the choice among old pods is by uid, as if random.
 */
export function deletionOrder(pods: readonly RankedPod[], now: number): RankedPod[] {
  return [...pods].sort((a, b) => compareForDeletion(a, b, now));
}

const PHASES: {[phase: string]: number} = {Pending: 0, Unknown: 1, Running: 2};
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const deletionCost = ({metadata}: Pod): number => {
  const text = metadata.annotations?.[DELETION_COST];
  return text !== undefined && /^(0|[+-]?[1-9]\d*)$/.test(text) ? Number(text) : 0;
};

const readySince = (pod: Pod): number | undefined => {
  const ready = podCondition(pod, 'Ready');
  return ready?.status === 'True' && ready.lastTransitionTime ? parseTime(ready.lastTransitionTime) : undefined;
};

function compareForDeletion(a: RankedPod, b: RankedPod, now: number): number {
  const [p, q] = [a.pod, b.pod];
  return (
    Number(Boolean(p.spec?.nodeName)) - Number(Boolean(q.spec?.nodeName)) ||
    (PHASES[p.status?.phase ?? ''] ?? 0) - (PHASES[q.status?.phase ?? ''] ?? 0) ||
    Number(isPodReady(p)) - Number(isPodReady(q)) ||
    deletionCost(p) - deletionCost(q) ||
    b.rank - a.rank ||
    (isPodReady(p) && isPodReady(q) ? compareAge(readySince(p), readySince(q), p, q, now) : 0) ||
    restartCount(q) - restartCount(p) ||
    compareAge(timeOf(p.metadata.creationTimestamp), timeOf(q.metadata.creationTimestamp), p, q, now)
  );
}

const timeOf = (text: string | null | undefined): number | undefined => (text ? parseTime(text) : undefined);

function compareAge(a: number | undefined, b: number | undefined, p: Pod, q: Pod, now: number): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const [left, right] = [logarithmicRank(a, now), logarithmicRank(b, now)];
  if (left !== right) return left - right;
  return p.metadata.uid! < q.metadata.uid! ? -1 : 1;
}

/** log2 of the age in nanoseconds, as Go's time.Duration counts. */
const logarithmicRank = (time: number, now: number): number => {
  const age = now - time;
  return age <= 0 ? -1 : Math.trunc(Math.log2(age * 1e6));
};
