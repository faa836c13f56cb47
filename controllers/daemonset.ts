import equal from 'fast-deep-equal';
import type {ControllerRevision, DaemonSet, Node, Pod} from '../server/api/kinds.generated.ts';
import {
  nodes as nodeType,
  pods as podType,
  controllerRevisions as revisionType,
  daemonSets as setType,
} from '../server/api/resource-types.generated.ts';
import {selectsLabels} from '../server/api/selectors.ts';
import {isApiError} from '../server/api/status.ts';
import type {DaemonPlan, DaemonState} from './daemonset-plan.ts';
import {daemonPod, daemonSetStatus, HASH_LABEL, hashOf, nodeOf, planManage, planUpdate, shouldRun} from './daemonset-plan.ts';
import {isNamespaceTerminating, messageOf} from './replicaset.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {slowStartBatch} from './support/batch.ts';
import {claim, controllerOf, indexByController} from './support/owners.ts';
import {availableAt, isPodFinished, isPodReady} from './support/pods.ts';
import {byRevision, syncRevision, truncateHistory} from './support/revisions.ts';

export const daemonSetController: ControllerDefinition = {
  name: 'daemonset-controller',
  alias: 'daemonset',
  serviceAccount: 'daemon-set-controller',
  component: 'daemonset-controller',
  start,
};

const BURST = 250;
const FIRST_BACKOFF = 1000;
const LAST_BACKOFF = 15 * 60_000;

