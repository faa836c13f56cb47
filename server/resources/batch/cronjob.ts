import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, notSupported, required} from '../../api/field.ts';
import type {CronJob, CronJobSpec, JobTemplateSpec} from '../../api/kinds.generated.ts';
import {podNameWarnings} from '../apps/warnings.ts';
import {defaultPodTemplate, podTemplateWarnings} from '../core/pod/template.ts';
import type {Strategy} from '../resource.ts';
import {collect, nonNegative} from '../rules.ts';
import {validateJobSpec} from './job-spec.ts';
import {scheduleError, timeZoneErrors} from './schedule.ts';

type WithSpec = CronJob & {spec: CronJobSpec};

// A Job's name is the CronJob's, a dash and ten digits, and at most 63 characters.
const MAX_NAME_LENGTH = 52;

/** Upstream: pkg/apis/batch/v1/defaults.go, pkg/apis/batch/validation, pkg/registry/batch/cronjob. */
export const cronJob: Strategy = {
  defaults: object => setDefaults((object as WithSpec).spec),
  metadataOnUpdate: 'update',
  validate(object) {
    const name = object.metadata.name ?? '';
    return collect(
      validateSpec((object as WithSpec).spec, 'spec'),
      name.length > MAX_NAME_LENGTH && invalid('metadata.name', name, `must be no more than ${MAX_NAME_LENGTH} characters`),
    );
  },
  validateUpdate: (object, old) => validateSpec((object as WithSpec).spec, 'spec', (old as WithSpec).spec),
  warnings(object, old) {
    const template = (object as WithSpec).spec.jobTemplate.spec!.template;
    const path = 'spec.jobTemplate.spec.template';
    if (!old) return [...podNameWarnings(object), ...podTemplateWarnings(template, path)];
    const changed = object.metadata.generation !== old.metadata.generation;
    return changed ? podTemplateWarnings(template, path, (old as WithSpec).spec.jobTemplate.spec!.template) : [];
  },
  defaultPropagation: 'Background',
};

function setDefaults(spec: CronJobSpec): void {
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  // Of a job template only what the pod template and the policies hold gets defaults; the Job itself gets them when it is made.
  const template = spec.jobTemplate.spec;
  if (!template) return;
  for (const rule of template.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
  defaultPodTemplate(template.template);
}

const CONCURRENCY = ['Allow', 'Forbid', 'Replace'];

function validateSpec(spec: CronJobSpec, path: FieldPath, old?: CronJobSpec): FieldError[] {
  const policy = spec.concurrencyPolicy ?? '';
  return collect(
    validateSchedule(spec, child(path, 'schedule')),
    nonNegative(spec.startingDeadlineSeconds, child(path, 'startingDeadlineSeconds')),
    timeZoneErrors(spec.timeZone).map(message => invalid(child(path, 'timeZone'), spec.timeZone, message)),
    policy === '' && required(child(path, 'concurrencyPolicy')),
    policy !== '' && !CONCURRENCY.includes(policy) && notSupported(child(path, 'concurrencyPolicy'), policy, CONCURRENCY),
    validateJobTemplate(spec.jobTemplate, child(path, 'jobTemplate', 'spec'), old?.jobTemplate),
    nonNegative(spec.successfulJobsHistoryLimit, child(path, 'successfulJobsHistoryLimit')),
    nonNegative(spec.failedJobsHistoryLimit, child(path, 'failedJobsHistoryLimit')),
  );
}

function validateSchedule({schedule}: CronJobSpec, path: FieldPath): FieldError[] {
  if (!schedule) return [required(path)];
  const error = scheduleError(schedule);
  return collect(
    error !== undefined && invalid(path, schedule, error),
    schedule.includes('TZ') && invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
  );
}

function validateJobTemplate({spec}: JobTemplateSpec, path: FieldPath, old?: JobTemplateSpec): FieldError[] {
  if (!spec) return [];
  return collect(
    validateJobSpec(spec, path, old?.spec),
    spec.selector && invalid(child(path, 'selector'), spec.selector, '`selector` will be auto-generated'),
    spec.manualSelector === true && notSupported(child(path, 'manualSelector'), true, ['nil', 'false']),
  );
}
