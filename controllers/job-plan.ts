import type {Job, JobCondition, Pod} from '../server/api/kinds.generated.ts';
import {parseTime} from '../server/api/time.ts';
import {indexOf, parseIndexes} from './job-indexes.ts';
import {matchFailurePolicy, matchSuccessPolicy} from './job-policy.ts';
import {deletionOrder} from './replicaset-plan.ts';
import {isPodActive, isPodReady, isPodTerminating} from './support/pods.ts';

export const FINALIZER = 'batch.kubernetes.io/job-tracking';
const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count';
const FIRST_BACKOFF = 10_000;
const LAST_BACKOFF = 600_000;
export const MAX_PER_SYNC = 500;

export const isIndexed = ({spec}: Job): boolean => spec?.completionMode === 'Indexed';
const hasLimitPerIndex = (job: Job): boolean => isIndexed(job) && job.spec?.backoffLimitPerIndex !== undefined;
export const isSuspended = ({spec}: Job): boolean => spec?.suspend ?? false;
export const isTracked = ({metadata}: Pod): boolean => metadata.finalizers?.includes(FINALIZER) ?? false;
const onlyReplacesFailed = ({spec}: Job): boolean => spec?.podReplacementPolicy === 'Failed';

export const conditionOf = ({status}: Job, type: string): JobCondition | undefined =>
  status?.conditions?.find(condition => condition.type === type && condition.status === 'True');
export const isFinished = (job: Job): boolean => conditionOf(job, 'Complete') !== undefined || conditionOf(job, 'Failed') !== undefined;

/** Unless only failed pods are replaced, one that is being deleted counts as failed. */
export const isFailed = (job: Job, {metadata, status}: Pod): boolean =>
  status?.phase === 'Failed' || (!onlyReplacesFailed(job) && metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded');

/** Pods that were deleted for a suspension did not fail. */
export const failsJob = (job: Job, pod: Pod): boolean => isFailed(job, pod) && (pod.status?.phase === 'Failed' || !isSuspended(job));

const isIgnored = (job: Job, pod: Pod): boolean => matchFailurePolicy(job, pod)?.action === 'Ignore';

/** A counted index, or any pod of a Job without indexes. */
export const counts = (job: Job, pod: Pod): boolean => {
  if (!isIndexed(job)) return true;
  const index = indexOf(pod);
  return index !== undefined && index < job.spec!.completions!;
};

const annotatedCount = ({metadata}: Pod, name: string): number => Number(metadata.annotations?.[name] ?? 0) || 0;

/** What the pods of a Job tell. */
export interface JobState {
  job: Job;
  pods: readonly Pod[];
  active: Pod[];
  ready: number;
  terminating: number;
  succeeded: number;
  failed: number;
  succeededIndexes: Set<number>;
  /** Only with backoffLimitPerIndex. */
  failedIndexes: Set<number> | undefined;
  /** By index: the failed pod that still holds its finalizer until a successor carries its count on. */
  delayed: Map<number, Pod>;
  /** When the last pods failed without a success since. */
  failures: {count: number; last: number};
  now: number;
}

export function readJob(job: Job, pods: readonly Pod[], failures: JobState['failures'], now: number): JobState {
  const {uncountedTerminatedPods: uncounted, succeeded = 0, failed = 0} = job.status ?? {};
  const active = pods.filter(isPodActive);
  const fresh = pods.filter(pod => isTracked(pod) && counts(job, pod));
  const newSucceeded = fresh.filter(
    ({metadata, status}) => status?.phase === 'Succeeded' && !uncounted?.succeeded?.includes(metadata.uid!),
  );
  const newFailed = fresh.filter(pod => failsJob(job, pod) && !uncounted?.failed?.includes(pod.metadata.uid!));
  const succeededIndexes = isIndexed(job) ? readSucceeded(job, pods) : new Set<number>();
  const failedIndexes = hasLimitPerIndex(job) ? readFailed(job, pods) : undefined;
  const state: JobState = {
    job,
    pods,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isPodTerminating).length,
    succeeded: isIndexed(job) ? succeededIndexes.size : succeeded + newSucceeded.length + (uncounted?.succeeded?.length ?? 0),
    failed: failed + newFailed.filter(pod => !isIgnored(job, pod)).length + (uncounted?.failed?.length ?? 0),
    succeededIndexes,
    failedIndexes,
    delayed: new Map(),
    failures: countFailures(failures, newSucceeded, newFailed),
    now,
  };
  if (failedIndexes) state.delayed = findDelayed(state);
  return state;
}

