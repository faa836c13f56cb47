import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, required} from '../../api/field.ts';
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isPathSegmentName} from '../../api/names.ts';
import {parseGroupVersion} from '../../api/object.ts';
import {quantitySign} from '../../api/quantity.ts';
import {validateContainerResourceName} from '../core/resource-names.ts';
import {collect, oneOf, requiredName} from '../rules.ts';

/** The field of each type of metric, in the order in which upstream looks for them. */
const SOURCES = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const;
type Source = (typeof SOURCES)[keyof typeof SOURCES];

const TYPES = Object.keys(SOURCES).sort();

/** Upstream: validateMetricSpec. The first source that is there is looked into, right or wrong. */
export function validateMetric(metric: MetricSpec, path: FieldPath): FieldError[] {
  const present = Object.values(SOURCES).filter(source => metric[source] !== undefined && metric[source] !== null);
  const type = metric.type ?? '';
  const expected = (SOURCES as {[type: string]: Source | undefined})[type];
  return collect(
    type === '' && required(child(path, 'type'), 'must specify a metric source type'),
    oneOf(type, child(path, 'type'), TYPES),
    present[0] && validateSource(metric, present[0], child(path, present[0])),
    expected
      ? !present.includes(expected) && required(child(path, expected), 'must populate information for the given metric source')
      : oneOf(type, child(path, 'type'), TYPES),
    present.length > 1 &&
      present
        .filter(source => source !== expected)
        .map(source => forbiddenField(child(path, source), 'must populate the given metric source only')),
  );
}

function validateSource(metric: MetricSpec, source: Source, path: FieldPath): FieldError[] {
  switch (source) {
    case 'object':
      return validateObject(metric.object!, path);
    case 'external':
      return validateExternal(metric.external!, path);
    case 'pods':
      return validatePods(metric.pods!, path);
    case 'resource':
      return validateResource(metric.resource!, path);
    case 'containerResource':
      return validateContainerResource(metric.containerResource!, path);
  }
}

/** What a metric is about, or what is scaled: kind, name, and a group and version, of which the group may have to be there. */
export function validateObjectReference(
  {kind, name, apiVersion = ''}: CrossVersionObjectReference,
  path: FieldPath,
  needsGroup = false,
): FieldError[] {
  const ofVersion = child(path, 'apiVersion');
  const parsed = parseGroupVersion(apiVersion);
  return collect(
    requiredName(kind, child(path, 'kind'), isPathSegmentName),
    requiredName(name, child(path, 'name'), isPathSegmentName),
    !parsed && invalid(ofVersion, apiVersion, `unexpected GroupVersion string: ${apiVersion}`),
    needsGroup && parsed?.group === '' && invalid(ofVersion, apiVersion, 'apiVersion must specify API group'),
  );
}

const validateObject = ({describedObject, metric, target}: ObjectMetricSource, path: FieldPath): FieldError[] =>
  collect(
    validateObjectReference(describedObject, child(path, 'describedObject')),
    validateIdentifier(metric, child(path, 'metric')),
    validateTarget(target, child(path, 'target')),
    target.value === undefined &&
      target.averageValue === undefined &&
      required(child(path, 'target', 'averageValue'), 'must set either a target value or averageValue'),
  );

function validateExternal({metric, target}: ExternalMetricSource, path: FieldPath): FieldError[] {
  const {value, averageValue} = target;
  return collect(
    validateIdentifier(metric, child(path, 'metric')),
    validateTarget(target, child(path, 'target')),
    value === undefined &&
      averageValue === undefined &&
      required(child(path, 'target', 'averageValue'), 'must set either a target value for metric or a per-pod target'),
    value !== undefined &&
      averageValue !== undefined &&
      forbiddenField(child(path, 'target', 'value'), 'may not set both a target value for metric and a per-pod target'),
  );
}

const validatePods = ({metric, target}: PodsMetricSource, path: FieldPath): FieldError[] =>
  collect(
    validateIdentifier(metric, child(path, 'metric')),
    validateTarget(target, child(path, 'target')),
    target.averageValue === undefined && required(child(path, 'target', 'averageValue'), 'must specify a positive target averageValue'),
  );

const validateResource = ({name, target}: ResourceMetricSource, path: FieldPath): FieldError[] =>
  collect(
    !name && required(child(path, 'name'), 'must specify a resource name'),
    validateTarget(target, child(path, 'target')),
    oneOfUtilization(target, child(path, 'target')),
  );

const validateContainerResource = ({name, container, target}: ContainerResourceMetricSource, path: FieldPath): FieldError[] =>
  collect(
    name ? validateContainerResourceName(name, child(path, 'name')) : required(child(path, 'name'), 'must specify a resource name'),
    requiredName(container, child(path, 'container'), isDNS1123Label, 'must specify a container'),
    validateTarget(target, child(path, 'target')),
    oneOfUtilization(target, child(path, 'target')),
  );

function oneOfUtilization({averageUtilization, averageValue}: MetricTarget, path: FieldPath): FieldError[] {
  if (averageUtilization === undefined && averageValue === undefined) {
    return [required(child(path, 'averageUtilization'), 'must set either a target raw value or a target utilization')];
  }
  return averageUtilization !== undefined && averageValue !== undefined
    ? [forbiddenField(child(path, 'averageValue'), 'may not set both a target raw value and a target utilization')]
    : [];
}

const validateIdentifier = (metric: MetricIdentifier | undefined, path: FieldPath): FieldError[] =>
  requiredName(metric?.name, child(path, 'name'), isPathSegmentName, 'must specify a metric name');

function validateTarget({type, value, averageValue, averageUtilization}: MetricTarget, path: FieldPath): FieldError[] {
  const mustBePositive = (field: 'value' | 'averageValue', quantity: string | undefined): FieldError[] =>
    quantity !== undefined && quantitySign(quantity) <= 0 ? [invalid(child(path, field), quantity, 'must be positive')] : [];
  return collect(
    !type && required(child(path, 'type'), 'must specify a metric target type'),
    !['Utilization', 'Value', 'AverageValue'].includes(type) &&
      invalid(child(path, 'type'), type ?? '', 'must be either Utilization, Value, or AverageValue'),
    mustBePositive('value', value),
    mustBePositive('averageValue', averageValue),
    averageUtilization !== undefined &&
      averageUtilization < 1 &&
      invalid(child(path, 'averageUtilization'), averageUtilization, 'must be greater than 0'),
  );
}
