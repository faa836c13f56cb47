import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, invalid, invalidOmitted, required} from '../../api/field.ts';
import type {Job, JobSpec, JobStatus, UncountedTerminatedPods} from '../../api/kinds.generated.ts';
import {parseTime} from '../../api/time.ts';
import {nonNegativeFields} from '../apps/workload.ts';
import {internal, struct} from '../internal.ts';
import {collect, semanticEqual} from '../rules.ts';
import {countIndexes, IndexesError, overlap} from './indexes.ts';

type WithSpec = Job & {spec: JobSpec};

/**
 * Rules of PUT on a Job's status (ValidateJobUpdateStatus). Most hold only when what they speak of changes, so that a Job that broke
 * them before they existed can still be updated (jobStatusStrategy.getStatusValidationOptions).
 */
export function validateJobStatusUpdate(job: WithSpec, old: WithSpec): FieldError[] {
  const [status, before] = [job.status ?? {}, old.status ?? {}];
  const changes = changesOf(status, before);
  return collect(
    nonNegativeFields(status, 'status', ['active', 'succeeded', 'failed', 'ready', 'terminating']),
    validateUncounted(status.uncountedTerminatedPods, 'status.uncountedTerminatedPods'),
    validateEnd(status, changes),
    validateFinished(job, status, changes),
    validateIndexes(job, status, changes),
    changes.any('Finished', 'terminating') &&
      isFinished(status) &&
      (status.terminating ?? 0) > 0 &&
      invalid('status.terminating', status.terminating, 'terminating>0 is invalid for finished job'),
    changes.any('ready', 'active') &&
      status.ready !== undefined &&
      status.ready > (status.active ?? 0) &&
      invalid('status.ready', status.ready, 'cannot set more ready pods than active'),
    validateSuccess(job, status),
    validateTransition(job, status, before),
  );
}

const has = (status: JobStatus, type: string): boolean =>
  (status.conditions ?? []).some(condition => condition.type === type && condition.status === 'True');

const isFinished = (status: JobStatus): boolean => has(status, 'Complete') || has(status, 'Failed');

/** What an update changes: fields of the status, and whether its conditions hold, by their type. */
interface Changes {
  any(...what: (keyof JobStatus | 'Finished' | 'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet')[]): boolean;
}

const changesOf = (status: JobStatus, before: JobStatus): Changes => ({
  any: (...what) =>
    what.some(one =>
      one === 'Finished'
        ? isFinished(status) !== isFinished(before)
        : /^[A-Z]/.test(one)
          ? has(status, one) !== has(before, one)
          : !semanticEqual(status[one as keyof JobStatus] || undefined, before[one as keyof JobStatus] || undefined),
    ),
});

const CONDITIONS = 'status.conditions';

const both = (a: string, b: string): FieldError => invalidOmitted(CONDITIONS, `cannot set ${a}=True and ${b}=true conditions`);