function readSucceeded(job: Job, pods: readonly Pod[]): Set<number> {
  const indexes = parseIndexes(job.status?.completedIndexes, job.spec!.completions!);
  for (const pod of pods) if (pod.status?.phase === 'Succeeded' && isTracked(pod) && counts(job, pod)) indexes.add(indexOf(pod)!);
  return indexes;
}

function readFailed(job: Job, pods: readonly Pod[]): Set<number> {
  const indexes = parseIndexes(job.status?.failedIndexes, job.spec!.completions!);
  for (const pod of pods) {
    if (!isTracked(pod) || !counts(job, pod) || !isFailed(job, pod)) continue;
    const action = matchFailurePolicy(job, pod)?.action;
    const isOver = action === 'FailIndex' || (action !== 'Ignore' && annotatedCount(pod, FAILURE_COUNT) >= job.spec!.backoffLimitPerIndex!);
    if (isOver) indexes.add(indexOf(pod)!);
  }
  return indexes;
}

function findDelayed({job, pods, failedIndexes, succeededIndexes}: JobState): Map<number, Pod> {
  const delayed = new Map<number, Pod>();
  const total = (pod: Pod) => annotatedCount(pod, FAILURE_COUNT) + annotatedCount(pod, IGNORED_COUNT);
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined || !isTracked(pod) || !isFailed(job, pod) || failedIndexes!.has(index) || succeededIndexes.has(index)) continue;
    const known = delayed.get(index);
    if (!known || total(known) < total(pod)) delayed.set(index, pod);
  }
  for (const pod of pods) {
    const index = indexOf(pod);
    const known = index === undefined ? undefined : delayed.get(index);
    if (known && !isFailed(job, pod) && total(pod) > total(known)) delayed.delete(index!);
  }
  return delayed;
}

/** Failures in a row and the time of the last; a success starts the count anew. */
function countFailures(before: JobState['failures'], succeeded: readonly Pod[], failed: readonly Pod[]): JobState['failures'] {
  const lastSuccess = Math.max(0, ...succeeded.map(finishTime));
  const after = failed.filter(pod => finishTime(pod) > lastSuccess);
  const base = succeeded.length > 0 && lastSuccess >= before.last ? 0 : before.count;
  return {count: base + after.length, last: Math.max(base > 0 ? before.last : 0, ...after.map(finishTime))};
}

/** When the pod's last container ended, as far as it tells. */
export function finishTime({status, metadata}: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({state}) => state?.terminated?.finishedAt).filter(time => typeof time === 'string');
  const ready = status?.conditions?.find(({type, status: value}) => type === 'Ready' && value === 'False')?.lastTransitionTime;
  const text = ends.sort().at(-1) ?? ready ?? metadata.deletionTimestamp ?? metadata.creationTimestamp;
  return text ? parseTime(text) : 0;
}

/** When the Job ends now: the interim condition, which becomes Complete or Failed once all pods are accounted for. */
export interface Verdict {
  type: 'SuccessCriteriaMet' | 'FailureTarget';
  reason: string;
  message: string;
}

export function judge(state: JobState): Verdict | undefined {
  const {job, failedIndexes, succeededIndexes} = state;
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const known = conditionOf(job, type);
    if (known) return {type, reason: known.reason ?? '', message: known.message ?? ''};
  }
  const failure = findFailure(state);
  if (failure) return {type: 'FailureTarget', ...failure};
  if (failedIndexes && failedIndexes.size > 0) {
    const {maxFailedIndexes, completions} = job.spec!;
    if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
      const message = 'Job has exceeded the specified maximal number of failed indexes';
      return {type: 'FailureTarget', reason: 'MaxFailedIndexesExceeded', message};
    }
    if (failedIndexes.size + succeededIndexes.size >= completions!) {
      return {type: 'FailureTarget', reason: 'FailedIndexes', message: 'Job has failed indexes'};
    }
  }
  const met = matchSuccessPolicy(job, succeededIndexes);
  return met ? {type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: met} : undefined;
}

