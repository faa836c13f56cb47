import type {HorizontalPodAutoscaler, HorizontalPodAutoscalerBehavior, HPAScalingRules, MetricSpec} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';

/** What a v1 or v2 object gets; the metrics of a v1 object depend on its annotations and come with its conversion. */
export function setDefaults(object: KubeObject): void {
  const {spec, apiVersion} = object as HorizontalPodAutoscaler;
  if (!spec) return;
  spec.minReplicas ??= 1;
  if (apiVersion === 'autoscaling/v1') return;
  if ((spec.metrics ?? []).length === 0) spec.metrics = [DEFAULT_METRIC()];
  if (spec.behavior) defaultBehavior(spec.behavior);
}

/** What a behavior that is given leaves open. */
export function defaultBehavior(behavior: HorizontalPodAutoscalerBehavior): void {
  behavior.scaleUp = withDefaults(behavior.scaleUp, {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      {type: 'Pods', value: 4, periodSeconds: 15},
      {type: 'Percent', value: 100, periodSeconds: 15},
    ],
  });
  behavior.scaleDown = withDefaults(behavior.scaleDown, {
    selectPolicy: 'Max',
    policies: [{type: 'Percent', value: 100, periodSeconds: 15}],
  });
}

/** 80 % of the CPU that pods request. */
export const DEFAULT_METRIC = (): MetricSpec => cpuUtilization(80);

export const cpuUtilization = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization}},
});

const withDefaults = (rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(rules ?? {}).filter(([, value]) => value !== undefined && value !== null)),
});
