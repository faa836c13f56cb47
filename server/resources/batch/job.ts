import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, invalid, required} from '../../api/field.ts';
import {sortedMap} from '../../api/json.ts';
import type {Job, JobSpec} from '../../api/kinds.generated.ts';
import {isDNS1123Label} from '../../api/names.ts';
import {selectsLabels} from '../../api/selectors.ts';
import {podNameWarnings} from '../apps/warnings.ts';
import {defaultPodTemplate, podTemplateWarnings} from '../core/pod/template.ts';
import type {Strategy} from '../resource.ts';
import {collect, validateLabelSelector} from '../rules.ts';
import {validateFullJobSpec} from './job-spec.ts';
import {validateJobStatusUpdate} from './job-status.ts';
import {validateJobSpecUpdate} from './job-update.ts';

type WithSpec = Job & {spec: JobSpec};

/** Upstream: pkg/apis/batch/v1/defaults.go, pkg/apis/batch/validation, pkg/registry/batch/job. */
export const job: Strategy = {
  defaults: object => setDefaults(object as WithSpec),
  prepareForCreate: object => generateSelector(object as WithSpec),
  validate: object => validate(object as WithSpec),
  // What an update may be is looked at from the beginning, and then again for what changes.
  validateUpdate: (object, old) =>
    collect(validate(object as WithSpec, old as WithSpec), validateJobSpecUpdate(object as WithSpec, old as WithSpec, 'spec')),
  // Labels default when the object is read back, with what was generated since.
  canonicalize: object => defaultLabels(object as WithSpec),
  warnings(object, old) {
    const {spec} = object as WithSpec;
    const many = (spec.completions ?? 0) > 100_000 && (spec.parallelism ?? 0) > 10_000 && spec.completionMode === 'Indexed';
    return [
      ...(old ? [] : podNameWarnings(object)),
      ...(many && !old ? [MANY_PODS] : []),
      ...podTemplateWarnings(spec.template, 'spec.template', (old as WithSpec | undefined)?.spec.template),
    ];
  },
  subresources: {
    status: {validateUpdate: (object, old) => validateJobStatusUpdate(object as WithSpec, old as WithSpec)},
  },
  defaultPropagation: 'Orphan',
  orphanWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  fields: object => ({'status.successful': String((object as Job).status?.succeeded ?? 0)}),
  selectableFields: ['status.successful'],
  unknownField: label => `field label "${label}" not supported for Job`,
};

const validate = (object: WithSpec, old?: WithSpec): FieldError[] =>
  collect(validateGeneratedSelector(object), validateFullJobSpec(object.spec, 'spec', old?.spec), validatePodNames(object));

const MANY_PODS =
  'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';

function defaultLabels({metadata, spec}: WithSpec): void {
  const {labels} = spec.template.metadata ?? {};
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = {...labels};
}

function setDefaults(object: WithSpec): void {
  const {spec} = object;
  defaultLabels(object);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  spec.manualSelector ??= false;
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
  defaultPodTemplate(spec.template);
}

// Each label exists in an old form without a prefix, too.
const OF_UID = ['controller-uid', 'batch.kubernetes.io/controller-uid'];
const OF_NAME = ['job-name', 'batch.kubernetes.io/job-name'];

/** Labels pods with the job's uid and name and selects by the uid, unless the user wants to choose the selector. What is set stays. */
function generateSelector({metadata, spec}: WithSpec): void {
  if (spec.manualSelector) return;
  const generated: {[label: string]: string} = {};
  for (const label of OF_NAME) generated[label] = metadata.name ?? '';
  for (const label of OF_UID) generated[label] = metadata.uid ?? '';
  spec.template.metadata ??= {};
  spec.template.metadata.labels = sortedMap({...generated, ...spec.template.metadata.labels});
  const ofUid = {'batch.kubernetes.io/controller-uid': metadata.uid ?? ''};
  spec.selector = {...spec.selector, matchLabels: sortedMap({...ofUid, ...spec.selector?.matchLabels})};
}

function validateGeneratedSelector({metadata, spec}: WithSpec): FieldError[] {
  if (spec.manualSelector || !spec.selector) return [];
  const expected = {
    'controller-uid': metadata.uid ?? '',
    'job-name': metadata.name ?? '',
    'batch.kubernetes.io/controller-uid': metadata.uid ?? '',
    'batch.kubernetes.io/job-name': metadata.name ?? '',
  };
  const labels = spec.template.metadata?.labels;
  return collect(
    ...Object.entries(expected).map(([label, value]) => hasLabel(labels, 'spec.template.metadata.labels', label, value)),
    validateLabelSelector(spec.selector, '').length === 0 &&
      !selectsLabels(spec.selector, expected) &&
      invalid('spec.selector', spec.selector, '`selector` not auto-generated'),
  );
}

function hasLabel(labels: {[key: string]: string} | undefined, path: FieldPath, label: string, expected: string): FieldError[] {
  const actual = labels?.[label];
  if (actual === expected) return [];
  const why = `must be '${expected}'`;
  return [actual === undefined ? required(at(path, label), why) : invalid(at(path, label), labels, why)];
}

/** Indexed pods are named after the job and their index: also the last one's name must be good for a host name. */
function validatePodNames({metadata, spec}: WithSpec): FieldError[] {
  if (spec.completionMode !== 'Indexed' || !spec.completions || spec.completions < 1) return [];
  const name = `${metadata.name ?? ''}-${spec.completions - 1}`;
  const fine = isDNS1123Label(name).length === 0;
  return fine ? [] : [invalid('metadata.name', metadata.name ?? '', `will not able to create pod with invalid DNS label: ${name}`)];
}
