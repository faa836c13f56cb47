import equal from 'fast-deep-equal';
import type {ApiClient, ResourceType} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {Binding, Node, Pod} from '../../server/api/kinds.generated.ts';
import type {Random} from '../../server/api/random.ts';
import {
  csinodes,
  csiStorageCapacities,
  deviceClasses,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  pods,
  resourceClaims,
  resourceSlices,
  storageClasses,
} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import type {Running} from '../runtime/controller.ts';
import type {Named} from '../runtime/informer.ts';
import type {Informers} from '../runtime/informers.ts';
import {createInformers} from '../runtime/informers.ts';
import {bindVolumes, waitsForVolumes} from './bind-volumes.ts';
import {createClusterState} from './cluster.ts';
import type {Diagnosis} from './diagnosis.ts';
import {describeDiagnosis} from './diagnosis.ts';
import type {ClusterEvent, NodeInfo} from './framework.ts';
import {createLookup} from './lookup.ts';
import {createNominations} from './nominations.ts';
import {filters, scores} from './plugins.ts';
import {newPodInfo} from './pod-info.ts';
import type {Victims} from './preemption.ts';
import {findVictims} from './preemption.ts';
import type {QueuedPod} from './queue.ts';
import {createSchedulingQueue} from './queue.ts';
import {createPodEventRecorder} from './recorder.ts';
import {schedule} from './schedule.ts';
import {createStatusWriter} from './status-writer.ts';

export interface SchedulerOptions {
  /** Acts as an administrator: the scheduler impersonates system:kube-scheduler with it. */
  client: ApiClient;
  clock: Clock;
  random: Random;
  /** Shared with other parts of the same process; made here if left out. */
  informers?: Informers;
  /** The `spec.schedulerName`s that are served, all by the default plugins. */
  profiles?: readonly string[];
  /** Told of failures other than a pod that fits nowhere. */
  report?(name: string, key: string, error: unknown): void;
}

const IDENTITY = {name: 'system:kube-scheduler', groups: ['system:authenticated']};
const USER_AGENT = 'kube-scheduler';
/** How many placements are written at a time. */
const MAX_BINDING = 100;
/** How many pods are looked at before others have their turn. */
const SLICE = 50;

const podBindings = {...pods, kind: 'Binding'} as unknown as ResourceType<Binding>;

