import type {FieldError, FieldPath} from '../../api/field.ts';
import {child} from '../../api/field.ts';
import type {ReplicaSet, ReplicaSetSpec, ReplicaSetStatus} from '../../api/kinds.generated.ts';
import {defaultPodTemplate, podTemplateWarnings} from '../core/pod/template.ts';
import type {Strategy} from '../resource.ts';
import {collect, immutable, nonNegative} from '../rules.ts';
import {podNameWarnings} from './warnings.ts';
import {atMost, nonNegativeFields, validateSelectorAndTemplate} from './workload.ts';

/** Upstream: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation, pkg/registry/apps/replicaset. */
export const replicaSet: Strategy = {
  defaults(object) {
    const {spec} = object as ReplicaSet & {spec: ReplicaSetSpec};
    spec.replicas ??= 1;
    spec.template ??= {};
    defaultPodTemplate(spec.template);
  },
  metadataOnUpdate: 'update',
  validate: object => validateSpec((object as ReplicaSet).spec!, 'spec'),
  validateUpdate(object, old) {
    const [spec, oldSpec] = [(object as ReplicaSet).spec!, (old as ReplicaSet).spec!];
    return collect(validateSpec(spec, 'spec', oldSpec), immutable(spec.selector, oldSpec.selector, 'spec.selector'));
  },
  warnings(object, old) {
    const template = (object as ReplicaSet).spec!.template ?? {};
    if (!old) return [...podNameWarnings(object), ...podTemplateWarnings(template, 'spec.template')];
    const changed = object.metadata.generation !== old.metadata.generation;
    return changed ? podTemplateWarnings(template, 'spec.template', (old as ReplicaSet).spec!.template) : [];
  },
  subresources: {status: {validateUpdate: object => validateStatus((object as ReplicaSet).status!, 'status')}},
};

const WORDS = {selectorOf: 'deployment', badSelector: 'invalid label selector', deadlineOf: 'ReplicaSet'};

const validateSpec = (spec: ReplicaSetSpec, path: FieldPath, old?: ReplicaSetSpec): FieldError[] =>
  collect(
    nonNegative(spec.replicas, child(path, 'replicas')),
    nonNegative(spec.minReadySeconds, child(path, 'minReadySeconds')),
    validateSelectorAndTemplate(spec.selector, spec.template ?? {}, path, WORDS, old?.template),
  );

const COUNTERS = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'terminatingReplicas', 'observedGeneration'];

const validateStatus = (status: ReplicaSetStatus, path: FieldPath): FieldError[] =>
  collect(
    nonNegativeFields(status, path, COUNTERS),
    atMost(status, path, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'], 'replicas', 'status.replicas'),
    atMost(status, path, ['availableReplicas'], 'readyReplicas', 'readyReplicas'),
  );
