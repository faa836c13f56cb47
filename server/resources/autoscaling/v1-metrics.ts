import type {Json, JsonObject} from '../../api/json.ts';
import {isObject} from '../../api/json.ts';
import type {MetricSpec, MetricStatus} from '../../api/kinds.generated.ts';

// autoscaling/v1 has metrics as v2beta1 had them: flat, with names that say what kind of value it is.

/** A v2 metric as an item of the v1 annotation. */
export function metricToV1({type, object, pods, resource, containerResource, external}: MetricSpec): Json {
  return defined({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && {metricName: pods.metric.name, targetAverageValue: pods.target.averageValue ?? '0', selector: pods.metric.selector},
    resource: resource && {
      name: resource.name,
      targetAverageUtilization: resource.target.averageUtilization,
      targetAverageValue: resource.target.averageValue,
    },
    containerResource: containerResource && {
      name: containerResource.name,
      targetAverageUtilization: containerResource.target.averageUtilization,
      targetAverageValue: containerResource.target.averageValue,
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  });
}

/** The inverse of metricToV1. */
export function metricFromV1({type, object, pods, resource, containerResource, external}: JsonObject): MetricSpec {
  return defined({
    type,
    object: isObject(object) && {
      describedObject: object.target,
      target: targetOf({value: positive(object.targetValue), averageValue: object.averageValue}),
      metric: {name: object.metricName, selector: object.selector},
    },
    pods: isObject(pods) && {
      metric: {name: pods.metricName, selector: pods.selector},
      target: targetOf({averageValue: pods.targetAverageValue}),
    },
    resource: isObject(resource) && {name: resource.name, target: utilizationOf(resource)},
    containerResource: isObject(containerResource) && {
      name: containerResource.name,
      target: utilizationOf(containerResource),
      container: containerResource.container,
    },
    external: isObject(external) && {
      metric: {name: external.metricName, selector: external.metricSelector},
      target: targetOf({value: external.targetValue, averageValue: external.targetAverageValue}),
    },
  }) as unknown as MetricSpec;
}

/** The current value of a v2 metric as an item of the v1 annotation. */
export function statusToV1({type, object, pods, resource, containerResource, external}: MetricStatus): Json {
  return defined({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      currentValue: object.current.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.current.averageValue,
    },
    pods: pods && {metricName: pods.metric.name, currentAverageValue: pods.current.averageValue ?? '0', selector: pods.metric.selector},
    resource: resource && {
      name: resource.name,
      currentAverageUtilization: resource.current.averageUtilization,
      currentAverageValue: resource.current.averageValue ?? '0',
    },
    containerResource: containerResource && {
      name: containerResource.name,
      currentAverageUtilization: containerResource.current.averageUtilization,
      currentAverageValue: containerResource.current.averageValue ?? '0',
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      currentValue: external.current.value ?? '0',
      currentAverageValue: external.current.averageValue,
    },
  });
}

/** The inverse of statusToV1. */
export function statusFromV1({type, object, pods, resource, containerResource, external}: JsonObject): Json {
  return defined({
    type,
    object: isObject(object) && {
      describedObject: object.target,
      metric: {name: object.metricName, selector: object.selector},
      current: {value: object.currentValue, averageValue: object.averageValue},
    },
    pods: isObject(pods) && {
      metric: {name: pods.metricName, selector: pods.selector},
      current: {averageValue: pods.currentAverageValue},
    },
    resource: isObject(resource) && {name: resource.name, current: currentOf(resource)},
    containerResource: isObject(containerResource) && {
      name: containerResource.name,
      current: currentOf(containerResource),
      container: containerResource.container,
    },
    external: isObject(external) && {
      metric: {name: external.metricName, selector: external.metricSelector},
      current: {value: external.currentValue, averageValue: external.currentAverageValue},
    },
  });
}

interface Values {
  readonly value?: Json | undefined;
  readonly averageValue?: Json | undefined;
}

const targetOf = ({value, averageValue}: Values): JsonObject => ({
  type: value === undefined ? 'AverageValue' : 'Value',
  value,
  averageValue,
});

const utilizationOf = ({targetAverageUtilization, targetAverageValue}: JsonObject): JsonObject => ({
  type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
  averageValue: targetAverageValue,
  averageUtilization: targetAverageUtilization,
});

const currentOf = ({currentAverageUtilization, currentAverageValue}: JsonObject): JsonObject => ({
  averageValue: currentAverageValue,
  averageUtilization: currentAverageUtilization,
});

const positive = (value: Json | undefined): Json | undefined => (value === '0' ? undefined : value);

/** A copy without what is absent. */
const defined = (value: unknown): Json =>
  JSON.parse(JSON.stringify(value, (_, field) => (field === false || field === null ? undefined : field)));
