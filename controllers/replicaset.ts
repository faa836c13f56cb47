import type {ResourceType} from '../server/api/client.ts';
import type {Pod, PodSpec, PodTemplateSpec, ReplicaSetStatus} from '../server/api/kinds.generated.ts';
import {isDNS1123Subdomain} from '../server/api/names.ts';
import type {ObjectMeta} from '../server/api/object.ts';
import {formatGroupVersion} from '../server/api/object.ts';
import {pods as podType, replicaSets} from '../server/api/resource-types.generated.ts';
import {selectsLabels} from '../server/api/selectors.ts';
import {ApiError, isApiError} from '../server/api/status.ts';
import type {ReplicaSpec} from './replicaset-plan.ts';
import {deletionOrder, replicaStatus, sameReplicaStatus} from './replicaset-plan.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import type {Informer} from './runtime/informer.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {slowStartBatch} from './support/batch.ts';
import {claim, controlledBy, controllerOf, controllerReference, indexByController} from './support/owners.ts';
import {availableAt, isPodActive, isPodReady, isPodTerminating} from './support/pods.ts';

/** ReplicaSet or ReplicationController. */
export interface ReplicaOwner {
  metadata: ObjectMeta;
  spec?: ReplicaSpec;
  status?: ReplicaSetStatus;
}

export interface ReplicaVariant<T extends ReplicaOwner> {
  type: ResourceType<T>;
  selects(owner: T, labels: {[key: string]: string} | undefined): boolean;
  /** Does the status count terminating pods? */
  countsTerminating: boolean;
}

export const replicaSetController: ControllerDefinition = {
  name: 'replicaset-controller',
  alias: 'replicaset',
  start: context =>
    startReplicaController(context, {
      type: replicaSets,
      selects: ({spec}, labels) => selectsLabels(spec?.selector, labels),
      countsTerminating: true,
    }),
};

/** Not more pods than these are made or deleted at a time. */
const BURST = 500;

