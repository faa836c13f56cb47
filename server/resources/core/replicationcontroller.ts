import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, required} from '../../api/field.ts';
import type {
  PodTemplateSpec,
  ReplicationController,
  ReplicationControllerSpec,
  ReplicationControllerStatus,
} from '../../api/kinds.generated.ts';
import {isLongName} from '../../api/names.ts';
import {podNameWarnings} from '../apps/warnings.ts';
import {atMost, nonNegativeFields, restartsAlways} from '../apps/workload.ts';
import type {Strategy} from '../resource.ts';
import {collect, nonNegative, orNull} from '../rules.ts';
import {defaultPodTemplate, podTemplateWarnings, validatePodTemplate} from './pod/template.ts';

type Controller = ReplicationController & {spec: ReplicationControllerSpec};

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, pkg/registry/core/replicationcontroller. */
export const replicationController: Strategy = {
  returnDeletedObject: true,
  defaultPropagation: 'Orphan',
  metadataOnUpdate: 'update',
  validateName: (name, prefix) => (prefix ? [] : isLongName(name)),
  defaults(object) {
    const controller = object as Controller;
    controller.spec ??= {};
    const {spec, metadata} = controller;
    spec.replicas ??= 1;
    if (!spec.template) return;
    defaultPodTemplate(spec.template);
    const labels = spec.template.metadata?.labels;
    if (!labels) return;
    if (isEmpty(spec.selector)) spec.selector = {...labels};
    if (isEmpty(metadata.labels)) metadata.labels = {...labels};
  },
  validate: object => validateSpec((object as Controller).spec, 'spec'),
  validateUpdate: (object, old) => validateSpec((object as Controller).spec, 'spec', (old as Controller).spec.template),
  warnings(object, old) {
    if (!old) return [...podNameWarnings(object), ...podTemplateWarnings((object as Controller).spec.template ?? {}, 'spec.template')];
    if (object.metadata.generation === old.metadata.generation) return [];
    // Upstream looks at the old template, having mixed up the two.
    return podTemplateWarnings((old as Controller).spec.template ?? {}, 'spec.template');
  },
  subresources: {status: {validateUpdate: object => validateStatus((object as Controller).status ?? {replicas: 0}, 'status')}},
  fields: object => ({'status.replicas': String((object as Controller).status?.replicas ?? 0)}),
  unknownField: label => `field label not supported: ${label}`,
};

const isEmpty = (labels: {[key: string]: string} | undefined): boolean => Object.keys(labels ?? {}).length === 0;

const validateSpec = (spec: ReplicationControllerSpec, path: FieldPath, old?: PodTemplateSpec): FieldError[] =>
  collect(
    nonNegative(spec.minReadySeconds, child(path, 'minReadySeconds')),
    isEmpty(spec.selector) && required(child(path, 'selector')),
    nonNegative(spec.replicas, child(path, 'replicas')),
    spec.template ? validateTemplate(spec.template, spec.selector ?? {}, child(path, 'template'), old) : required(child(path, 'template')),
  );

function validateTemplate(
  template: PodTemplateSpec,
  selector: {[key: string]: string},
  path: FieldPath,
  old?: PodTemplateSpec,
): FieldError[] {
  const labels = template.metadata?.labels;
  const selects = Object.entries(selector).every(([key, value]) => labels?.[key] === value);
  return collect(
    !selects && invalid(child(path, 'metadata', 'labels'), orNull(labels), '`selector` does not match template `labels`'),
    validatePodTemplate(template, path, old),
    restartsAlways(template, path),
    template.spec?.activeDeadlineSeconds !== undefined &&
      forbiddenField(child(path, 'spec', 'activeDeadlineSeconds'), 'activeDeadlineSeconds in ReplicationController is not Supported'),
  );
}

const COUNTERS = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'];

const validateStatus = (status: ReplicationControllerStatus, path: FieldPath): FieldError[] =>
  collect(
    nonNegativeFields(status, path, COUNTERS),
    atMost(status, path, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'], 'replicas', 'status.replicas'),
    atMost(status, path, ['availableReplicas'], 'readyReplicas', 'readyReplicas'),
  );
