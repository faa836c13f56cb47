import type {Json, JsonObject} from '../../api/json.ts';
import {isObject, sortedMap} from '../../api/json.ts';
import type {HorizontalPodAutoscaler, HorizontalPodAutoscalerBehavior, MetricSpec, MetricStatus} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import {internal, listOf, pointer, struct} from '../internal.ts';
import {cpuUtilization, DEFAULT_METRIC, defaultBehavior} from './defaults.ts';
import {metricFromV1, metricToV1, statusFromV1, statusToV1} from './v1-metrics.ts';

// What v1 has no fields for travels in annotations (pkg/apis/autoscaling/annotations.go).
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const ALL = [METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS];

/** An autoscaling/v1 HorizontalPodAutoscaler as autoscaling/v2 (pkg/apis/autoscaling/v1/conversion.go). */
export function toHub(object: KubeObject): KubeObject {
  if (object.apiVersion !== 'autoscaling/v1') return object;
  const {spec = {}, status = {}, ...rest} = object as KubeObject & {spec?: JsonObject; status?: JsonObject};
  const annotations = object.metadata.annotations ?? {};
  const {targetCPUUtilizationPercentage: cpu, ...otherSpec} = spec;
  const {currentCPUUtilizationPercentage: currentCPU, ...otherStatus} = status;
  const metrics = [...list(annotations[METRICS]).map(metricFromV1), ...(typeof cpu === 'number' ? [cpuUtilization(cpu)] : [])];
  const behavior = behaviorFromAnnotation(annotations[BEHAVIOR]);
  const current =
    annotations[CURRENT_METRICS] !== undefined ? list(annotations[CURRENT_METRICS]).map(statusFromV1) : currentMetrics(currentCPU);
  const conditions = list(annotations[CONDITIONS]);
  return {
    ...rest,
    apiVersion: 'autoscaling/v2',
    metadata: withoutAnnotations(object),
    spec: {...otherSpec, metrics: metrics.length > 0 ? metrics : [DEFAULT_METRIC()], ...(behavior && {behavior})} as unknown as Json,
    status: {
      desiredReplicas: 0,
      ...otherStatus,
      currentMetrics: current.length > 0 ? current : null,
      ...(conditions.length > 0 && {conditions}),
    } as unknown as Json,
  };
}

/** An autoscaling/v2 HorizontalPodAutoscaler as autoscaling/v1. */
export function fromHub(object: KubeObject): KubeObject {
  const {spec, status, ...rest} = object as HorizontalPodAutoscaler & KubeObject;
  const {metrics = [], behavior, ...otherSpec} = spec ?? ({} as NonNullable<typeof spec>);
  const {currentMetrics: current, conditions, ...otherStatus} = status ?? ({} as NonNullable<typeof status>);
  const cpu = metrics.find(isCPU)?.resource?.target.averageUtilization;
  const currentCPU = (current ?? []).find(isCPU)?.resource?.current.averageUtilization;
  const others = metrics.filter(metric => !(isCPU(metric) && metric.resource?.target.averageUtilization !== undefined));
  const annotations: {[name: string]: string} = {...object.metadata.annotations};
  if (others.length > 0) annotations[METRICS] = JSON.stringify(others.map(metricToV1));
  if ((current ?? []).length > 0) annotations[CURRENT_METRICS] = JSON.stringify(current!.map(statusToV1));
  if (behavior) annotations[BEHAVIOR] = JSON.stringify(internal(behavior, BEHAVIOR_SHAPE));
  if ((conditions ?? []).length > 0) annotations[CONDITIONS] = JSON.stringify(conditions);
  return {
    ...(rest as KubeObject),
    apiVersion: 'autoscaling/v1',
    metadata: {...object.metadata, ...(Object.keys(annotations).length > 0 && {annotations: sortedMap(annotations)})},
    spec: {...otherSpec, ...(cpu !== undefined && {targetCPUUtilizationPercentage: cpu})} as unknown as Json,
    status: {
      ...NO_REPLICAS,
      ...otherStatus,
      ...(currentCPU !== undefined && {currentCPUUtilizationPercentage: currentCPU}),
    } as unknown as Json,
  };
}

const NO_REPLICAS = {currentReplicas: 0, desiredReplicas: 0};

const isCPU = (metric: MetricSpec | MetricStatus): boolean => metric.type === 'Resource' && metric.resource?.name === 'cpu';

const currentMetrics = (averageUtilization: Json | undefined): Json[] =>
  typeof averageUtilization === 'number' ? [{type: 'Resource', resource: {name: 'cpu', current: {averageUtilization}}}] : [];

function withoutAnnotations({metadata}: KubeObject): KubeObject['metadata'] {
  const {annotations, ...rest} = metadata;
  const kept = Object.entries(annotations ?? {}).filter(([name]) => !ALL.includes(name));
  return {...rest, ...(kept.length > 0 && {annotations: Object.fromEntries(kept)})};
}

/** The list an annotation holds; none where it does not hold one. */
function list(annotation: string | undefined): JsonObject[] {
  const value = parse(annotation);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function parse(annotation: string | undefined): Json | undefined {
  if (annotation === undefined) return undefined;
  try {
    return JSON.parse(annotation) as Json;
  } catch {
    return undefined;
  }
}

const RULES = pointer(
  struct({
    stabilizationWindowSeconds: null,
    selectPolicy: null,
    policies: listOf(struct({type: '', value: 0, periodSeconds: 0})),
    tolerance: null,
  }),
);

// The behavior annotation is the internal type's JSON.
const BEHAVIOR_SHAPE = struct({scaleUp: RULES, scaleDown: RULES});

function behaviorFromAnnotation(annotation: string | undefined): JsonObject | undefined {
  const value = parse(annotation);
  if (!isObject(value)) return undefined;
  const behavior = lowered(value) as HorizontalPodAutoscalerBehavior;
  defaultBehavior(behavior);
  return behavior as unknown as JsonObject;
}

/** Go names to JSON names; null is absent. */
function lowered(value: Json): Json {
  if (Array.isArray(value)) return value.map(lowered);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) =>
      field === null || field === undefined ? [] : [[name[0]!.toLowerCase() + name.slice(1), lowered(field)]],
    ),
  );
}
