import equal from 'fast-deep-equal';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  MetricStatus,
  Pod,
} from '../server/api/kinds.generated.ts';
import {horizontalPodAutoscalers as autoscalerType, pods as podType} from '../server/api/resource-types.generated.ts';
import {matchesLabels, parseLabelSelector} from '../server/api/selectors.ts';
import {formatTime} from '../server/api/time.ts';
import {describeFailure, MetricError, type Wish, type Workload, wishOf} from './autoscaling-metrics.ts';
import type {History} from './autoscaling-plan.ts';
import {limitReplicas, newHistory, toleranceOf} from './autoscaling-plan.ts';
import {messageOf} from './replicaset.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf, splitKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import type {DiscoveredResource} from './support/discovery.ts';
import {watchDiscovery} from './support/discovery.ts';

/** Sizes workloads by metrics (pkg/controller/podautoscaler). */
export const horizontalPodAutoscalerController: ControllerDefinition = {
  name: 'horizontal-pod-autoscaler-controller',
  alias: 'horizontalpodautoscaling',
  serviceAccount: 'horizontal-pod-autoscaler',
  start,
};

const PERIOD = 15_000;

/** The autoscaler as this look leaves it. */
interface Look {
  autoscaler: HorizontalPodAutoscaler;
  conditions: HorizontalPodAutoscalerCondition[];
}

interface Scale {
  spec?: {replicas?: number};
  status?: {replicas?: number; selector?: string};
}

