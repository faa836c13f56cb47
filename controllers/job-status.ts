import type {Job, JobCondition, JobStatus, Pod} from '../server/api/kinds.generated.ts';
import {formatTime} from '../server/api/time.ts';
import {formatIndexes, indexOf} from './job-indexes.ts';
import type {JobState, Verdict} from './job-plan.ts';
import {counts, failsJob, isFailed, isIndexed, isSuspended, isTracked} from './job-plan.ts';
import {matchFailurePolicy} from './job-policy.ts';

/** What a reconcile made of the pods. */
export interface Outcome {
  active: number;
  ready: number;
  terminating: number;
  verdict: Verdict | undefined;
  /** No pod may be made any more: failed ones need not wait for their successors. */
  replacesNone?: boolean;
}

export interface Accounting {
  status: JobStatus;
  /** Pods that are in the status now and may lose their tracking finalizer. */
  release: Pod[];
}

/**
 * The status with every finished pod entered: indexes at once, others first as uncounted uids, which become numbers when the pod's
 * finalizer is gone; so no pod is lost or counted twice (trackJobStatusAndRemoveFinalizers).
 */
export function account(state: JobState, {active, ready, terminating, verdict, replacesNone}: Outcome): Accounting {
  const {job, pods, now} = state;
  const before = job.status ?? {};
  const tracked = new Set(pods.filter(isTracked).map(({metadata}) => metadata.uid!));
  const settled = settle(before, tracked);
  const succeeded = [...(settled.uncountedTerminatedPods?.succeeded ?? [])];
  const failed = [...(settled.uncountedTerminatedPods?.failed ?? [])];
  const release: Pod[] = [];
  for (const pod of pods) {
    if (!isTracked(pod) || !mayRelease(state, pod, verdict, replacesNone)) continue;
    release.push(pod);
    const {uid} = pod.metadata;
    if (pod.status?.phase === 'Succeeded') {
      if (!isIndexed(job) && !succeeded.includes(uid!)) succeeded.push(uid!);
    } else if (countsAsFailed(job, pod, verdict) && !failed.includes(uid!)) failed.push(uid!);
  }
  const {active: _active, startTime, completedIndexes: _indexes, ...rest} = settled;
  const start = isSuspended(job) ? undefined : (startTime ?? formatTime(now));
  const status: JobStatus = {
    ...rest,
    ...(active > 0 && {active}),
    ready,
    terminating,
    ...(start && {startTime: start}),
    uncountedTerminatedPods: {...(succeeded.length > 0 && {succeeded}), ...(failed.length > 0 && {failed})},
  };
  if (isIndexed(job)) {
    if (state.succeededIndexes.size > 0)
      Object.assign(status, {succeeded: state.succeededIndexes.size, completedIndexes: formatIndexes(state.succeededIndexes)});
    else delete status.succeeded;
    if (state.failedIndexes) status.failedIndexes = formatIndexes(state.failedIndexes);
  }
  if (verdict) status.conditions = withCondition(status.conditions, newCondition(verdict.type, 'True', verdict, now));
  return {status, release};
}

/** Uncounted pods without finalizer become numbers. */
export function settle(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const {succeeded = [], failed = []} = status.uncountedTerminatedPods ?? {};
  const left = (uids: string[]) => uids.filter(uid => tracked.has(uid));
  const done = (uids: string[]) => uids.length - left(uids).length;
  const [moreSucceeded, moreFailed] = [done(succeeded), done(failed)];
  return {
    ...status,
    ...(moreSucceeded > 0 && {succeeded: (status.succeeded ?? 0) + moreSucceeded}),
    ...(moreFailed > 0 && {failed: (status.failed ?? 0) + moreFailed}),
    uncountedTerminatedPods: {
      ...(left(succeeded).length > 0 && {succeeded: left(succeeded)}),
      ...(left(failed).length > 0 && {failed: left(failed)}),
    },
  };
}

function mayRelease({job, delayed}: JobState, pod: Pod, verdict: Verdict | undefined, replacesNone = false): boolean {
  const index = indexOf(pod);
  if (!verdict && !replacesNone && index !== undefined && delayed.get(index) === pod) return false;
  return Boolean(job.metadata.deletionTimestamp) || isFailed(job, pod) || pod.status?.phase === 'Succeeded' || verdict !== undefined;
}

/** In a Job that failed every pod counts; in one that succeeded those do not that were stopped for it. */
function countsAsFailed(job: Job, pod: Pod, verdict: Verdict | undefined): boolean {
  if (!counts(job, pod) || matchFailurePolicy(job, pod)?.action === 'Ignore') return false;
  if (verdict?.type === 'FailureTarget') return true;
  if (verdict?.type === 'SuccessCriteriaMet') return pod.status?.phase === 'Failed';
  return failsJob(job, pod);
}

/** The last condition, once no pod is active, terminating or uncounted. */
export function conclude(status: JobStatus, verdict: Verdict, now: number): JobStatus | undefined {
  const {active = 0, ready = 0, terminating = 0, uncountedTerminatedPods: uncounted} = status;
  if (active > 0 || ready > 0 || terminating > 0 || uncounted?.succeeded?.length || uncounted?.failed?.length) return undefined;
  const isComplete = verdict.type === 'SuccessCriteriaMet';
  return {
    ...status,
    conditions: withCondition(status.conditions, newCondition(isComplete ? 'Complete' : 'Failed', 'True', verdict, now)),
    ...(isComplete && {completionTime: formatTime(now)}),
  };
}

/** The Suspended condition as it should be; undefined: nothing to say. */
export function suspension(job: Job, now: number): JobCondition | undefined {
  const current = job.status?.conditions?.find(({type}) => type === 'Suspended');
  if (isSuspended(job)) {
    const text = {reason: 'JobSuspended', message: 'Job suspended'};
    return current?.status === 'True' ? undefined : newCondition('Suspended', 'True', text, now);
  }
  return current?.status === 'True' ? newCondition('Suspended', 'False', {reason: 'JobResumed', message: 'Job resumed'}, now) : undefined;
}

function newCondition(type: string, status: string, {reason, message}: {reason: string; message: string}, now: number): JobCondition {
  const time = formatTime(now);
  return {type, status, lastProbeTime: time, lastTransitionTime: time, reason, message};
}

export function withCondition(conditions: readonly JobCondition[] = [], condition: JobCondition): JobCondition[] {
  const known = conditions.find(({type}) => type === condition.type);
  if (!known) return [...conditions, condition];
  return conditions.map(each => (each === known && each.status !== condition.status ? condition : each));
}