/** Assigns pods to nodes as kube-scheduler does by default. */
export function startScheduler({
  clock,
  random,
  profiles = ['default-scheduler'],
  report = () => {},
  ...options
}: SchedulerOptions): Running {
  const client = options.client.as(IDENTITY, USER_AGENT);
  const informers = options.informers ?? createInformers(client, clock);
  const lookup = createLookup(informers);
  const cluster = createClusterState(lookup);
  const queue = createSchedulingQueue(clock, filters);
  const nominations = createNominations();
  const recorder = createPodEventRecorder(client, clock, random, profiles[0]!);
  const status = createStatusWriter(client, clock, (key, error) => report('scheduler', key, error));
  const budgets = informers.for(podDisruptionBudgets);
  /** Pods whose ResourceClaims are not there yet. */
  const unclaimed = new Set<string>();
  let synced = false;
  let stopped = false;
  let scheduled = false;
  let binding = 0;
  let start = 0;

  // Pods are taken one turn of the event loop after they came: a burst of events is seen whole.
  const wake = () => {
    if (scheduled || stopped || !synced) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      for (let tries = 0; tries < SLICE && !stopped && binding < MAX_BINDING; tries++) {
        const pod = queue.take();
        if (!pod) return;
        scheduleOne(pod);
      }
      if (binding < MAX_BINDING) wake();
    });
  };

  const scheduleOne = (queued: QueuedPod) => {
    const {info} = queued;
    const placement = schedule(info, cluster, {filters, scores, random, nominated: nominations.on, start});
    start = (start + placement.visited) % Math.max(1, cluster.nodes().length);
    if ('diagnosis' in placement) return void refuse(queued, placement.diagnosis);
    cluster.assume(info, placement.node.name);
    if (info.pod.spec.resourceClaims) lookup.devices?.reserve(info.pod, placement.node);
    nominations.remove(info.uid);
    // Waiting for volumes may take minutes and holds up nobody else.
    if (waitsForVolumes(info.pod, lookup)) return void bind(queued, placement.node);
    binding++;
    void bind(queued, placement.node).finally(() => {
      binding--;
      wake();
    });
  };

  const bind = async (queued: QueuedPod, node: NodeInfo) => {
    const {pod, key, uid} = queued.info;
    const {namespace, name} = pod.metadata;
    try {
      await status.settled(uid);
      await bindVolumes(pod, node, {client, clock, informers, lookup});
      if (pod.spec.resourceClaims) await lookup.devices?.bind(pod, client);
      const target = {kind: 'Node', name: node.name};
      await client.create(podBindings, {metadata: {namespace, name, uid}, target}, {subresource: 'binding'});
      recorder.record(pod, undefined, 'Normal', 'Scheduled', 'Binding', `Successfully assigned ${key} to ${node.name}`);
    } catch (error) {
      cluster.forget(uid);
      if (stopped || isApiError(error, 'NotFound') || informers.for(pods).get(key)?.metadata.uid !== uid) return;
      emit({type: 'PodDelete', pod: queued.info, node: node.name});
      // Someone else was faster; the informer says so.
      if (isApiError(error, 'Conflict')) return;
      report('scheduler', key, error);
      status.unschedulable(pod, 'SchedulerError', String(error));
      queue.retry(queued);
    } finally {
      lookup.devices?.release(pod);
    }
  };

  /** No node can take the pod: lower pods may have to make room. */
  const refuse = (queued: QueuedPod, diagnosis: Diagnosis) => {
    const {pod, uid} = queued.info;
    queued.rejectedBy = diagnosis.plugins;
    const {message, victims} = explain(queued, diagnosis);
    queue.rest(queued);
    recorder.record(pod, undefined, 'Warning', 'FailedScheduling', 'Scheduling', message);
    if (victims) nominations.set(queued.info, victims.node);
    else nominations.remove(uid);
    status.unschedulable(pod, 'Unschedulable', message, victims?.node ?? '');
    if (victims) evict(queued, victims);
  };

  const explain = ({info}: QueuedPod, diagnosis: Diagnosis): {message: string; victims?: Victims} => {
    if (diagnosis.nodes === 0) return {message: 'no nodes available to schedule pods'};
    // Upstream's DynamicResources looks for what its own PreFilter left behind, which then did not run.
    if (diagnosis.prepared) return {message: describeDiagnosis(diagnosis, 'not found')};
    const nominatedNode = nominations.nodeOf(info.uid) ?? info.pod.status?.nominatedNodeName;
    const found = findVictims(info, diagnosis, cluster, {filters, budgets: budgets.list(), ...(nominatedNode && {nominatedNode})});
    if ('victims' in found) return {message: describeDiagnosis(diagnosis), victims: found.victims};
    const devices = info.pod.spec.resourceClaims?.length ? 'still not schedulable' : 'no new claims to deallocate';
    return {message: describeDiagnosis(diagnosis, `${devices}, ${found.message}`)};
  };

  const evict = ({info}: QueuedPod, victims: Victims) => {
    const note = `Preempted by pod ${info.uid} on node ${victims.node}`;
    for (const {pod} of victims.pods) {
      if (pod.metadata.deletionTimestamp) continue;
      status.preempt(pod, `${profiles[0]}: preempting to accommodate a higher priority pod`, () =>
        recorder.record(pod, info.pod, 'Normal', 'Preempted', 'Preempting', note),
      );
    }
  };

  const emit = (event: ClusterEvent) => queue.wake(event);

  const placedPod = (pod: Pod) => {
    const {info, old} = cluster.setPod(pod);
    queue.remove(info.uid);
    nominations.remove(info.uid);
    if (!old) emit({type: 'PodAdd', pod: info, node: pod.spec.nodeName!});
    else if (old.requests !== info.requests || old.labels !== info.labels) emit({type: 'PodUpdate', pod: info, old});
  };
  const waitingPod = (pod: Pod, old?: Pod) => {
    if (!profiles.includes(pod.spec.schedulerName!) || pod.metadata.deletionTimestamp || pod.spec.schedulingGates?.length) {
      return queue.remove(pod.metadata.uid!);
    }
    // Nobody tries to place a pod whose claims are not there (DynamicResources' PreEnqueue).
    if (pod.spec.resourceClaims && lookup.devices?.claimsOf(pod).missing) {
      unclaimed.add(pod.metadata.uid!);
      return queue.remove(pod.metadata.uid!);
    }
    const isNew = unclaimed.delete(pod.metadata.uid!) || !old || !!old.spec.schedulingGates?.length;
    const info = newPodInfo(pod, lookup);
    const nominated = pod.status?.nominatedNodeName;
    if (nominated) nominations.set(info, nominated);
    if (!queue.has(info.uid)) {
      // A pod that is being bound is known to the cluster already.
      if (isNew) queue.add(info);
      return;
    }
    queue.update(info, !!old && (old.metadata.generation !== pod.metadata.generation || !equal(old.metadata.labels, pod.metadata.labels)));
  };
  const gonePod = (pod: Pod) => {
    const uid = pod.metadata.uid!;
    unclaimed.delete(uid);
    queue.remove(uid);
    nominations.remove(uid);
    const info = cluster.removePod(uid);
    if (info) emit({type: 'PodDelete', pod: info, node: pod.spec.nodeName ?? ''});
  };
  const pod = (object: Pod, old?: Pod) => {
    if (isFinished(object)) gonePod(object);
    else if (object.spec.nodeName) placedPod(object);
    else waitingPod(object, old);
  };
  const node = (object: Node, before?: Node) => {
    if (before && countsTheSame(object, before)) return;
    const {info, old} = cluster.setNode(object);
    emit(old ? {type: 'NodeUpdate', node: info, old} : {type: 'NodeAdd', node: info});
  };

  informers.for(nodes).addHandler({added: node, updated: node, deleted: ({metadata}) => cluster.removeNode(metadata.name!)});
  informers.for(pods).addHandler({added: pod, updated: pod, deleted: gonePod});
  const storage = () => emit({type: 'Storage'});
  const follow = <T extends Named>(type: ResourceType<T>) => informers.for(type).addHandler({added: storage, updated: storage});
  follow(persistentVolumeClaims);
  follow(persistentVolumes);
  follow(storageClasses);
  follow(csinodes);
  follow(csiStorageCapacities);
  follow(deviceClasses);
  follow(resourceSlices);
  const claimed = ({metadata}: {metadata: {namespace?: string}}) => {
    storage();
    // Pods whose claims are there now are tried for the first time.
    for (const waiting of informers.for(pods).list(metadata.namespace)) if (unclaimed.has(waiting.metadata.uid!)) pod(waiting);
  };
  informers.for(resourceClaims).addHandler({added: claimed, updated: claimed, deleted: storage});
  informers.for(namespaces).addHandler({
    updated(namespace, old) {
      if (equal(namespace.metadata.labels, old.metadata.labels)) return;
      // What was remembered of nodes may have been decided by labels of namespaces.
      for (const {memo} of cluster.nodes()) memo.clear();
      emit({type: 'NamespaceUpdate'});
    },
  });

  queue.onReady(wake);
  void informers.whenSynced().then(() => {
    synced = true;
    wake();
  });

  return {
    stop() {
      stopped = true;
      queue.stop();
      if (!options.informers) informers.stop();
    },
    idle: () =>
      stopped ||
      (synced &&
        !scheduled &&
        binding === 0 &&
        queue.idle() &&
        status.idle() &&
        recorder.idle() &&
        (!!options.informers || informers.idle())),
    nextDue: () => queue.nextDue(),
  };
}

const isFinished = ({status}: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Heartbeats change nothing that counts here. */
const countsTheSame = (a: Node, b: Node): boolean =>
  a.metadata.uid === b.metadata.uid &&
  equal(a.spec, b.spec) &&
  equal(a.metadata.labels, b.metadata.labels) &&
  equal(a.status?.allocatable, b.status?.allocatable) &&
  equal(a.status?.images, b.status?.images);