function start(context: ControllerContext): Running[] {
  const {client, clock, events} = context;
  const autoscalers = context.informer(autoscalerType);
  const pods = context.informer(podType);
  // It looks every quarter of a minute, whatever happens: nothing waits for it.
  const queue = context.queue(undefined, 'upkeep');
  const ownWrites = createOwnWrites();
  const histories = new Map<string, History>();
  const selectors = new Map<string, ReturnType<typeof parseLabelSelector>>();
  const discovery = watchDiscovery(context, () => {});
  autoscalers.addHandler({
    added: autoscaler => queue.addAfter(keyOf(autoscaler), PERIOD),
    deleted(autoscaler) {
      histories.delete(keyOf(autoscaler));
      selectors.delete(keyOf(autoscaler));
    },
  });

  return [discovery, {...context.run(queue, reconcile, {ready: discovery.ready}), nextDue: () => undefined}];

  async function reconcile(key: string): Promise<ReconcileResult | undefined> {
    await ownWrites.shown(key);
    const autoscaler = autoscalers.get(key);
    if (!autoscaler) return;
    const look: Look = {autoscaler, conditions: [...(autoscaler.status?.conditions ?? [])]};
    await lookAt(key, look).catch(error => context.report(key, error));
    return {requeueAfter: PERIOD};
  }

  async function lookAt(key: string, look: Look): Promise<void> {
    const {spec, status} = look.autoscaler;
    const found = await findScale(look).catch(error => {
      tell(look, 'Warning', 'FailedGetScale', messageOf(error));
      set(
        look,
        'AbleToScale',
        'False',
        'FailedGetScale',
        `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`,
      );
      return undefined;
    });
    if (!found) return write(key, look, status?.currentReplicas ?? 0, status?.desiredReplicas ?? 0, status?.currentMetrics);
    set(look, 'AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
    const current = found.scale.spec?.replicas ?? 0;
    const minimum = spec!.minReplicas ?? 1;
    if (current === 0 && minimum !== 0) {
      set(look, 'ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
      return write(key, look, 0, 0, undefined);
    }
    if (current > spec!.maxReplicas) {
      return rescale(key, look, found, spec!.maxReplicas, 'Current number of replicas above Spec.MaxReplicas', undefined);
    }
    if (current < minimum) return rescale(key, look, found, minimum, 'Current number of replicas below Spec.MinReplicas', undefined);
    await scaleByMetrics(key, look, found, current);
  }

  async function scaleByMetrics(key: string, look: Look, found: Found, current: number): Promise<void> {
    const {spec, status} = look.autoscaler;
    const selected = podsOf(key, look, found.scale.status?.selector ?? '');
    if (!selected) return write(key, look, current, status?.desiredReplicas ?? 0, undefined);
    const workload: Workload = {
      namespace: look.autoscaler.metadata.namespace!,
      selector: found.scale.status?.selector ?? '',
      pods: selected,
      current,
      observed: found.scale.status?.replicas ?? 0,
      tolerance: toleranceOf(look.autoscaler),
    };
    const wishes: Wish[] = [];
    const failures: {error: MetricError; metric: MetricSpec}[] = [];
    // A metric that cannot be had is shown as an empty one.
    const shown: MetricStatus[] = [];
    for (const metric of spec!.metrics ?? []) {
      try {
        const wish = await wishOf(metric, workload, {client, discovery: discovery.current});
        wishes.push(wish);
        shown.push(wish.status);
      } catch (error) {
        if (!(error instanceof MetricError)) throw error;
        failures.push({error, metric});
        shown.push({type: ''});
        tell(look, 'Warning', error.reason, error.message);
      }
    }
    const best = wishes.sort((a, b) => b.replicas - a.replicas)[0];
    const [failure] = failures;
    if (failure && (!best || best.replicas < current)) {
      set(
        look,
        'ScalingActive',
        'False',
        failure.error.reason,
        `the HPA was unable to compute the replica count: ${failure.error.message}`,
      );
      const first = `${describeFailure(failure.metric)}: ${failure.error.message}`;
      const count = `${failures.length} invalid out of ${spec!.metrics!.length}`;
      tell(look, 'Warning', 'FailedComputeMetricsReplicas', `invalid metrics (${count}), first error is: ${first}`);
      return write(key, look, current, status?.desiredReplicas ?? 0, shown);
    }
    if (!best) return write(key, look, current, current, undefined);
    set(look, 'ScalingActive', 'True', 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${best.name}`);
    const history = histories.get(key) ?? newHistory();
    histories.set(key, history);
    const {replicas, limited, reason, message} = limitReplicas(look.autoscaler, current, best.replicas, history, clock.now());
    set(look, 'ScalingLimited', limited ? 'True' : 'False', reason, message);
    if (replicas === current) {
      set(look, 'AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size');
      return write(key, look, current, current, shown);
    }
    await rescale(key, look, found, replicas, replicas > current ? `${best.name} above target` : 'All metrics below target', shown);
  }

  /** The pods that count; undefined, and said why, if it is not clear that they are this autoscaler's. */
  function podsOf(key: string, look: Look, text: string): Pod[] | undefined {
    const fail = (reason: string, message: string, event = reason, told = message): undefined => {
      tell(look, 'Warning', event, told);
      set(look, 'ScalingActive', 'False', reason, message);
      tell(look, 'Warning', 'FailedComputeMetricsReplicas', told);
    };
    if (!text) return fail('InvalidSelector', "the HPA target's scale is missing a selector", 'SelectorRequired', 'selector is required');
    const selector = parseLabelSelector(text);
    selectors.set(key, selector);
    const {namespace} = look.autoscaler.metadata;
    const selected = pods.list(namespace).filter(({metadata}) => matchesLabels(selector, metadata.labels));
    const rivals = [...selectors.keys()].filter(
      other =>
        splitKey(other).namespace === namespace && selected.some(({metadata}) => matchesLabels(selectors.get(other)!, metadata.labels)),
    );
    if (rivals.length <= 1) return selected;
    const names = rivals.sort().map(rival => `{${splitKey(rival).name} ${namespace}}`);
    return fail('AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${names.join(' ')}]`);
  }

  async function rescale(
    key: string,
    look: Look,
    found: Found,
    replicas: number,
    why: string,
    metrics: MetricStatus[] | undefined,
  ): Promise<void> {
    const current = found.scale.spec?.replicas ?? 0;
    try {
      const scale = {...found.scale, apiVersion: 'autoscaling/v1', kind: 'Scale', spec: {replicas}};
      await client.update(found.resource, scale as never, {subresource: 'scale'});
    } catch (error) {
      tell(look, 'Warning', 'FailedRescale', `New size: ${replicas}; reason: ${why}; error: ${messageOf(error)}`);
      set(
        look,
        'AbleToScale',
        'False',
        'FailedUpdateScale',
        `the HPA controller was unable to update the target scale: ${messageOf(error)}`,
      );
      return write(key, look, current, look.autoscaler.status?.desiredReplicas ?? 0, metrics);
    }
    set(look, 'AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${replicas}`);
    tell(look, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${why}`);
    const history = histories.get(key) ?? newHistory();
    histories.set(key, history);
    const change = {time: clock.now(), change: Math.abs(replicas - current)};
    if (replicas > current) history.ups.push(change);
    else history.downs.push(change);
    await write(key, look, current, replicas, metrics, true);
  }

  type Found = {resource: DiscoveredResource; scale: Scale};

  async function findScale({autoscaler}: Look): Promise<Found> {
    const {apiVersion = '', kind, name} = autoscaler.spec!.scaleTargetRef;
    const resource = discovery.current()?.find(apiVersion, kind);
    if (!resource) throw new Error(`no matches for kind "${kind}" in group "${apiVersion.split('/')[0]}"`);
    const {namespace} = autoscaler.metadata;
    return {resource, scale: (await client.get(resource, {namespace, name}, {subresource: 'scale'})) as unknown as Scale};
  }

  function set(look: Look, type: string, status: string, reason: string, message: string): void {
    const known = look.conditions.find(condition => condition.type === type);
    const lastTransitionTime = known?.status === status ? known.lastTransitionTime : formatTime(clock.now());
    const condition = {type, status, lastTransitionTime, reason, message};
    if (known) look.conditions = look.conditions.map(each => (each === known ? condition : each));
    else look.conditions.push(condition);
  }

  async function write(
    key: string,
    {autoscaler, conditions}: Look,
    currentReplicas: number,
    desiredReplicas: number,
    currentMetrics: MetricStatus[] | undefined,
    scaled = false,
  ): Promise<void> {
    const {lastScaleTime} = autoscaler.status ?? {};
    const time = scaled ? formatTime(clock.now()) : lastScaleTime;
    const status = {
      ...(time && {lastScaleTime: time}),
      ...(currentReplicas > 0 && {currentReplicas}),
      desiredReplicas,
      currentMetrics: currentMetrics ?? null,
      conditions,
    } as unknown as HorizontalPodAutoscaler['status'];
    if (equal(status, autoscaler.status)) return;
    ownWrites.wrote(key, autoscalers, await client.update(autoscalerType, {...autoscaler, status}, {subresource: 'status'}));
  }

  function tell({autoscaler}: Look, type: 'Normal' | 'Warning', reason: string, message: string): void {
    events.record({apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: autoscaler.metadata}, type, reason, message);
  }
}
