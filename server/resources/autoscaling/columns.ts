import type {HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus, Scale} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, formatList, NAME, NONE, UNKNOWN, UNSET} from '../printing.ts';

/** Of the hub versions: v2, and v1 of Scale. */
export const columns: ColumnsByKind = {
  HorizontalPodAutoscaler: [
    NAME,
    column<HorizontalPodAutoscaler>(
      'Reference',
      ({spec}) => (spec ? `${spec.scaleTargetRef?.kind ?? ''}/${spec.scaleTargetRef?.name ?? ''}` : '/'),
      'HorizontalPodAutoscalerSpec.scaleTargetRef',
    ),
    column<HorizontalPodAutoscaler>(
      'Targets',
      ({spec, status}) =>
        formatList(
          (spec?.metrics ?? []).map((metric, i) => printMetric(metric, status?.currentMetrics?.[i])),
          2,
          NONE,
          ', ',
        ),
      'HorizontalPodAutoscalerSpec.metrics',
    ),
    column<HorizontalPodAutoscaler>(
      'MinPods',
      ({spec}) => (spec?.minReplicas === undefined ? UNSET : String(spec.minReplicas)),
      'HorizontalPodAutoscalerSpec.minReplicas',
    ),
    column<HorizontalPodAutoscaler>('MaxPods', ({spec}) => spec?.maxReplicas ?? 0, 'HorizontalPodAutoscalerSpec.maxReplicas'),
    column<HorizontalPodAutoscaler>(
      'Replicas',
      ({status}) => status?.currentReplicas ?? 0,
      'HorizontalPodAutoscalerStatus.currentReplicas',
    ),
    AGE,
  ],
  Scale: [
    NAME,
    column<Scale>('Desired', ({spec}) => spec?.replicas ?? 0, 'ScaleSpec.replicas'),
    column<Scale>('Available', ({status}) => status?.replicas ?? 0, 'ScaleStatus.replicas'),
    AGE,
  ],
};

/** `cpu: 40%/60%`, `<unknown>/10`, `3/5 (avg)`: what is over what should be (formatHPAMetrics). */
function printMetric(metric: MetricSpec, current: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External':
      return printAverageOrValue(metric.external?.target, current?.external);
    case 'Object':
      return printAverageOrValue(metric.object?.target, current?.object);
    case 'Pods':
      return `${printAmount(current?.pods, 'averageValue')}/${metric.pods?.target?.averageValue ?? ''}`;
    case 'Resource':
      return `${metric.resource?.name}: ${printUsage(metric.resource?.target, current?.resource)}`;
    case 'ContainerResource':
      return `${metric.containerResource?.name}: ${printUsage(metric.containerResource?.target, current?.containerResource)}`;
    default:
      return '<unknown type>';
  }
}

type Measured = {current?: MetricValueStatus} | undefined;

function printAverageOrValue(target: MetricTarget | undefined, measured: Measured): string {
  if (target?.averageValue !== undefined) return `${measured?.current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  return `${printAmount(measured, 'value')}/${target?.value ?? ''}`;
}

/** What was measured; something else may have been. */
const printAmount = (measured: Measured, field: 'value' | 'averageValue'): string =>
  measured ? (measured.current?.[field] ?? '<nil>') : UNKNOWN;

function printUsage(target: MetricTarget | undefined, measured: Measured): string {
  if (target?.averageValue !== undefined) return `${printAmount(measured, 'averageValue')}/${target.averageValue}`;
  const current = measured?.current;
  const percent = (value: number | undefined, absent: string): string => (value === undefined ? absent : `${value}%`);
  return `${percent(current?.averageUtilization, UNKNOWN)}/${percent(target?.averageUtilization, '<auto>')}`;
}