function findFailure(state: JobState): {reason: string; message: string} | undefined {
  const {job, pods, failed} = state;
  for (const pod of pods) {
    const match = isFailed(job, pod) ? matchFailurePolicy(job, pod) : undefined;
    if (match?.action === 'FailJob') return {reason: 'PodFailurePolicy', message: match.message};
  }
  if (failed > job.spec!.backoffLimit! || restartsExceed(state)) {
    return {reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit'};
  }
  const left = untilDeadline(state);
  if (left !== undefined && left <= 0) return {reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline'};
  return undefined;
}

/** With restartPolicy OnFailure, restarts of containers count instead of failed pods. */
function restartsExceed({job, pods}: JobState): boolean {
  const {template, backoffLimit = 0} = job.spec!;
  if (template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const {status} of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const {restartCount = 0} of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      restarts += restartCount;
  }
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

export function untilDeadline({job, now}: Pick<JobState, 'job' | 'now'>): number | undefined {
  const {activeDeadlineSeconds} = job.spec!;
  if (activeDeadlineSeconds === undefined || !job.status?.startTime || isSuspended(job)) return undefined;
  return parseTime(job.status.startTime) + activeDeadlineSeconds * 1000 - now;
}

export interface PodPlan {
  /** How many pods to make; of an Indexed Job for these indexes. */
  create: number;
  indexes: number[];
  delete: Pod[];
  /** Milliseconds until pods may be made that backoff holds back. */
  wait?: number;
}

/** Brings the number of active pods to what is wanted; deletes or creates, never both at once (manageJob). */
export function planPods(state: JobState): PodPlan {
  const {job, active, succeeded, terminating} = state;
  const {parallelism = 0, completions} = job.spec!;
  if (isSuspended(job)) return {create: 0, indexes: [], delete: active.slice(0, MAX_PER_SYNC)};
  const left = completions === undefined ? parallelism : Math.max(0, completions - succeeded);
  const wanted = completions === undefined && succeeded > 0 ? active.length : Math.min(left, parallelism);
  const surplus = toRemove(state, Math.max(0, active.length - wanted)).slice(0, MAX_PER_SYNC);
  if (surplus.length > 0) return {create: 0, indexes: [], delete: surplus};

  const missing = Math.min(wanted - active.length - (onlyReplacesFailed(job) ? terminating : 0), MAX_PER_SYNC);
  if (missing <= 0) return {create: 0, indexes: [], delete: []};
  if (!state.failedIndexes) {
    const wait = remaining(state.failures.count, state.failures.last, state.now);
    if (wait > 0) return {create: 0, indexes: [], delete: [], wait};
  }
  if (!isIndexed(job)) return {create: missing, indexes: [], delete: []};
  return {...planIndexes(state, missing), delete: []};
}

/** 10 s after the first failure, doubling up to 10 minutes. */
function remaining(failures: number, last: number, now: number): number {
  return failures === 0 ? 0 : Math.max(0, last + Math.min(FIRST_BACKOFF * 2 ** (failures - 1), LAST_BACKOFF) - now);
}

function planIndexes(state: JobState, missing: number): Pick<PodPlan, 'create' | 'indexes' | 'wait'> {
  const {job, active, pods, succeededIndexes, failedIndexes, delayed, now} = state;
  const taken = new Set(active.map(indexOf));
  if (onlyReplacesFailed(job)) for (const pod of pods) if (isPodTerminating(pod)) taken.add(indexOf(pod));
  const indexes: number[] = [];
  let wait: number | undefined;
  for (let index = 0, found = 0; index < job.spec!.completions! && found < missing; index++) {
    if (taken.has(index) || succeededIndexes.has(index) || failedIndexes?.has(index)) continue;
    found++;
    const before = delayed.get(index);
    const failures = before ? annotatedCount(before, FAILURE_COUNT) + annotatedCount(before, IGNORED_COUNT) + 1 : 0;
    const left = before ? remaining(failures, finishTime(before), now) : 0;
    if (left > 0) wait = Math.min(wait ?? left, left);
    else indexes.push(index);
  }
  return {create: indexes.length, indexes, ...(wait !== undefined && indexes.length === 0 && {wait})};
}

/** Pods whose index does not count or is taken twice go first, then those that are worth least. */
function toRemove({job, active, now}: JobState, least: number): Pod[] {
  const ranked = deletionOrder(
    active.map(pod => ({pod, rank: 0})),
    now,
  ).map(({pod}) => pod);
  if (!isIndexed(job)) return ranked.slice(0, least);
  const best = new Map<number, Pod>();
  for (const pod of ranked) if (counts(job, pod)) best.set(indexOf(pod)!, pod);
  const kept = new Set(best.values());
  const removed = ranked.filter(pod => !kept.has(pod));
  const more = ranked.filter(pod => kept.has(pod)).slice(0, Math.max(0, least - removed.length));
  return [...removed, ...more];
}

/** The annotations by which a pod carries on how often its index failed. */
export function failureCounts(state: JobState, index: number): {[key: string]: string} {
  if (!state.failedIndexes) return {};
  const before = state.delayed.get(index);
  if (!before) return {[FAILURE_COUNT]: '0'};
  const ignored = isIgnored(state.job, before);
  const failed = annotatedCount(before, FAILURE_COUNT) + (ignored ? 0 : 1);
  const ignoredCount = annotatedCount(before, IGNORED_COUNT) + (ignored ? 1 : 0);
  return {[FAILURE_COUNT]: String(failed), ...(ignoredCount > 0 && {[IGNORED_COUNT]: String(ignoredCount)})};
}
