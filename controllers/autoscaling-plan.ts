import type {HorizontalPodAutoscaler, HPAScalingRules, Pod} from '../server/api/kinds.generated.ts';
import {milliValue} from '../server/api/quantity.ts';
import {isPodReady} from './support/pods.ts';

/** A change of size in the past, for the limits of scaling policies. */
export interface ScaleEvent {
  time: number;
  change: number;
}

/** What an autoscaler remembers between two looks. */
export interface History {
  recommendations: {time: number; replicas: number}[];
  ups: ScaleEvent[];
  downs: ScaleEvent[];
}

export const newHistory = (): History => ({recommendations: [], ups: [], downs: []});

/** How far usage may be above and below its target before anything is done. */
export interface Tolerance {
  up: number;
  down: number;
}

const TOLERANCE = 0.1;

/** What the behaviour says, else a tenth. */
export function toleranceOf({spec}: HorizontalPodAutoscaler): Tolerance {
  const read = (rules: HPAScalingRules | undefined) => (rules?.tolerance === undefined ? TOLERANCE : milliValue(rules.tolerance) / 1000);
  return {up: read(spec?.behavior?.scaleUp), down: read(spec?.behavior?.scaleDown)};
}

export interface Usage {
  /** By pod name; milli units. */
  used: ReadonlyMap<string, number>;
  /** What a pod should use: of its request for utilization, else the same for every pod. */
  target(pod: Pod): number;
  /** Of pods whose usage is not known. */
  pods: readonly Pod[];
  current: number;
  tolerance: Tolerance;
}

/**
 * How many replicas bring usage to its target (pkg/controller/podautoscaler/replica_calculator.go). Pods without metrics count as if
 * they were at the target when that means fewer pods, and as idle when it means more; unready ones do not count.
 */
export function replicasForUsage({used, target, pods, current, tolerance}: Usage): {replicas: number; ratio: number} {
  const living = pods.filter(
    ({metadata, status}) => !metadata.deletionTimestamp && status?.phase !== 'Failed' && status?.phase !== 'Succeeded',
  );
  const measured = living.filter(pod => isPodReady(pod) && used.has(pod.metadata.name!));
  const unready = living.filter(pod => !isPodReady(pod));
  const missing = living.filter(pod => isPodReady(pod) && !used.has(pod.metadata.name!));
  const sum = (of: readonly Pod[], value: (pod: Pod) => number) => of.reduce((total, pod) => total + value(pod), 0);
  const usage = sum(measured, pod => used.get(pod.metadata.name!)!);
  const ratio = usage / sum(measured, target);
  if (unready.length === 0 && missing.length === 0) {
    return {replicas: isTolerated(ratio, tolerance) ? current : Math.ceil(ratio * measured.length), ratio};
  }
  const counted = [...measured, ...missing, ...(ratio > 1 ? unready : [])];
  const corrected = (usage + (ratio < 1 ? sum(missing, target) : 0)) / sum(counted, target);
  if (isTolerated(corrected, tolerance) || ratio < 1 !== corrected < 1) return {replicas: current, ratio};
  const replicas = Math.ceil(corrected * counted.length);
  const turnsBack = (corrected < 1 && replicas > current) || (corrected > 1 && replicas < current);
  return {replicas: turnsBack ? current : replicas, ratio};
}

export const isTolerated = (ratio: number, {up, down}: Tolerance): boolean => ratio >= 1 - down && ratio <= 1 + up;

export interface Limited {
  replicas: number;
  /** Of the ScalingLimited condition. */
  limited: boolean;
  reason: string;
  message: string;
}

const DEFAULT_UP: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    {type: 'Pods', value: 4, periodSeconds: 15},
    {type: 'Percent', value: 100, periodSeconds: 15},
  ],
};
const DEFAULT_DOWN: HPAScalingRules = {
  stabilizationWindowSeconds: 300,
  selectPolicy: 'Max',
  policies: [{type: 'Percent', value: 100, periodSeconds: 15}],
};

/** Applies stabilization, the rates of the behaviour and the bounds to a wish; remembers it in `history`. */
export function limitReplicas({spec}: HorizontalPodAutoscaler, current: number, wanted: number, history: History, now: number): Limited {
  const up = {...DEFAULT_UP, ...spec!.behavior?.scaleUp};
  const down = {...DEFAULT_DOWN, ...spec!.behavior?.scaleDown};
  const stable = stabilize(current, wanted, history, up.stabilizationWindowSeconds!, down.stabilizationWindowSeconds!, now);
  const minimum = spec!.minReplicas ?? 1;
  if (stable > current) {
    const rate = rateLimit(up, current, history, now, 1);
    const most = Math.min(rate, spec!.maxReplicas);
    if (stable > most) {
      return most === rate
        ? {
            replicas: most,
            limited: true,
            reason: 'ScaleUpLimit',
            message: 'the desired replica count is increasing faster than the maximum scale rate',
          }
        : {
            replicas: most,
            limited: true,
            reason: 'TooManyReplicas',
            message: 'the desired replica count is more than the maximum replica count',
          };
    }
  } else if (stable < current) {
    const rate = rateLimit(down, current, history, now, -1);
    const least = Math.max(rate, minimum);
    if (stable < least) {
      return least === rate
        ? {
            replicas: least,
            limited: true,
            reason: 'ScaleDownLimit',
            message: 'the desired replica count is decreasing faster than the maximum scale rate',
          }
        : {
            replicas: least,
            limited: true,
            reason: 'TooFewReplicas',
            message: 'the desired replica count is less than the minimum replica count',
          };
    }
  }
  return {replicas: stable, limited: false, reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range'};
}

/** The lowest wish of the up window and the highest of the down window bound the present one. */
function stabilize(current: number, wanted: number, history: History, up: number, down: number, now: number): number {
  let [lowest, highest] = [wanted, wanted];
  for (const {time, replicas} of history.recommendations) {
    if (time > now - up * 1000) lowest = Math.min(lowest, replicas);
    if (time > now - down * 1000) highest = Math.max(highest, replicas);
  }
  const kept = Math.max(up, down) * 1000;
  history.recommendations = [...history.recommendations.filter(({time}) => time > now - kept), {time: now, replicas: wanted}];
  return Math.min(Math.max(current, lowest), highest);
}

function rateLimit(rules: HPAScalingRules, current: number, {ups, downs}: History, now: number, sign: 1 | -1): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = (rules.policies ?? []).map(({type, value, periodSeconds}) => {
    const within = ({time}: ScaleEvent) => time > now - periodSeconds * 1000;
    const changed = (events: readonly ScaleEvent[]) => events.filter(within).reduce((sum, {change}) => sum + change, 0);
    const start = current - changed(ups) + changed(downs);
    const step = type === 'Pods' ? value : (start * value) / 100;
    return sign > 0 ? Math.ceil(start + step) : Math.floor(start - step);
  });
  const wide = rules.selectPolicy !== 'Min';
  return sign > 0 === wide ? Math.max(...limits) : Math.min(...limits);
}