function validateUncounted(pods: UncountedTerminatedPods | undefined, path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  return (['succeeded', 'failed'] as const).flatMap(list =>
    (pods?.[list] ?? []).flatMap((uid, i) => {
      const here = at(child(path, list), i);
      if (uid === '') return [invalid(here, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicate(here, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

/** What the conditions that end a Job demand of each other and of completionTime. */
function validateEnd(status: JobStatus, {any}: Changes): FieldError[] {
  const {completionTime: time, startTime} = status;
  const [complete, failed] = [has(status, 'Complete'), has(status, 'Failed')];
  const [path, completes] = ['status.completionTime', any('Complete', 'completionTime')];
  return collect(
    complete && failed && any('Complete', 'Failed') && both('Complete', 'Failed'),
    complete && has(status, 'FailureTarget') && any('Complete', 'FailureTarget') && both('Complete', 'FailureTarget'),
    time !== undefined &&
      !complete &&
      completes &&
      invalid(path, time, 'cannot set completionTime when there is no Complete=True condition'),
    time === undefined && complete && completes && required(path, 'completionTime is required for Complete jobs'),
    time !== undefined &&
      startTime !== undefined &&
      any('startTime', 'completionTime') &&
      parseTime(time) < parseTime(startTime) &&
      invalid(path, time, 'completionTime cannot be set before startTime'),
    failed &&
      any('Failed', 'failedIndexes') &&
      !has(status, 'FailureTarget') &&
      invalidOmitted(CONDITIONS, 'cannot set Failed=True condition without the FailureTarget=true condition'),
    complete &&
      any('Complete', 'SuccessCriteriaMet') &&
      !has(status, 'SuccessCriteriaMet') &&
      invalidOmitted(CONDITIONS, 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'),
  );
}

const UNCOUNTED = struct({succeeded: null, failed: null});

/** A Job that is finished has no pods left and has been started, unless it has nothing to do. */
function validateFinished({spec}: WithSpec, status: JobStatus, {any}: Changes): FieldError[] {
  if (!isFinished(status)) return [];
  const {active = 0, startTime, uncountedTerminatedPods: pods} = status;
  const uncounted = (pods?.succeeded?.length ?? 0) + (pods?.failed?.length ?? 0);
  const idle = spec.suspend === true && spec.completions === 0;
  return collect(
    active > 0 && any('Finished', 'active') && invalid('status.active', active, 'active>0 is invalid for finished job'),
    startTime === undefined &&
      any('Finished', 'startTime') &&
      !idle &&
      required('status.startTime', 'startTime is required for finished job'),
    uncounted > 0 &&
      any('Finished', 'uncountedTerminatedPods') &&
      invalid('status.uncountedTerminatedPods', internal(pods, UNCOUNTED), 'uncountedTerminatedPods needs to be empty for finished job'),
  );
}

function validateIndexes({spec}: WithSpec, status: JobStatus, {any}: Changes): FieldError[] {
  const {completedIndexes, failedIndexes} = status;
  const {completions, backoffLimitPerIndex: limit} = spec;
  const [completes, fails] = [any('completedIndexes'), any('failedIndexes')];
  const readable = (field: 'completedIndexes' | 'failedIndexes'): FieldError[] => {
    const error = completions === undefined ? undefined : indexesError(status[field] ?? '', completions);
    return error === undefined ? [] : [invalid(child('status', field), status[field], `error parsing ${field}: ${error}`)];
  };
  const bad = collect(
    completes && readable('completedIndexes'),
    fails && limit !== undefined && failedIndexes !== undefined && readable('failedIndexes'),
  );
  const met =
    (completes || fails) && completions !== undefined && failedIndexes !== undefined
      ? overlap(completedIndexes ?? '', failedIndexes, completions)
      : undefined;
  return collect(
    bad,
    completes &&
      completedIndexes &&
      spec.completionMode !== 'Indexed' &&
      invalid('status.completedIndexes', completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'),
    fails &&
      failedIndexes !== undefined &&
      limit === undefined &&
      invalid('status.failedIndexes', failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'),
    met !== undefined && invalid('status.failedIndexes', failedIndexes, `failedIndexes and completedIndexes overlap at index: ${met}`),
  );
}

function indexesError(text: string, completions: number): string | undefined {
  try {
    countIndexes(text, completions);
    return undefined;
  } catch (error) {
    if (error instanceof IndexesError) return error.message;
    throw error;
  }
}

/** What has met its criteria has not failed; where they are given, nothing else completes a Job. */
function validateSuccess({spec}: WithSpec, status: JobStatus): FieldError[] {
  const met = has(status, 'SuccessCriteriaMet');
  return collect(
    met && has(status, 'Failed') && both('SuccessCriteriaMet', 'Failed'),
    met && has(status, 'FailureTarget') && both('SuccessCriteriaMet', 'FailureTarget'),
    spec.successPolicy &&
      !met &&
      has(status, 'Complete') &&
      invalidOmitted(CONDITIONS, 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'),
  );
}

/** What may not be undone. */
function validateTransition({spec}: WithSpec, status: JobStatus, before: JobStatus): FieldError[] {
  const {completionTime: time, startTime} = status;
  const decreases = (counter: 'succeeded' | 'failed'): FieldError[] =>
    (status[counter] ?? 0) < (before[counter] ?? 0)
      ? [invalid(child('status', counter), status[counter] ?? 0, `cannot decrease the ${counter} counter`)]
      : [];
  // One that is scaled down forgets the indexes that succeeded.
  const scales = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  const resumes = has(before, 'Suspended') && !has(status, 'Suspended');
  const restarts = !spec.suspend && !resumes && before.startTime !== undefined && startTime !== before.startTime;
  const [met, wasMet] = [has(status, 'SuccessCriteriaMet'), has(before, 'SuccessCriteriaMet')];
  return collect(
    ['Failed', 'Complete', 'FailureTarget']
      .filter(type => has(before, type) && !has(status, type))
      .map(type => invalidOmitted(CONDITIONS, `cannot disable the terminal ${type}=True condition`)),
    decreases('failed'),
    !scales && decreases('succeeded'),
    time !== undefined &&
      before.completionTime !== undefined &&
      time !== before.completionTime &&
      invalid('status.completionTime', time, 'completionTime cannot be mutated'),
    restarts && invalid('status.startTime', startTime ?? null, 'field is immutable for unsuspended job once set'),
    wasMet && !met && invalidOmitted(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition'),
    has(before, 'Complete') &&
      !wasMet &&
      met &&
      invalidOmitted(CONDITIONS, 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'),
  );
}
