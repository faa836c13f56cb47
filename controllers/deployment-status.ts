import equal from 'fast-deep-equal';
import type {Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet} from '../server/api/kinds.generated.ts';
import {formatTime, parseTime} from '../server/api/time.ts';
import {fenceposts, replicasOf, wishedTotal} from './deployment-replicasets.ts';

// What a Deployment says of itself (pkg/controller/deployment/progress.go, util).

/** Sets a condition; one of the same status and reason stays as it is, its message included (SetDeploymentCondition). */
export function withCondition(conditions: readonly DeploymentCondition[] = [], condition: DeploymentCondition): DeploymentCondition[] {
  const current = conditions.find(({type}) => type === condition.type);
  if (current?.status === condition.status && current.reason === condition.reason) return [...conditions];
  const lastTransitionTime = current?.status === condition.status ? current.lastTransitionTime : condition.lastTransitionTime;
  return [...conditions.filter(({type}) => type !== condition.type), {...condition, lastTransitionTime}];
}

const without = (conditions: readonly DeploymentCondition[] = [], unwanted: string): DeploymentCondition[] =>
  conditions.filter(({type}) => type !== unwanted);

export function newCondition(type: string, status: string, reason: string, message: string, now: number): DeploymentCondition {
  const time = formatTime(now);
  return {type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message};
}

export const progressing = (status: DeploymentStatus | undefined): DeploymentCondition | undefined =>
  status?.conditions?.find(({type}) => type === 'Progressing');

const PROGRESS_DEADLINE_OFF = 2147483647;
export const hasProgressDeadline = ({spec}: Deployment): boolean =>
  spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== PROGRESS_DEADLINE_OFF;

/** The counts and the Available condition. `sets` are all ReplicaSets, `newSet` among them if it exists. */
export function countStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
  const available = sum('availableReplicas');
  const terminating = sets.map(set => set.status?.terminatingReplicas);
  const isAvailable = available >= replicasOf(deployment) - fenceposts(deployment).unavailable;
  const {collisionCount, conditions} = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata.generation,
    ...positive({
      replicas: sum('replicas'),
      updatedReplicas: newSet?.status?.replicas ?? 0,
      readyReplicas: sum('readyReplicas'),
      availableReplicas: available,
      unavailableReplicas: wishedTotal(sets) - available,
    }),
    ...(terminating.every(count => count !== undefined) && {terminatingReplicas: terminating.reduce((a, b) => a + b, 0)}),
    ...(collisionCount !== undefined && {collisionCount}),
    conditions: withCondition(
      conditions,
      isAvailable
        ? newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
        : newCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now),
    ),
  };
}

const positive = (counts: {[name: string]: number}): {[name: string]: number} =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

/** As countStatus, with the conditions that tell how a rollout goes. */
export function rolloutStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const status = countStatus(deployment, sets, newSet, now);
  const current = progressing(deployment.status);
  if (!hasProgressDeadline(deployment)) status.conditions = without(status.conditions, 'Progressing');
  else if (!(equalCounts(status.replicas, status.updatedReplicas) && current?.reason === 'NewReplicaSetAvailable')) {
    status.conditions = progressConditions(deployment, status, newSet, now);
  }
  const failure = replicaFailure(sets, newSet);
  status.conditions = failure ? withCondition(status.conditions, failure) : without(status.conditions, 'ReplicaFailure');
  return status;
}

const equalCounts = (a = 0, b = 0): boolean => a === b;

function progressConditions(
  deployment: Deployment,
  status: DeploymentStatus,
  newSet: ReplicaSet | undefined,
  now: number,
): DeploymentCondition[] {
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const conditions = status.conditions ?? [];
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, newCondition('Progressing', 'True', 'NewReplicaSetAvailable', message, now));
  }
  if (isProgressing(deployment.status, status)) {
    const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, now);
    const current = progressing(deployment.status);
    // Progress renews lastUpdateTime, from which the deadline counts, whatever reason was there.
    if (current?.status === 'True') condition.lastTransitionTime = current.lastTransitionTime;
    return [...without(conditions, 'Progressing'), condition];
  }
  if (isTimedOut(deployment, status, now)) {
    const message = `${subject} has timed out progressing.`;
    return withCondition(conditions, newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', message, now));
  }
  return conditions;
}

/** All pods are of the new template, available, and nothing is left of the old. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const wished = replicasOf(deployment);
  return (
    (status?.updatedReplicas ?? 0) === wished &&
    (status?.replicas ?? 0) === wished &&
    (status?.availableReplicas ?? 0) === wished &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing(before: DeploymentStatus = {}, after: DeploymentStatus): boolean {
  const {replicas: a = 0, updatedReplicas: b = 0, readyReplicas: c = 0, availableReplicas: d = 0} = before;
  const {replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0} = after;
  return updatedReplicas > b || replicas - updatedReplicas < a - b || readyReplicas > c || availableReplicas > d;
}

function isTimedOut({spec}: Deployment, status: DeploymentStatus, now: number): boolean {
  const condition = progressing(status);
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return parseTime(condition.lastUpdateTime!) + spec!.progressDeadlineSeconds! * 1000 < now;
}

function replicaFailure(sets: readonly ReplicaSet[], newSet: ReplicaSet | undefined): DeploymentCondition | undefined {
  for (const set of newSet ? [newSet, ...sets] : sets) {
    const failure = set.status?.conditions?.find(({type}) => type === 'ReplicaFailure');
    if (!failure) continue;
    const {type, status, reason, message, lastTransitionTime} = failure;
    return {type, status, lastUpdateTime: lastTransitionTime, lastTransitionTime, reason, message};
  }
  return undefined;
}

/** The condition that pausing or resuming sets; undefined: there is nothing to say (checkPausedConditions). */
export function pausedCondition(deployment: Deployment, now: number): DeploymentCondition | undefined {
  const current = progressing(deployment.status);
  if (!hasProgressDeadline(deployment) || current?.reason === 'ProgressDeadlineExceeded') return undefined;
  const isMarked = current?.reason === 'DeploymentPaused';
  const {paused = false} = deployment.spec ?? {};
  if (paused === isMarked) return undefined;
  return paused
    ? newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', now)
    : newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now);
}

/** In how many milliseconds the deadline may have passed; undefined: it cannot (requeueStuckDeployment). */
export function untilDeadline(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const current = progressing(deployment.status);
  if (!hasProgressDeadline(deployment) || !current) return undefined;
  if (isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return undefined;
  const left = parseTime(current.lastUpdateTime!) + deployment.spec!.progressDeadlineSeconds! * 1000 - now;
  return Math.max(0, left) + 1000;
}

/** Equal for a client; the order of conditions counts, absent and zero do not differ. */
export function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  const {conditions: first = [], terminatingReplicas: t, ...before} = a ?? {};
  const {conditions: second = [], terminatingReplicas: u, ...after} = b;
  return (
    t === u && equal(positive(before as {[name: string]: number}), positive(after as {[name: string]: number})) && equal(first, second)
  );
}