function start(context: ControllerContext): Running[] {
  const {client, clock, events} = context;
  const sets = context.informer(setType);
  const pods = context.informer(podType);
  const nodes = context.informer(nodeType);
  const revisions = context.informer(revisionType);
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  const deleted = new Set<string>();
  const backoff = createBackoff();
  indexByController(pods);
  indexByController(revisions);
  watch();

  return [context.run(queue, reconcile, {workers: 2})];

  async function reconcile(key: string): Promise<ReconcileResult | undefined> {
    await ownWrites.shown(key);
    const set = sets.get(key);
    if (!set) return;
    const {matchLabels = {}, matchExpressions = []} = set.spec.selector;
    if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) {
      events.record(target(set), 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
      return;
    }
    if (set.metadata.deletionTimestamp) return;
    const selects = ({metadata}: {metadata: {labels?: {[key: string]: string}}}) => selectsLabels(set.spec.selector, metadata.labels);
    const ofSet = {client, ownerType: setType, owner: set, selects};
    const history = byRevision(
      await claim<ControllerRevision, DaemonSet>({
        ...ofSet,
        informer: revisions,
        wrote: revision => ownWrites.wrote(key, revisions, revision),
      }),
    );
    const {revision, collisionCount} = await syncRevision({
      client,
      type: setType,
      owner: set,
      revisions: history,
      collisionCount: set.status?.collisionCount,
      hashLabel: HASH_LABEL,
      wrote: written => ownWrites.wrote(key, revisions, written),
    });
    const own = await claim<Pod, DaemonSet>({...ofSet, informer: pods, wrote: pod => ownWrites.wrote(key, pods, pod)});
    const hash = hashOf(revision);
    const writeCounts = () => writeStatus(set, key, stateOf(set, own, hash), collisionCount);
    const result = await act(set, key, stateOf(set, own, hash)).catch(async error => {
      await writeCounts();
      throw error;
    });
    const used = new Set([hash, ...own.map(hashOf)]);
    await truncateHistory(client, history, kept => used.has(hashOf(kept)), set.spec.revisionHistoryLimit);
    await writeCounts();
    return result ?? untilAvailable(set, own);
  }

  function stateOf(set: DaemonSet, own: readonly Pod[], hash: string): DaemonState {
    const byNode = new Map<string, Pod[]>();
    for (const pod of own) {
      // A finished pod that only its finalizers hold is as good as gone.
      if (isPodFinished(pod) && pod.metadata.deletionTimestamp) continue;
      const going = deleted.has(pod.metadata.uid!) && !pod.metadata.deletionTimestamp;
      const seen = going ? {...pod, metadata: {...pod.metadata, deletionTimestamp: pod.metadata.creationTimestamp ?? ''}} : pod;
      byNode.set(nodeOf(pod), [...(byNode.get(nodeOf(pod)) ?? []), seen]);
    }
    return {set, nodes: nodes.list(), pods: byNode, hash, now: clock.now()};
  }

  async function act(set: DaemonSet, key: string, state: DaemonState): Promise<ReconcileResult | undefined> {
    const plan = planManage(state);
    const wait = holdBack(set, plan);
    await carryOut(set, key, plan, state.hash);
    // The update goes on from what is there once these writes show.
    if (plan.create.length === 0 && plan.delete.length === 0) await carryOut(set, key, planUpdate(state), state.hash);
    return wait === undefined ? undefined : {requeueAfter: wait};
  }

  /** A failed daemon is killed at once the first time, then with growing delays; takes those that wait out of the plan. */
  function holdBack(set: DaemonSet, plan: DaemonPlan): number | undefined {
    let wait: number | undefined;
    for (const pod of plan.finished) {
      const {namespace, name} = pod.metadata;
      const node = nodeOf(pod);
      const failed = pod.status?.phase === 'Failed';
      const left = failed ? backoff.left(`${set.metadata.uid}/${node}`, clock.now()) : 0;
      if (left > 0) {
        plan.delete.splice(plan.delete.indexOf(pod), 1);
        wait = Math.min(wait ?? left, left);
      } else if (failed) {
        backoff.next(`${set.metadata.uid}/${node}`, clock.now());
        events.record(
          target(set),
          'Warning',
          'FailedDaemonPod',
          `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`,
        );
      } else {
        const message = `Found succeeded daemon pod ${namespace}/${name} on node ${node}, will try to delete it`;
        events.record(target(set), 'Normal', 'SucceededDaemonPod', message);
      }
    }
    return wait;
  }

  async function carryOut(set: DaemonSet, key: string, plan: DaemonPlan, hash: string): Promise<void> {
    const creating = plan.create.slice(0, BURST);
    const {error} = await slowStartBatch(creating.length, index => createPod(set, key, daemonPod(set, creating[index]!, hash)));
    const results = await Promise.allSettled(plan.delete.slice(0, BURST).map(pod => deletePod(set, pod)));
    const failure = (isNamespaceTerminating(error) ? undefined : error) ?? results.find(result => result.status === 'rejected')?.reason;
    if (failure !== undefined) throw failure;
  }

  async function createPod(set: DaemonSet, key: string, wanted: Pod): Promise<void> {
    try {
      const pod = await client.create(podType, wanted);
      ownWrites.wrote(key, pods, pod);
      events.record(target(set), 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      if (!isNamespaceTerminating(error)) events.record(target(set), 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  async function deletePod(set: DaemonSet, pod: Pod): Promise<void> {
    const {namespace, name, uid} = pod.metadata;
    try {
      await client.delete(podType, {namespace, name: name!});
      if (pods.get(keyOf(pod))?.metadata.uid === uid) deleted.add(uid!);
      events.record(target(set), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return;
      events.record(target(set), 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw error;
    }
  }

  async function writeStatus(set: DaemonSet, key: string, state: DaemonState, collisionCount: number | undefined): Promise<void> {
    const status = daemonSetStatus(state, collisionCount);
    if (equal(status, set.status)) return;
    ownWrites.wrote(key, sets, await client.update(setType, {...set, status}, {subresource: 'status'}));
  }

  function untilAvailable(set: DaemonSet, own: readonly Pod[]): ReconcileResult | undefined {
    const {minReadySeconds = 0} = set.spec;
    if (minReadySeconds === 0) return;
    const times = own.filter(isPodReady).map(pod => availableAt(pod, minReadySeconds)!);
    const next = Math.min(...times.filter(time => time > clock.now()));
    return Number.isFinite(next) ? {requeueAfter: next - clock.now()} : undefined;
  }

  function watch(): void {
    const enqueue = (set: DaemonSet) => queue.add(keyOf(set));
    sets.addHandler({added: enqueue, updated: enqueue, deleted: enqueue});
    const owner = (pod: Pod): boolean => {
      const reference = controllerOf(pod);
      if (reference?.kind === 'DaemonSet') queue.add(objectKey(pod.metadata.namespace, reference.name));
      return reference !== undefined;
    };
    const adopters = (pod: Pod) => {
      for (const set of sets.list(pod.metadata.namespace)) if (selectsLabels(set.spec.selector, pod.metadata.labels)) enqueue(set);
    };
    pods.addHandler({
      added: pod => void (owner(pod) || adopters(pod)),
      updated(pod, old) {
        if (controllerOf(old)?.uid !== controllerOf(pod)?.uid) owner(old);
        if (!owner(pod)) adopters(pod);
      },
      deleted(pod) {
        deleted.delete(pod.metadata.uid!);
        owner(pod);
      },
    });
    nodes.addHandler({
      added: node =>
        sets
          .list()
          .filter(set => shouldRun(set, node).run)
          .forEach(enqueue),
      updated(node, old) {
        if (node.metadata.labels === old.metadata.labels && equal(node.spec?.taints, old.spec?.taints)) return;
        for (const set of sets.list()) if (!equal(shouldRun(set, node), shouldRun(set, old))) enqueue(set);
      },
      deleted: (node: Node) =>
        sets
          .list()
          .filter(set => shouldRun(set, node).run)
          .forEach(enqueue),
    });
  }
}

const target = ({metadata}: DaemonSet) => ({apiVersion: 'apps/v1', kind: 'DaemonSet', metadata});

/** Delays that double with every failure and are forgotten after a long time without. */
function createBackoff() {
  const entries = new Map<string, {delay: number; since: number}>();
  return {
    left(key: string, now: number): number {
      const entry = entries.get(key);
      return entry ? Math.max(0, entry.since + entry.delay - now) : 0;
    },
    next(key: string, now: number): void {
      const entry = entries.get(key);
      const fresh = !entry || now - entry.since > 2 * LAST_BACKOFF;
      entries.set(key, {delay: fresh ? FIRST_BACKOFF : Math.min(2 * entry.delay, LAST_BACKOFF), since: now});
    },
  };
}
