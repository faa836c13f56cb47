import equal from 'fast-deep-equal';
import type {ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet} from '../server/api/kinds.generated.ts';
import type {OwnerReference} from '../server/api/object.ts';
import {
  persistentVolumeClaims as claimType,
  pods as podType,
  controllerRevisions as revisionType,
  statefulSets as setType,
} from '../server/api/resource-types.generated.ts';
import {selectsLabels} from '../server/api/selectors.ts';
import {ignoreNotFound, isApiError} from '../server/api/status.ts';
import {isNamespaceTerminating, messageOf} from './replicaset.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import type {Action} from './statefulset-plan.ts';
import {
  claimsOf,
  identityLabels,
  isInRange,
  isMonotonic,
  isRunningAndReady,
  ordinalOf,
  POD_NAME,
  partitionPods,
  planStatefulSet,
  podOf,
  revisionFor,
  revisionNameOf,
  statefulSetStatus,
} from './statefulset-plan.ts';
import {claim, controllerOf, controllerReference, indexByController, orphansIn} from './support/owners.ts';
import {availableAt} from './support/pods.ts';
import {byRevision, HASH_LABEL, syncRevision, truncateHistory} from './support/revisions.ts';

export const statefulSetController: ControllerDefinition = {name: 'statefulset-controller', alias: 'statefulset', start};

