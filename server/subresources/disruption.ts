import {klona} from 'klona/json';
import type {Condition, Pod, PodDisruptionBudget} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import type {LabelSelector} from '../api/selectors.ts';
import {selectsLabels} from '../api/selectors.ts';
import {ApiError, forbidden, unknownError} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {writeQuery} from '../request/options.ts';
import type {RequestContext} from '../request/request.ts';
import type {Environment} from '../verbs/environment.ts';
import {modify} from '../verbs/modify.ts';

// pkg/registry/core/pod/storage/eviction.go: MaxDisruptedPodSize.
const MAX_DISRUPTED = 2000;
const RESOURCE = {group: 'policy', resource: 'poddisruptionbudget'};
const APISERVER = {name: 'system:apiserver', groups: ['system:masters', 'system:authenticated']};

/**
 * Takes one disruption from the budget that protects the pod, if there is one and the pod counts. Throws 429 where none is left, 500 where
 * several budgets claim the pod.
 */
export async function takeDisruption(environment: Environment, context: RequestContext, pod: Pod, dryRun: boolean): Promise<void> {
  const budgets = budgetsOf(environment, pod);
  if (budgets.length > 1)
    throw unknownError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  const [budget] = budgets;
  if (budget === undefined || goesUncounted(pod, budget)) return;
  const name = budget.metadata.name!;
  const reduce = (live: PodDisruptionBudget): KubeObject => reduced(live, pod.metadata.name!, formatTime(environment.clock.now()));
  if (dryRun) {
    reduce(budget);
    return;
  }
  const own = {...context, identity: APISERVER, request: {...context.request, headers: {'user-agent': 'kube-apiserver'}}};
  await modify(environment, own, {
    resource: environment.registry.findGroupResource('policy', 'poddisruptionbudgets')!,
    namespace: pod.metadata.namespace!,
    name,
    subresource: 'status',
    query: writeQuery(new URLSearchParams(), 'UpdateOptions'),
    transform: live => reduce(live as unknown as PodDisruptionBudget),
  });
}

function budgetsOf({registry, storage}: Environment, {metadata}: Pod): PodDisruptionBudget[] {
  const found: PodDisruptionBudget[] = [];
  const budgets = storage(registry.findGroupResource('policy', 'poddisruptionbudgets')!);
  for (const {object} of budgets.snapshot().range({prefix: `${metadata.namespace}/`})) {
    const budget = object as unknown as PodDisruptionBudget;
    if (budget.spec?.selector && selectsLabels(budget.spec.selector as LabelSelector, metadata.labels ?? {})) found.push(budget);
  }
  return found;
}

/** Pods that are not ready may go where the policy says so, or where enough others are healthy. */
function goesUncounted({status}: Pod, {spec, status: budget}: PodDisruptionBudget): boolean {
  if ((status?.conditions ?? []).some(({type, status: value}) => type === 'Ready' && value === 'True')) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const {currentHealthy = 0, desiredHealthy = 0} = budget ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/** The budget with one disruption less and the pod among those that are going (checkAndDecrement). */
function reduced(budget: PodDisruptionBudget, pod: string, now: string): KubeObject {
  const {metadata, status} = budget;
  const name = metadata.name!;
  const {observedGeneration = 0, disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0, disruptedPods = {}} = status ?? {};
  if (observedGeneration < (metadata.generation ?? 0))
    throw violation(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (disruptionsAllowed < 0) throw forbidden(RESOURCE, name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED)
    throw forbidden(RESOURCE, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (disruptionsAllowed === 0) {
    const failed = status?.conditions?.find(
      ({type, reason, status: value}) => type === ALLOWED && value === 'False' && reason === 'SyncFailed',
    );
    if (failed)
      throw violation(`The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message}`);
    throw violation(
      currentHealthy <= desiredHealthy
        ? `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
        : `The disruption budget ${name} does not allow evicting pods currently`,
    );
  }
  const left = disruptionsAllowed - 1;
  const next = klona(budget);
  Object.assign(next.status!, {
    disruptionsAllowed: left,
    disruptedPods: {...disruptedPods, [pod]: now},
    ...(left === 0 && {conditions: withoutDisruptions(budget, now)}),
  });
  return next as unknown as KubeObject;
}

const ALLOWED = 'DisruptionAllowed';

function withoutDisruptions({metadata, status}: PodDisruptionBudget, now: string): Condition[] {
  const conditions = status?.conditions ?? [];
  const before = conditions.find(({type}) => type === ALLOWED);
  const condition: Condition = {
    type: ALLOWED,
    status: 'False',
    observedGeneration: metadata.generation ?? 0,
    lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : now,
    reason: 'InsufficientPods',
    message: '',
  };
  return before ? conditions.map(other => (other === before ? condition : other)) : [...conditions, condition];
}

const violation = (message: string, retryAfterSeconds?: number): ApiError =>
  new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{reason: 'DisruptionBudget', message}],
    ...(retryAfterSeconds !== undefined && {retryAfterSeconds}),
  });
