import deepEqual from 'fast-deep-equal';
import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import type {Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy, RollingUpdateDeployment} from '../../api/kinds.generated.ts';
import {defaultPodTemplate, podTemplateWarnings} from '../core/pod/template.ts';
import {atMostHundredPercent, countOrPercent, countOrPercentValue} from '../percent.ts';
import type {Strategy} from '../resource.ts';
import {collect, immutable, nonNegative, semanticEqual} from '../rules.ts';
import {podNameWarnings} from './warnings.ts';
import {atMost, collisionCountRises, nonNegativeFields, validateSelectorAndTemplate} from './workload.ts';

/** Upstream: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation, pkg/registry/apps/deployment. */
export const deployment: Strategy = {
  defaults: object => setDefaults(object as Deployment),
  metadataOnUpdate: 'update',
  validate: object => validateSpec((object as Deployment).spec, 'spec'),
  validateUpdate(object, old) {
    const [spec, oldSpec] = [(object as Deployment).spec, (old as Deployment).spec];
    return collect(validateSpec(spec, 'spec', oldSpec), immutable(spec.selector, oldSpec.selector, 'spec.selector'));
  },
  warnings(object, old) {
    const template = (object as Deployment).spec.template;
    if (!old) return [...podNameWarnings(object), ...podTemplateWarnings(template, 'spec.template')];
    const changed = object.metadata.generation !== old.metadata.generation;
    return changed ? podTemplateWarnings(template, 'spec.template', (old as Deployment).spec.template) : [];
  },
  generation: (object, old) => !semanticEqual(object.spec, old.spec) || !deepEqual(annotations(object), annotations(old)),
  statusMetadata: 'allButLabels',
  subresources: {
    status: {
      validateUpdate: (object, old) =>
        collect(validateStatus((object as Deployment).status ?? {}, 'status'), collisionCountRises(object, old)),
    },
  },
};

const annotations = (object: {metadata: {annotations?: {[key: string]: string}}}) => object.metadata.annotations ?? {};

function setDefaults({spec}: Deployment): void {
  defaultPodTemplate(spec.template);
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
    spec.strategy.rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
}

const WORDS = {selectorOf: 'deployment', badSelector: 'invalid label selector', deadlineOf: 'ReplicaSet'};

function validateSpec(spec: DeploymentSpec, path: FieldPath, old?: DeploymentSpec): FieldError[] {
  const deadline = spec.progressDeadlineSeconds;
  return collect(
    nonNegative(spec.replicas, child(path, 'replicas')),
    validateSelectorAndTemplate(spec.selector, spec.template, path, WORDS, old?.template),
    validateStrategy(spec.strategy ?? {}, child(path, 'strategy')),
    nonNegative(spec.minReadySeconds, child(path, 'minReadySeconds')),
    nonNegative(spec.revisionHistoryLimit, child(path, 'revisionHistoryLimit')),
    nonNegative(deadline, child(path, 'progressDeadlineSeconds')),
    deadline !== undefined &&
      deadline <= (spec.minReadySeconds ?? 0) &&
      invalid(child(path, 'progressDeadlineSeconds'), deadline, 'must be greater than minReadySeconds'),
  );
}

function validateStrategy({type, rollingUpdate}: DeploymentStrategy, path: FieldPath): FieldError[] {
  const at = child(path, 'rollingUpdate');
  if (type === 'Recreate') {
    return rollingUpdate ? [forbiddenField(at, "may not be specified when strategy `type` is 'Recreate'")] : [];
  }
  if (type === 'RollingUpdate') {
    return rollingUpdate ? validateRollingUpdate(rollingUpdate, at) : [required(at, 'this should be defaulted and never be nil')];
  }
  const shown = {
    Type: type ?? '',
    RollingUpdate: rollingUpdate ? {MaxUnavailable: rollingUpdate.maxUnavailable ?? 0, MaxSurge: rollingUpdate.maxSurge ?? 0} : null,
  };
  return [notSupported(path, shown, ['Recreate', 'RollingUpdate'])];
}

function validateRollingUpdate({maxUnavailable, maxSurge}: RollingUpdateDeployment, path: FieldPath): FieldError[] {
  const at = child(path, 'maxUnavailable');
  return collect(
    countOrPercent(maxUnavailable, at),
    countOrPercent(maxSurge, child(path, 'maxSurge')),
    countOrPercentValue(maxUnavailable) === 0 &&
      countOrPercentValue(maxSurge) === 0 &&
      invalid(at, maxUnavailable, 'may not be 0 when `maxSurge` is 0'),
    atMostHundredPercent(maxUnavailable, at),
  );
}

const COUNTERS = ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'];

const validateStatus = (status: DeploymentStatus, path: FieldPath): FieldError[] =>
  collect(
    nonNegativeFields(status, path, [...COUNTERS, 'terminatingReplicas', 'collisionCount']),
    atMost(status, path, ['updatedReplicas', 'readyReplicas', 'availableReplicas'], 'replicas', 'status.replicas'),
    atMost(status, path, ['availableReplicas'], 'readyReplicas', 'readyReplicas'),
  );
