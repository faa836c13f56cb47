import equal from 'fast-deep-equal';
import type {Pod, PodDisruptionBudget} from '../server/api/kinds.generated.ts';
import type {OwnerReference} from '../server/api/object.ts';
import {
  podDisruptionBudgets as budgetType,
  deployments as deploymentType,
  pods as podType,
  replicaSets as replicaSetType,
  replicationControllers as replicationControllerType,
  statefulSets as statefulSetType,
} from '../server/api/resource-types.generated.ts';
import {selectsLabels} from '../server/api/selectors.ts';
import {isApiError} from '../server/api/status.ts';
import {budgetStatus, failSafeStatus, goSelector, needsScale} from './disruption-plan.ts';
import {messageOf} from './replicaset.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {watchStaleDisruptions} from './stale-disruption.ts';
import {watchDiscovery} from './support/discovery.ts';
import {controllerOf} from './support/owners.ts';

/** Keeps the status of PodDisruptionBudgets, by which evictions are allowed (pkg/controller/disruption). */
export const disruptionController: ControllerDefinition = {
  name: 'disruption-controller',
  alias: 'disruption',
  component: 'controllermanager',
  start,
};

function start(context: ControllerContext): Running[] {
  const {client, clock, events} = context;
  const budgets = context.informer(budgetType);
  const pods = context.informer(podType);
  const replicaSets = context.informer(replicaSetType);
  const workloads = {
    ReplicaSet: replicaSets,
    Deployment: context.informer(deploymentType),
    StatefulSet: context.informer(statefulSetType),
    ReplicationController: context.informer(replicationControllerType),
  };
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  const discovery = watchDiscovery(context, () => {});
  watch();

  return [discovery, context.run(queue, reconcile, {workers: 1}), watchStaleDisruptions(context)];

  async function reconcile(key: string): Promise<ReconcileResult | undefined> {
    await ownWrites.shown(key);
    const budget = budgets.get(key);
    if (!budget || budget.metadata.deletionTimestamp) return;
    const selected = pods.list(budget.metadata.namespace).filter(({metadata}) => selectsLabels(budget.spec?.selector, metadata.labels));
    if (selected.length === 0) events.record(target(budget), 'Normal', 'NoPods', 'No matching pods found');
    let scale: number | undefined;
    try {
      if (needsScale(budget)) scale = await expectedScale(budget, selected);
    } catch (error) {
      const message = messageOf(error);
      events.record(
        target(budget),
        'Warning',
        'CalculateExpectedPodCountFailed',
        `Failed to calculate the number of expected pods: ${message}`,
      );
      await write(key, budget, failSafeStatus(budget, message, clock.now()));
      throw error;
    }
    const {status, late, recheck} = budgetStatus({budget, pods: selected, scale, now: clock.now()});
    for (const pod of late) {
      const message = `Pod was expected by PDB ${key} to be deleted but it wasn't`;
      events.record({apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata}, 'Warning', 'NotDeleted', message);
    }
    await write(key, budget, status);
    return recheck === undefined ? undefined : {requeueAfter: recheck + 1000};
  }

  async function write(key: string, budget: PodDisruptionBudget, status: NonNullable<PodDisruptionBudget['status']>): Promise<void> {
    const zeros = {disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0};
    if (budget.status?.conditions && equal({...zeros, ...budget.status}, {...zeros, ...status})) return;
    ownWrites.wrote(key, budgets, await client.update(budgetType, {...budget, status}, {subresource: 'status'}));
  }

  /** How many pods the controllers of these want together; pods without one are told of and do not count. */
  async function expectedScale(budget: PodDisruptionBudget, selected: readonly Pod[]): Promise<number> {
    const scales = new Map<string, number>();
    let unmanaged = false;
    for (const pod of selected) {
      const reference = controllerOf(pod);
      if (!reference) unmanaged = true;
      else if (!scales.has(reference.uid)) {
        const {uid, replicas} = await scaleOf(pod, reference);
        scales.set(reference.uid, 0);
        scales.set(uid, replicas);
      }
    }
    if (unmanaged) {
      const message =
        `Pods selected by this PodDisruptionBudget (selector: ${goSelector(budget)}) were found to be unmanaged. As a result, the status of the ` +
        'PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ' +
        '".spec.minAvailable" field of the PDB to an integer value.';
      events.record(target(budget), 'Warning', 'UnmanagedPods', message);
    }
    return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  }

  /** The controller's wish; a ReplicaSet's is that of its Deployment. */
  async function scaleOf(pod: Pod, reference: OwnerReference): Promise<{uid: string; replicas: number}> {
    const {namespace} = pod.metadata;
    const known = (owner: OwnerReference) => {
      const informer = workloads[owner.kind as keyof typeof workloads];
      const object = informer?.get(objectKey(namespace, owner.name));
      return object?.metadata.uid === owner.uid ? (object as {metadata: {uid?: string}; spec?: {replicas?: number}}) : undefined;
    };
    const controller = known(reference);
    if (controller) {
      const deployment = reference.kind === 'ReplicaSet' ? controllerOf(controller as never) : undefined;
      const owner = deployment && known(deployment);
      if (owner) return {uid: deployment.uid, replicas: owner.spec?.replicas ?? 0};
      return {uid: reference.uid, replicas: controller.spec?.replicas ?? 0};
    }
    const resource = discovery.current()?.find(reference.apiVersion, reference.kind);
    if (!resource) throw new Error(`no matches for kind "${reference.kind}" in version "${reference.apiVersion}"`);
    const scale = await client.get(resource, {namespace, name: reference.name}, {subresource: 'scale'}).catch(error => {
      if (!isApiError(error, 'NotFound')) throw error;
      // Without a name it is the subresource that is not there.
      if (!error.status.details?.name) throw new Error(`${resource.resource}.${resource.group} does not implement the scale subresource`);
      return undefined;
    });
    if (scale?.metadata.uid !== reference.uid) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
    return {uid: reference.uid, replicas: (scale as {spec?: {replicas?: number}}).spec?.replicas ?? 0};
  }

  function watch(): void {
    const enqueue = (budget: PodDisruptionBudget) => queue.add(keyOf(budget));
    budgets.addHandler({added: enqueue, updated: enqueue});
    const ofPod = ({metadata}: Pod) => {
      for (const budget of budgets.list(metadata.namespace)) if (selectsLabels(budget.spec?.selector, metadata.labels)) enqueue(budget);
    };
    pods.addHandler({
      added: ofPod,
      updated(pod, old) {
        ofPod(pod);
        if (pod.metadata.labels !== old.metadata.labels) ofPod(old);
      },
      deleted: ofPod,
    });
    // A changed wish of a controller changes what percentages mean.
    const inNamespace = ({metadata}: {metadata: {namespace?: string}}) => budgets.list(metadata.namespace).forEach(enqueue);
    const resized = (object: {metadata: {namespace?: string}; spec?: {replicas?: number}}, old: {spec?: {replicas?: number}}) => {
      if (object.spec?.replicas !== old.spec?.replicas) inNamespace(object);
    };
    workloads.Deployment.addHandler({updated: resized});
    workloads.ReplicaSet.addHandler({updated: resized});
    workloads.StatefulSet.addHandler({updated: resized});
    workloads.ReplicationController.addHandler({updated: resized});
  }
}

const target = ({metadata}: PodDisruptionBudget) => ({apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata});