/** Keeps the number of pods as wished; what ReplicaSet and ReplicationController share (pkg/controller/replicaset). */
export function startReplicaController<T extends ReplicaOwner>(context: ControllerContext, variant: ReplicaVariant<T>): Running[] {
  const {client, clock, events} = context;
  const {type, selects, countsTerminating} = variant;
  const owners = context.informer(type);
  const pods = context.informer(podType);
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  // Pods whose deletion was asked for and that the cache may still show as living.
  const deleted = new Set<string>();
  indexByController(pods);
  const apiVersion = formatGroupVersion(type);

  owners.addHandler({
    added: owner => queue.add(keyOf(owner)),
    updated: owner => queue.add(keyOf(owner)),
    deleted: owner => queue.add(keyOf(owner)),
  });
  watchPods(pods, owners, variant, queue.add, pod => deleted.delete(pod.metadata.uid!));

  const createPod = async (owner: T, key: string) => {
    try {
      const pod = await client.create(podType, podFromTemplate(owner, type));
      ownWrites.wrote(key, pods, pod);
      events.record(
        {apiVersion, kind: type.kind, metadata: owner.metadata},
        'Normal',
        'SuccessfulCreate',
        `Created pod: ${pod.metadata.name}`,
      );
    } catch (error) {
      if (!isNamespaceTerminating(error)) {
        const message = `Error creating: ${messageOf(error)}`;
        events.record({apiVersion, kind: type.kind, metadata: owner.metadata}, 'Warning', 'FailedCreate', message);
      }
      throw error;
    }
  };

  const deletePod = async (owner: T, pod: Pod) => {
    const {namespace, name, uid} = pod.metadata;
    try {
      await client.delete(podType, {namespace, name: name!});
      if (pods.get(keyOf(pod))) deleted.add(uid!);
      events.record({apiVersion, kind: type.kind, metadata: owner.metadata}, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return;
      const message = `Error deleting: ${messageOf(error)}`;
      events.record({apiVersion, kind: type.kind, metadata: owner.metadata}, 'Warning', 'FailedDelete', message);
      throw error;
    }
  };

  const crowding = (owner: T): ((pod: Pod) => number) => {
    const controller = controllerOf(owner);
    const related = controller
      ? owners.by('controller', controller.uid).flatMap(sibling => controlledBy(pods, sibling))
      : controlledBy(pods, owner);
    const onNode = new Map<string, number>();
    for (const pod of related.filter(isPodActive)) {
      const node = pod.spec?.nodeName ?? '';
      onNode.set(node, (onNode.get(node) ?? 0) + 1);
    }
    return pod => onNode.get(pod.spec?.nodeName ?? '') ?? 0;
  };
  indexByController(owners);

  const manage = async (owner: T, key: string, active: Pod[]): Promise<unknown> => {
    const surplus = active.length - (owner.spec?.replicas ?? 0);
    if (surplus < 0) {
      const {error} = await slowStartBatch(Math.min(-surplus, BURST), () => createPod(owner, key));
      return isNamespaceTerminating(error) ? undefined : error;
    }
    if (surplus === 0) return undefined;
    const rank = crowding(owner);
    const ranked = active.map(pod => ({pod, rank: rank(pod)}));
    const chosen = deletionOrder(ranked, clock.now()).slice(0, Math.min(surplus, BURST));
    const results = await Promise.allSettled(chosen.map(({pod}) => deletePod(owner, pod)));
    return results.find(result => result.status === 'rejected')?.reason;
  };

  const reconcile = async (key: string): Promise<ReconcileResult | undefined> => {
    await ownWrites.shown(key);
    const owner = owners.get(key);
    if (!owner) return;
    const claimed = await claim({
      client,
      informer: pods,
      ownerType: type,
      owner,
      selects: pod => selects(owner, pod.metadata.labels),
      ignores: pod => !isPodActive(pod),
      wrote: pod => ownWrites.wrote(key, pods, pod),
    });
    const active = claimed.filter(pod => !deleted.has(pod.metadata.uid!));
    const terminating = controlledBy(pods, owner).filter(isPodTerminating).length + claimed.length - active.length;
    const error = owner.metadata.deletionTimestamp ? undefined : await manage(owner, key, active);

    const spec = owner.spec ?? {};
    const status = replicaStatus({
      spec,
      generation: owner.metadata.generation,
      status: owner.status,
      active,
      ...(countsTerminating && {terminating}),
      now: clock.now(),
      ...(error !== undefined && {failure: {message: messageOf(error), surplus: active.length > (spec.replicas ?? 0)}}),
    });
    if (!sameReplicaStatus(owner.status, status)) {
      const written = await client.update(type, {...owner, status}, {subresource: 'status'});
      ownWrites.wrote(key, owners, written);
    }
    if (error !== undefined) throw error;
    return untilAvailable(active, spec, clock.now());
  };

  return [context.run(queue, reconcile)];
}

/** Enqueues the owner of a pod that came, changed or went, and whoever might adopt it. */
function watchPods<T extends ReplicaOwner>(
  pods: Informer<Pod>,
  owners: Informer<T>,
  {type, selects}: ReplicaVariant<T>,
  enqueue: (key: string) => void,
  gone: (pod: Pod) => void,
): void {
  const own = (pod: Pod) => {
    const reference = controllerOf(pod);
    if (reference?.kind === type.kind) enqueue(objectKey(pod.metadata.namespace, reference.name));
    return reference !== undefined;
  };
  const adopters = (pod: Pod) => {
    for (const owner of owners.list(pod.metadata.namespace)) if (selects(owner, pod.metadata.labels)) enqueue(keyOf(owner));
  };
  pods.addHandler({
    added: pod => {
      if (!own(pod) && !pod.metadata.deletionTimestamp) adopters(pod);
    },
    updated: (pod, old) => {
      const before = controllerOf(old);
      if (before && before.uid !== controllerOf(pod)?.uid) own(old);
      if (own(pod)) return;
      if (before || pod.metadata.labels !== old.metadata.labels) adopters(pod);
    },
    deleted: pod => {
      gone(pod);
      own(pod);
    },
  });
}

/** The pod that a template makes, managed by its owner (controller.GetPodFromTemplate). */
export function podFromTemplate<T extends ReplicaOwner>(owner: T, type: ResourceType<T>): Pod {
  const {metadata = {}, spec} = owner.spec!.template as PodTemplateSpec & {spec: PodSpec};
  const prefix = `${owner.metadata.name}-`;
  return {
    metadata: {
      namespace: owner.metadata.namespace,
      generateName: isDNS1123Subdomain(prefix.slice(0, -1)).length === 0 ? prefix : owner.metadata.name!,
      ...(metadata.labels && {labels: metadata.labels}),
      ...(metadata.annotations && {annotations: metadata.annotations}),
      ...(metadata.finalizers && {finalizers: metadata.finalizers}),
      ownerReferences: [controllerReference(type as ResourceType<never>, owner)],
    },
    spec,
  };
}

/** Looks again when the next ready pod becomes available. */
function untilAvailable(active: readonly Pod[], {minReadySeconds = 0}: ReplicaSpec, now: number): ReconcileResult | undefined {
  if (minReadySeconds === 0) return undefined;
  const times = active.filter(isPodReady).map(pod => availableAt(pod, minReadySeconds)!);
  const next = Math.min(...times.filter(time => time > now));
  return Number.isFinite(next) ? {requeueAfter: next - now} : undefined;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Refused since the namespace is going: no use to try again. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof ApiError && (error.status.details?.causes ?? []).some(({reason}) => reason === 'NamespaceTerminating');
