import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, invalid, invalidOmitted, required} from '../../api/field.ts';
import type {Job, JobSpec, JobStatus, UncountedTerminatedPods} from '../../api/kinds.generated.ts';
import {parseTime} from '../../api/time.ts';
import {nonNegativeFields} from '../apps/workload.ts';
import {collect} from '../rules.ts';
import {countIndexes, IndexesError, overlap} from './indexes.ts';

type WithSpec = Job & {spec: JobSpec};

/**
 * Rules of PUT on a Job's status (ValidateJobUpdateStatus). Most hold only when what they speak of changes, so that a Job that broke
 * them before they existed can still be updated (jobStatusStrategy.getStatusValidationOptions).
 */
export function validateJobStatusUpdate(job: WithSpec, old: WithSpec): FieldError[] {
  const [status, before] = [job.status ?? {}, old.status ?? {}];
  return collect(
    nonNegativeFields(status, 'status', ['active', 'succeeded', 'failed', 'ready', 'terminating']),
    validateUncounted(status.uncountedTerminatedPods, 'status.uncountedTerminatedPods'),
    validateEnd(status, before),
    validateFinished(status, before),
    validateIndexes(job, status, before),
    status.ready !== undefined &&
      status.ready > (status.active ?? 0) &&
      invalid('status.ready', status.ready, 'cannot set more ready pods than active'),
    validateTransition(job, status, before),
  );
}

const has = (status: JobStatus, type: string): boolean =>
  (status.conditions ?? []).some(condition => condition.type === type && condition.status === 'True');

const isFinished = (status: JobStatus): boolean => has(status, 'Complete') || has(status, 'Failed');

const uncounted = (status: JobStatus): number =>
  (status.uncountedTerminatedPods?.succeeded?.length ?? 0) + (status.uncountedTerminatedPods?.failed?.length ?? 0);

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
function validateEnd(status: JobStatus, before: JobStatus): FieldError[] {
  const path = 'status.conditions';
  const [complete, failed] = [has(status, 'Complete'), has(status, 'Failed')];
  const completed = complete !== has(before, 'Complete');
  const failedNow = failed !== has(before, 'Failed');
  const time = status.completionTime;
  const timed = time !== before.completionTime;
  const both = (a: string, b: string): string => `cannot set ${a}=True and ${b}=true conditions`;
  return collect(
    complete && failed && (completed || failedNow) && invalidOmitted(path, both('Complete', 'Failed')),
    complete && completed && has(status, 'FailureTarget') && invalidOmitted(path, both('Complete', 'FailureTarget')),
    time !== undefined &&
      !complete &&
      timed &&
      invalid('status.completionTime', time, 'cannot set completionTime when there is no Complete=True condition'),
    time === undefined && complete && completed && required('status.completionTime', 'completionTime is required for Complete jobs'),
    time !== undefined &&
      status.startTime !== undefined &&
      timed &&
      parseTime(time) < parseTime(status.startTime) &&
      invalid('status.completionTime', time, 'completionTime cannot be set before startTime'),
    failed &&
      failedNow &&
      !has(status, 'FailureTarget') &&
      invalidOmitted(path, 'cannot set Failed=True condition without the FailureTarget=true condition'),
    complete &&
      completed &&
      !has(status, 'SuccessCriteriaMet') &&
      invalidOmitted(path, 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'),
  );
}

/** A Job that finishes has no pods left and has been started. */
function validateFinished(status: JobStatus, before: JobStatus): FieldError[] {
  if (!isFinished(status) || isFinished(before)) return [];
  return collect(
    (status.active ?? 0) > 0 && invalid('status.active', status.active, 'active>0 is invalid for finished job'),
    (status.terminating ?? 0) > 0 && invalid('status.terminating', status.terminating, 'terminating>0 is invalid for finished job'),
    status.startTime === undefined && required('status.startTime', 'startTime is required for finished job'),
    uncounted(status) > 0 &&
      invalid(
        'status.uncountedTerminatedPods',
        status.uncountedTerminatedPods,
        'uncountedTerminatedPods needs to be empty for finished job',
      ),
  );
}

function validateIndexes({spec}: WithSpec, status: JobStatus, before: JobStatus): FieldError[] {
  const {completedIndexes, failedIndexes} = status;
  const completions = spec.completions;
  const changed = completedIndexes !== before.completedIndexes || failedIndexes !== before.failedIndexes;
  if (!changed) return [];
  const readable = (field: 'completedIndexes' | 'failedIndexes'): FieldError[] => {
    const error = completions === undefined ? undefined : indexesError(status[field] ?? '', completions);
    return error === undefined ? [] : [invalid(child('status', field), status[field], `error parsing ${field}: ${error}`)];
  };
  const bad = collect(
    readable('completedIndexes'),
    spec.backoffLimitPerIndex !== undefined && failedIndexes !== undefined && readable('failedIndexes'),
  );
  const met =
    bad.length === 0 && completions !== undefined && spec.backoffLimitPerIndex !== undefined
      ? overlap(completedIndexes ?? '', failedIndexes ?? '', completions)
      : undefined;
  return collect(
    bad,
    completedIndexes &&
      spec.completionMode !== 'Indexed' &&
      invalid('status.completedIndexes', completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'),
    failedIndexes !== undefined &&
      spec.backoffLimitPerIndex === undefined &&
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

/** What may not be undone. */
function validateTransition({spec}: WithSpec, status: JobStatus, before: JobStatus): FieldError[] {
  const decreases = (counter: 'succeeded' | 'failed'): boolean => (status[counter] ?? 0) < (before[counter] ?? 0);
  const undone = ['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'].filter(type => has(before, type) && !has(status, type));
  const resumes = has(before, 'Suspended') && !has(status, 'Suspended');
  const restarts = !spec.suspend && !resumes && before.startTime !== undefined && status.startTime !== before.startTime;
  return collect(
    ...undone.map(type =>
      invalidOmitted(
        'status.conditions',
        `cannot disable the ${type === 'Complete' || type === 'Failed' ? 'terminal ' : ''}${type}=True condition`,
      ),
    ),
    // With elastic indexed jobs the count may fall: scaling down forgets the indexes that succeeded.
    decreases('succeeded') &&
      spec.completionMode !== 'Indexed' &&
      invalid('status.succeeded', status.succeeded ?? 0, 'cannot decrease the succeeded counter'),
    decreases('failed') && invalid('status.failed', status.failed ?? 0, 'cannot decrease the failed counter'),
    before.completionTime !== undefined &&
      status.completionTime !== before.completionTime &&
      has(before, 'Complete') &&
      invalid('status.completionTime', status.completionTime, 'completionTime cannot be mutated'),
    restarts && invalid('status.startTime', status.startTime ?? null, 'field is immutable for unsuspended job once set'),
  );
}
