import type {Condition, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus} from '../server/api/kinds.generated.ts';
import {formatTime, parseTime} from '../server/api/time.ts';
import {scaledValue} from './support/int-or-percent.ts';
import {isPodReady} from './support/pods.ts';

/** How long an evicted pod may stay until its eviction is forgotten. */
const DELETION_TIMEOUT = 120_000;

export interface BudgetState {
  budget: PodDisruptionBudget;
  pods: readonly Pod[];
  /** How many pods the pods' controllers want; undefined if it need not be known. */
  scale: number | undefined;
  now: number;
}

/** Is the number of wished pods needed, which only controllers know? */
export const needsScale = ({spec}: PodDisruptionBudget): boolean =>
  spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';

export interface BudgetResult {
  status: PodDisruptionBudgetStatus;
  /** Evicted pods that nobody deleted in time. */
  late: Pod[];
  /** Milliseconds until the next eviction may be forgotten. */
  recheck: number | undefined;
}

/** pkg/controller/disruption updatePdbStatus. */
export function budgetStatus({budget, pods, scale = pods.length, now}: BudgetState): BudgetResult {
  const {minAvailable, maxUnavailable} = budget.spec ?? {};
  const desired =
    maxUnavailable !== undefined ? Math.max(0, scale - scaledValue(maxUnavailable, scale, true)) : scaledValue(minAvailable, scale, true);
  const {disruptedPods, late, recheck} = pendingEvictions(budget, pods, now);
  const healthy = pods.filter(pod => !pod.metadata.deletionTimestamp && !(pod.metadata.name! in disruptedPods) && isPodReady(pod)).length;
  const allowed = scale <= 0 ? 0 : Math.max(0, healthy - desired);
  const {generation} = budget.metadata;
  const text = allowed > 0 ? {status: 'True', reason: 'SufficientPods'} : {status: 'False', reason: 'InsufficientPods'};
  return {
    late,
    recheck,
    status: {
      observedGeneration: generation,
      ...(Object.keys(disruptedPods).length > 0 && {disruptedPods}),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: scale,
      conditions: withCondition(budget.status?.conditions, {type: 'DisruptionAllowed', ...text, message: ''}, generation, now),
    },
  };
}

/** Nothing may be disrupted while the budget cannot be worked out. */
export function failSafeStatus({status}: PodDisruptionBudget, message: string, now: number): PodDisruptionBudgetStatus {
  const condition = {type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message};
  return {...status, disruptionsAllowed: 0, conditions: withCondition(status?.conditions, condition, status?.observedGeneration, now)};
}

function withCondition(
  conditions: readonly Condition[] = [],
  condition: Pick<Condition, 'type' | 'status' | 'reason' | 'message'>,
  observedGeneration: number | undefined,
  now: number,
): Condition[] {
  const known = conditions.find(({type}) => type === condition.type);
  const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : formatTime(now);
  const next = {...condition, ...(observedGeneration !== undefined && {observedGeneration}), lastTransitionTime};
  return known ? conditions.map(each => (each === known ? next : each)) : [...conditions, next];
}

function pendingEvictions({status}: PodDisruptionBudget, pods: readonly Pod[], now: number) {
  const disruptedPods: {[name: string]: string} = {};
  const late: Pod[] = [];
  let recheck: number | undefined;
  for (const pod of pods) {
    const {name, deletionTimestamp} = pod.metadata;
    const since = status?.disruptedPods?.[name!];
    if (!since || deletionTimestamp) continue;
    const left = parseTime(since) + DELETION_TIMEOUT - now;
    if (left < 0) late.push(pod);
    else {
      disruptedPods[name!] = since;
      recheck = Math.min(recheck ?? left, left);
    }
  }
  return {disruptedPods, late, recheck};
}

/** A LabelSelector as Go prints it in messages. */
export function goSelector({spec}: PodDisruptionBudget): string {
  const {matchLabels = {}, matchExpressions = []} = spec?.selector ?? {};
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
    .join('');
  const expressions = matchExpressions.map(
    ({key, operator, values = []}) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
