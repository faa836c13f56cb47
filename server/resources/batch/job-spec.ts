import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, notSupported, required, tooLong} from '../../api/field.ts';
import type {JobSpec} from '../../api/kinds.generated.ts';
import {longerThan} from '../../api/names.ts';
import {selectsTemplate} from '../apps/workload.ts';
import {validatePodTemplate} from '../core/pod/template.ts';
import {collect, domainPrefixedPath, nonNegative, validateLabelSelector} from '../rules.ts';
import {validatePodFailurePolicy} from './pod-failure-policy.ts';
import {showSuccessPolicy, validateSuccessPolicy} from './success-policy.ts';

/** Rules of a Job's spec (ValidateJobSpec): those of job templates and a selector that matches. */
export function validateFullJobSpec(spec: JobSpec, path: FieldPath, old?: JobSpec): FieldError[] {
  const selector = child(path, 'selector');
  const unreadable = spec.selector ? validateLabelSelector(spec.selector, selector) : [];
  return collect(
    validateJobSpec(spec, path, old),
    spec.selector ? unreadable : required(selector),
    unreadable.length === 0 && selectsTemplate(spec.selector, spec.template, child(path, 'template')),
  );
}

const MAX_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
const MANY_COMPLETIONS = 100_000;
const MAX_WITH_MANY_COMPLETIONS = 10_000;

/** Rules that a Job and the job template of a CronJob share (validateJobSpec). */
export function validateJobSpec(spec: JobSpec, path: FieldPath, old?: JobSpec): FieldError[] {
  const field = (name: string): FieldPath => child(path, name);
  return collect(
    nonNegative(spec.parallelism, field('parallelism')),
    nonNegative(spec.completions, field('completions')),
    nonNegative(spec.activeDeadlineSeconds, field('activeDeadlineSeconds')),
    nonNegative(spec.backoffLimit, field('backoffLimit')),
    nonNegative(spec.ttlSecondsAfterFinished, field('ttlSecondsAfterFinished')),
    nonNegative(spec.backoffLimitPerIndex, field('backoffLimitPerIndex')),
    nonNegative(spec.maxFailedIndexes, field('maxFailedIndexes')),
    spec.maxFailedIndexes !== undefined &&
      spec.backoffLimitPerIndex === undefined &&
      required(field('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'),
    validateManagedBy(spec.managedBy, field('managedBy')),
    validateCompletionMode(spec, path),
    spec.podFailurePolicy && validatePodFailurePolicy(spec, spec.podFailurePolicy, field('podFailurePolicy')),
    spec.successPolicy &&
      (spec.completionMode === 'Indexed'
        ? validateSuccessPolicy(spec, spec.successPolicy, field('successPolicy'))
        : invalid(field('successPolicy'), showSuccessPolicy(spec.successPolicy), 'requires indexed completion mode')),
    validateReplacement(spec, field('podReplacementPolicy')),
    validatePodTemplate(spec.template, field('template'), old?.template),
    validateRestartPolicy(spec, field('template.spec.restartPolicy')),
  );
}

const validateManagedBy = (managedBy: string | undefined, path: FieldPath): FieldError[] =>
  managedBy === undefined ? [] : collect(domainPrefixedPath(managedBy, path), longerThan(managedBy, 63) && tooLong(path, 63));

function validateCompletionMode(spec: JobSpec, path: FieldPath): FieldError[] {
  const mode = spec.completionMode;
  if (mode === 'Indexed') return validateIndexed(spec, path);
  const onlyIndexed = (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).filter(() => mode === undefined || mode === 'NonIndexed');
  return collect(
    mode !== undefined && mode !== 'NonIndexed' && notSupported(child(path, 'completionMode'), mode, ['NonIndexed', 'Indexed']),
    ...onlyIndexed.map(name => spec[name] !== undefined && invalid(child(path, name), spec[name], 'requires indexed completion mode')),
  );
}

function validateIndexed(spec: JobSpec, path: FieldPath): FieldError[] {
  const {completions, parallelism, maxFailedIndexes} = spec;
  const [ofParallelism, ofFailed] = [child(path, 'parallelism'), child(path, 'maxFailedIndexes')];
  const atMost = (limit: string | number): string => `must be less than or equal to ${limit}`;
  return collect(
    completions === undefined && required(child(path, 'completions'), 'when completion mode is Indexed'),
    parallelism !== undefined &&
      parallelism > MAX_PARALLELISM &&
      invalid(ofParallelism, parallelism, `${atMost(MAX_PARALLELISM)} when completion mode is Indexed`),
    completions !== undefined &&
      maxFailedIndexes !== undefined &&
      maxFailedIndexes > completions &&
      invalid(ofFailed, maxFailedIndexes, atMost('completions')),
    maxFailedIndexes !== undefined &&
      maxFailedIndexes > MAX_FAILED_INDEXES &&
      invalid(ofFailed, maxFailedIndexes, atMost(MAX_FAILED_INDEXES)),
    completions !== undefined && completions > MANY_COMPLETIONS && spec.backoffLimitPerIndex !== undefined && validateMany(spec, path),
  );
}

// With many indexes, and a backoff for each, fewer may run and fail.
function validateMany({parallelism, maxFailedIndexes}: JobSpec, path: FieldPath): FieldError[] {
  const why = `must be less than or equal to ${MAX_WITH_MANY_COMPLETIONS} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  const tooMuch = (value: number | undefined): boolean => value !== undefined && value > MAX_WITH_MANY_COMPLETIONS;
  return collect(
    maxFailedIndexes === undefined &&
      required(child(path, 'maxFailedIndexes'), `must be specified when completions is above ${MANY_COMPLETIONS}`),
    tooMuch(parallelism) && invalid(child(path, 'parallelism'), parallelism, why),
    tooMuch(maxFailedIndexes) && invalid(child(path, 'maxFailedIndexes'), maxFailedIndexes, why),
  );
}

function validateReplacement({podReplacementPolicy: policy, podFailurePolicy}: JobSpec, path: FieldPath): FieldError[] {
  const supported = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return policy === undefined || supported.includes(policy) ? [] : [notSupported(path, policy, supported)];
}

function validateRestartPolicy(spec: JobSpec, path: FieldPath): FieldError[] {
  const policy = spec.template.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')];
  if (!['OnFailure', 'Never'].includes(policy)) return [notSupported(path, policy, ['OnFailure', 'Never'])];
  if (policy === 'Never' || !spec.podFailurePolicy) return [];
  return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}