function start(context: ControllerContext): Running[] {
  const {client, clock, events} = context;
  const sets = context.informer(setType);
  const pods = context.informer(podType);
  const claims = context.informer(claimType);
  const revisions = context.informer(revisionType);
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  const deleted = new Set<string>();
  indexByController(pods);
  indexByController(revisions);
  watch();

  return [context.run(queue, reconcile)];

  async function reconcile(key: string): Promise<ReconcileResult | undefined> {
    await ownWrites.shown(key);
    const set = sets.get(key);
    if (!set?.spec) return;
    const ofSet = {client, ownerType: setType, owner: set};
    const selects = ({metadata}: {metadata: {labels?: {[key: string]: string}}}) => selectsLabels(set.spec!.selector, metadata.labels);
    const owned = await claim<ControllerRevision, StatefulSet>({
      ...ofSet,
      informer: revisions,
      selects,
      wrote: revision => ownWrites.wrote(key, revisions, revision),
    });
    // A set on its way out adopts nothing, but what it has orphaned is still its history.
    const orphans = set.metadata.deletionTimestamp ? orphansIn(revisions, set.metadata.namespace).filter(selects) : [];
    const history = byRevision([...owned, ...orphans]);
    const own = await claim({
      ...ofSet,
      informer: pods,
      selects: pod => selects(pod) && ordinalOf(set, pod) >= 0,
      wrote: pod => ownWrites.wrote(key, pods, pod),
    });
    const living = own.map(pod => (deleted.has(pod.metadata.uid!) && !pod.metadata.deletionTimestamp ? terminating(pod) : pod));

    const synced = await syncRevision({
      client,
      type: setType,
      owner: set,
      revisions: history,
      collisionCount: set.status?.collisionCount ?? 0,
      hashLabel: HASH_LABEL,
      wrote: revision => ownWrites.wrote(key, revisions, revision),
    });
    const update = synced.revision;
    const current = history.find(({metadata}) => metadata.name === set.status?.currentRevision) ?? update;
    const state = {set, ...partitionPods(set, living), updateRevision: update.metadata.name!, now: clock.now()};
    const made: Pod[] = [];
    let failure: unknown;
    try {
      await carryOut(set, key, planStatefulSet(state), current, update, made);
    } catch (error) {
      failure = error;
    }
    await writeStatus(set, key, [...living, ...made], current, update, synced.collisionCount ?? 0);
    const used = new Set([current.metadata.name, update.metadata.name, ...living.map(revisionNameOf)]);
    await truncateHistory(client, history, ({metadata}) => used.has(metadata.name), set.spec.revisionHistoryLimit);
    if (failure !== undefined) throw failure;
    return untilAvailable(set, living);
  }

  async function carryOut(
    set: StatefulSet,
    key: string,
    actions: readonly Action[],
    current: ControllerRevision,
    update: ControllerRevision,
    made: Pod[],
  ): Promise<void> {
    const act = async (action: Action) => {
      if (action.do === 'delete') await deletePod(set, action.pod);
      else if (action.do === 'fix') await fixPod(set, key, action.pod);
      else {
        const {ordinal} = action;
        const pod = await createPod(set, key, podOf(set, revisionFor(set, ordinal, current, update), ordinal), ordinal);
        if (pod) made.push(pod);
      }
    };
    if (isMonotonic(set)) for (const action of actions) await act(action);
    else {
      const results = await Promise.allSettled(actions.map(act));
      const failed = results.find(result => result.status === 'rejected');
      if (failed) throw failed.reason;
    }
  }

  async function createPod(set: StatefulSet, key: string, pod: Pod, ordinal: number): Promise<Pod | undefined> {
    // A claim that still goes with an earlier pod of the name has to be gone first.
    const names = claimsOf(set, ordinal).map(({metadata}) => objectKey(metadata.namespace, metadata.name!));
    if (
      names.some(name =>
        claims.get(name)?.metadata.ownerReferences?.some(({kind, name: owner}) => kind === 'Pod' && owner === pod.metadata.name),
      )
    )
      return;
    try {
      await createClaims(set, key, pod.metadata.name!, ordinal);
      const created = await client.create(podType, pod);
      ownWrites.wrote(key, pods, created);
      tell(set, 'Create', `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`, 'successful');
      await ownClaims(set, key, created);
      return created;
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!isApiError(error, 'AlreadyExists'))
        tell(set, 'Create', `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`, 'successful', error);
      throw error;
    }
  }

  async function deletePod(set: StatefulSet, pod: Pod): Promise<void> {
    const {namespace, name, uid} = pod.metadata;
    const what = `Pod ${name} in StatefulSet ${set.metadata.name}`;
    try {
      await client.delete(podType, {namespace, name: name!});
      if (pods.get(keyOf(pod))?.metadata.uid === uid) deleted.add(uid!);
      tell(set, 'Delete', what, 'successful');
    } catch (error) {
      if (isApiError(error, 'NotFound')) return;
      tell(set, 'Delete', what, 'successful', error);
      throw error;
    }
  }

  /** Missing claims, labels of identity, and owners of the claims. */
  async function fixPod(set: StatefulSet, key: string, pod: Pod): Promise<void> {
    const ordinal = ordinalOf(set, pod);
    const {namespace, name, labels = {}} = pod.metadata;
    // A pod that runs has its claims, even if they are to go after it.
    if (isInRange(set, ordinal) && pod.status?.phase === 'Pending') await createClaims(set, key, name!, ordinal);
    if (labels[POD_NAME] !== name) {
      const patch = {metadata: {labels: identityLabels(name!, ordinal)}};
      const patched = await client.patch(podType, {namespace, name: name!}, {type: 'strategic', patch});
      ownWrites.wrote(key, pods, patched);
      tell(set, 'Update', `Pod ${name} in StatefulSet ${set.metadata.name}`, 'successful');
    }
    await ownClaims(set, key, pod);
  }

  async function createClaims(set: StatefulSet, key: string, pod: string, ordinal: number): Promise<void> {
    for (const wanted of claimsOf(set, ordinal)) {
      const present = claims.get(keyOf(wanted));
      if (present?.metadata.deletionTimestamp) throw new Error(`pvc ${present.metadata.name} is being deleted`);
      if (present) continue;
      const what = `Claim ${wanted.metadata.name} Pod ${pod} in StatefulSet ${set.metadata.name}`;
      const created = await client.create(claimType, wanted).catch(error => {
        if (isApiError(error, 'AlreadyExists')) return undefined;
        tell(set, 'Create', what, 'success', error);
        throw error;
      });
      if (!created) continue;
      ownWrites.wrote(key, claims, created);
      tell(set, 'Create', what, 'success');
    }
  }

  /** By the retention policy, claims belong to the set, or to a pod that is scaled away. */
  async function ownClaims(set: StatefulSet, key: string, pod: Pod): Promise<void> {
    const {whenDeleted, whenScaled} = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
    const ordinal = ordinalOf(set, pod);
    const isScaledAway = !isInRange(set, ordinal);
    for (const {metadata} of claimsOf(set, ordinal)) {
      const present =
        claims.get(keyOf({metadata})) ??
        (await client.get(claimType, {namespace: metadata.namespace, name: metadata.name!}).catch(ignoreNotFound));
      if (!present || present.metadata.deletionTimestamp) continue;
      const others = (present.metadata.ownerReferences ?? []).filter(({uid}) => uid !== set.metadata.uid && uid !== pod.metadata.uid);
      const owner: OwnerReference[] =
        isScaledAway && whenScaled === 'Delete'
          ? [controllerReference(podType as never, pod)]
          : whenDeleted === 'Delete'
            ? [controllerReference(setType as never, set)]
            : [];
      const ownerReferences = [...others, ...owner];
      if (equal(ownerReferences, present.metadata.ownerReferences ?? [])) continue;
      const written: PersistentVolumeClaim = await client.update(claimType, {...present, metadata: {...present.metadata, ownerReferences}});
      ownWrites.wrote(key, claims, written);
    }
  }

  async function writeStatus(
    set: StatefulSet,
    key: string,
    all: readonly Pod[],
    current: ControllerRevision,
    update: ControllerRevision,
    collisionCount: number,
  ): Promise<void> {
    const present = all.filter(({metadata}) => !metadata.uid || pods.get(keyOf({metadata})) || !deleted.has(metadata.uid));
    const status = statefulSetStatus(set, present, current.metadata.name!, update.metadata.name!, collisionCount, clock.now());
    const {conditions: _conditions, ...before} = set.status ?? {};
    const zeros = {replicas: 0, readyReplicas: 0, availableReplicas: 0, currentReplicas: 0, updatedReplicas: 0};
    if (equal({...zeros, ...before}, status)) return;
    const {conditions} = set.status ?? {};
    const written = await client.update(setType, {...set, status: {...status, ...(conditions && {conditions})}}, {subresource: 'status'});
    ownWrites.wrote(key, sets, written);
  }

  function untilAvailable(set: StatefulSet, all: readonly Pod[]): ReconcileResult | undefined {
    const {minReadySeconds = 0} = set.spec!;
    if (minReadySeconds === 0) return;
    const times = all.filter(isRunningAndReady).map(pod => availableAt(pod, minReadySeconds)!);
    const next = Math.min(...times.filter(time => time > clock.now()));
    return Number.isFinite(next) ? {requeueAfter: next - clock.now()} : undefined;
  }

  function tell(set: StatefulSet, verb: string, what: string, success: string, error?: unknown): void {
    const target = {apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: set.metadata};
    if (error === undefined) events.record(target, 'Normal', `Successful${verb}`, `${verb} ${what} ${success}`);
    else events.record(target, 'Warning', `Failed${verb}`, `${verb} ${what} failed error: ${messageOf(error)}`);
  }

  function watch(): void {
    const enqueue = (set: StatefulSet) => queue.add(keyOf(set));
    sets.addHandler({added: enqueue, updated: enqueue, deleted: enqueue});
    const owner = (pod: Pod): boolean => {
      const reference = controllerOf(pod);
      if (reference?.kind === 'StatefulSet') queue.add(objectKey(pod.metadata.namespace, reference.name));
      return reference !== undefined;
    };
    const adopters = (pod: Pod) => {
      for (const set of sets.list(pod.metadata.namespace)) if (selectsLabels(set.spec?.selector, pod.metadata.labels)) enqueue(set);
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
  }
}

/** A pod whose deletion was asked for, as it will be seen. */
const terminating = (pod: Pod): Pod => ({...pod, metadata: {...pod.metadata, deletionTimestamp: pod.metadata.creationTimestamp ?? ''}});
