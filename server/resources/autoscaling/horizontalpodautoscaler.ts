import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, required} from '../../api/field.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricSpec,
} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, nonNegative, nonNegativeQuantity, oneOf, positive} from '../rules.ts';
import {setDefaults} from './defaults.ts';
import {validateMetric, validateObjectReference} from './metrics.ts';

/** Upstream: pkg/apis/autoscaling/v2/defaults.go, pkg/apis/autoscaling/validation, pkg/registry/autoscaling/horizontalpodautoscaler. */
export const horizontalPodAutoscaler: Strategy = {
  defaults: setDefaults,
  validate: object => validateSpec((object as HorizontalPodAutoscaler).spec ?? EMPTY, 'spec'),
  validateUpdate: object => validateSpec((object as HorizontalPodAutoscaler).spec ?? EMPTY, 'spec'),
  subresources: {status: {validateUpdate: validateStatus}},
  metadataOnUpdate: 'update',
  generation: 'none',
};

const EMPTY = {} as HorizontalPodAutoscalerSpec;

function validateStatus(object: KubeObject): FieldError[] {
  const {currentReplicas, desiredReplicas} = (object as HorizontalPodAutoscaler).status ?? {};
  return collect(nonNegative(currentReplicas, 'status.currentReplicas'), nonNegative(desiredReplicas, 'status.desiredReplicas'));
}

const LEAST_REPLICAS = 1;

function validateSpec(spec: HorizontalPodAutoscalerSpec, path: FieldPath): FieldError[] {
  const {minReplicas, maxReplicas = 0, metrics} = spec;
  const ofMax = child(path, 'maxReplicas');
  const least = `must be greater than or equal to ${LEAST_REPLICAS}`;
  const scalesOnOthers = (metrics ?? []).some(({type}) => type === 'Object' || type === 'External');
  return collect(
    minReplicas !== undefined && minReplicas < LEAST_REPLICAS && invalid(child(path, 'minReplicas'), minReplicas, least),
    maxReplicas === 0 && required(ofMax, 'must be set and greater than 0'),
    maxReplicas < 0 && invalid(ofMax, maxReplicas, 'must be greater than or equal to 1'),
    minReplicas !== undefined && maxReplicas < minReplicas && invalid(ofMax, maxReplicas, 'must be greater than or equal to `minReplicas`'),
    validateTarget(spec.scaleTargetRef ?? {kind: '', name: ''}, child(path, 'scaleTargetRef')),
    each(metrics as MetricSpec[] | undefined, child(path, 'metrics'), validateMetric),
    minReplicas === 0 &&
      !scalesOnOthers &&
      forbiddenField(child(path, 'metrics'), 'must specify at least one Object or External metric to support scaling to zero replicas'),
    spec.behavior && validateBehavior(spec.behavior, child(path, 'behavior')),
  );
}

/** A ReplicationController is the one thing of the core group that scales. */
const validateTarget = (target: CrossVersionObjectReference, path: FieldPath): FieldError[] =>
  validateObjectReference(target, path, target.kind !== 'ReplicationController');

const validateBehavior = ({scaleUp, scaleDown}: HorizontalPodAutoscalerBehavior, path: FieldPath): FieldError[] =>
  collect(scaleUp && validateRules(scaleUp, child(path, 'scaleUp')), scaleDown && validateRules(scaleDown, child(path, 'scaleDown')));

const MAX_WINDOW_SECONDS = 3600;
const MAX_PERIOD_SECONDS = 1800;

function validateRules(rules: HPAScalingRules, path: FieldPath): FieldError[] {
  const {stabilizationWindowSeconds: window, selectPolicy, policies, tolerance} = rules;
  const ofWindow = child(path, 'stabilizationWindowSeconds');
  return collect(
    window !== undefined && window < 0 && invalid(ofWindow, window, 'must be greater than or equal to zero'),
    window !== undefined && window > MAX_WINDOW_SECONDS && invalid(ofWindow, window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`),
    selectPolicy !== undefined && oneOf(selectPolicy, child(path, 'selectPolicy'), ['Disabled', 'Max', 'Min']),
    (policies ?? []).length === 0 && required(child(path, 'policies'), 'must specify at least one Policy'),
    each(policies, child(path, 'policies'), validatePolicy),
    tolerance !== undefined && nonNegativeQuantity(tolerance, child(path, 'tolerance')),
  );
}

const validatePolicy = ({type, value, periodSeconds = 0}: HPAScalingPolicy, path: FieldPath): FieldError[] =>
  collect(
    oneOf(type, child(path, 'type'), ['Percent', 'Pods']),
    positive(value ?? 0, child(path, 'value')),
    positive(periodSeconds, child(path, 'periodSeconds')),
    periodSeconds > MAX_PERIOD_SECONDS &&
      invalid(child(path, 'periodSeconds'), periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`),
  );
