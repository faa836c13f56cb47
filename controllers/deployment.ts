import type {Deployment, DeploymentCondition, Pod, ReplicaSet} from '../server/api/kinds.generated.ts';
import {deployments as deploymentType, pods as podType, replicaSets as setType} from '../server/api/resource-types.generated.ts';
import {selectsLabels} from '../server/api/selectors.ts';
import {ignoreNotFound, isApiError} from '../server/api/status.ts';
import type {Scale} from './deployment-plan.ts';
import {isScalingEvent, newSetSize, planNewSet, planOldSets, planScale} from './deployment-plan.ts';
import {
  findNew,
  HASH_LABEL,
  isActive,
  lastRevision,
  newSetAnnotations,
  nextRevision,
  REVISION,
  replicasOf,
  rollbackOf,
  rolledBack,
  sameTemplate,
  setOfRevision,
  sizeAnnotations,
  surplusHistory,
} from './deployment-replicasets.ts';
import {
  countStatus,
  hasProgressDeadline,
  isComplete,
  newCondition,
  pausedCondition,
  progressing,
  rolloutStatus,
  sameStatus,
  untilDeadline,
  withCondition,
} from './deployment-status.ts';
import {isNamespaceTerminating, messageOf} from './replicaset.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {templateHash} from './support/hash.ts';
import {claim, controlledBy, controllerOf, controllerReference, indexByController} from './support/owners.ts';
import {isPodFinished} from './support/pods.ts';

export const deploymentController: ControllerDefinition = {name: 'deployment-controller', alias: 'deployment', start};

/** What one reconcile works on; `deployment` is replaced by what its own writes give. */
interface Rollout {
  deployment: Deployment;
  sets: ReplicaSet[];
}

function start(context: ControllerContext): Running[] {
  const {client, clock, events} = context;
  const deployments = context.informer(deploymentType);
  const sets = context.informer(setType);
  const pods = context.informer(podType);
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  indexByController(sets);
  indexByController(pods);
  watchSets();

  return [context.run(queue, reconcile)];

  async function reconcile(key: string): Promise<ReconcileResult | undefined> {
    await ownWrites.shown(key);
    const deployment = deployments.get(key);
    if (!deployment?.spec) return;
    if (isEmptySelector(deployment)) return refuseToSelectAll(deployment);

    const own = await claim({
      client,
      informer: sets,
      ownerType: deploymentType,
      owner: deployment,
      selects: set => selectsLabels(deployment.spec!.selector, set.metadata.labels),
      wrote: set => ownWrites.wrote(key, sets, set),
    });
    const rollout: Rollout = {deployment, sets: own};
    if (deployment.metadata.deletionTimestamp) return writeCounts(rollout, await syncNewSet(rollout, false));
    const paused = pausedCondition(deployment, clock.now());
    if (paused) await writeCondition(rollout, paused);
    const revision = deployment.spec.paused ? undefined : rollbackOf(deployment);
    if (revision !== undefined) return rollBack(rollout, revision);
    if (deployment.spec.paused || isScalingEvent(deployment, own)) return scale(rollout);
    return deployment.spec.strategy?.type === 'Recreate' ? recreate(rollout) : roll(rollout);
  }

  async function refuseToSelectAll(deployment: Deployment): Promise<undefined> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    events.record(target(deployment), 'Warning', 'SelectingAll', message);
    const {generation} = deployment.metadata;
    if ((deployment.status?.observedGeneration ?? 0) < (generation ?? 0)) {
      await client.update(
        deploymentType,
        {...deployment, status: {...deployment.status, observedGeneration: generation}},
        {subresource: 'status'},
      );
    }
  }

  /** Does as the annotation asks that is left of the rollbacks of old API versions. */
  async function rollBack(rollout: Rollout, asked: bigint): Promise<undefined> {
    await syncNewSet(rollout, true);
    const {deployment, sets: known} = rollout;
    const revision = asked || lastRevision(known);
    const set = revision ? setOfRevision(known, revision) : undefined;
    const {name} = deployment.metadata;
    const isOther = set && !sameTemplate(set.spec?.template, deployment.spec!.template);
    const updated = await client.update(deploymentType, rolledBack(deployment, isOther ? set : undefined));
    ownWrites.wrote(keyOf(deployment), deployments, updated);
    if (isOther) {
      events.record(target(deployment), 'Normal', 'DeploymentRollback', `Rolled back deployment "${name}" to revision ${revision}`);
    } else if (set) {
      const message = `The rollback revision contains the same template as current deployment "${name}"`;
      events.record(target(deployment), 'Warning', 'DeploymentRollbackTemplateUnchanged', message);
    } else {
      const message = revision ? 'Unable to find the revision to rollback to.' : 'Unable to find last revision.';
      events.record(target(deployment), 'Warning', 'DeploymentRollbackRevisionNotFound', message);
    }
  }

  /** Follows spec.replicas without changing revisions. */
  async function scale(rollout: Rollout): Promise<undefined> {
    const newSet = await syncNewSet(rollout, false);
    await applyScales(rollout, planScale(rollout.deployment, newSet, oldSets(rollout, newSet)));
    const now = current(rollout, newSet);
    if (rollout.deployment.spec!.paused) await cleanUp(rollout, now);
    return writeCounts(rollout, now);
  }

  async function roll(rollout: Rollout): Promise<ReconcileResult | undefined> {
    const newSet = (await syncNewSet(rollout, true))!;
    const old = oldSets(rollout, newSet);
    const up = planNewSet(rollout.deployment, newSet, old);
    const steps = up.length > 0 ? up : planOldSets(rollout.deployment, newSet, old);
    await applyScales(rollout, steps);
    if (steps.length === 0 && isComplete(rollout.deployment, rollout.deployment.status)) await cleanUp(rollout, newSet);
    return writeRollout(rollout, current(rollout, newSet));
  }

  async function recreate(rollout: Rollout): Promise<ReconcileResult | undefined> {
    let newSet = await syncNewSet(rollout, false);
    const down = oldSets(rollout, newSet).filter(isActive);
    await applyScales(
      rollout,
      down.map(set => ({set, replicas: 0})),
    );
    if (down.length > 0 || oldPodsRun(rollout, newSet)) return writeRollout(rollout, current(rollout, newSet));
    newSet = (await syncNewSet(rollout, true))!;
    await applyScales(rollout, [{set: newSet, replicas: replicasOf(rollout.deployment)}]);
    if (isComplete(rollout.deployment, rollout.deployment.status)) await cleanUp(rollout, newSet);
    return writeRollout(rollout, current(rollout, newSet));
  }

  function oldPodsRun(rollout: Rollout, newSet: ReplicaSet | undefined): boolean {
    const old = oldSets(rollout, newSet);
    return old.some(set => (set.status?.replicas ?? 0) > 0 || controlledBy(pods, set).some(pod => !isPodFinished(pod)));
  }

  /** The ReplicaSet of the present template, its annotations and the Deployment's revision brought up to date; made if wanted. */
  async function syncNewSet(rollout: Rollout, create: boolean): Promise<ReplicaSet | undefined> {
    const found = findNew(rollout.deployment, rollout.sets);
    const revision = nextRevision(oldSets(rollout, found));
    if (!found) return create ? createSet(rollout, revision) : undefined;
    const annotations = newSetAnnotations(rollout.deployment, found, revision);
    const minReadySeconds = rollout.deployment.spec!.minReadySeconds ?? 0;
    let set = found;
    if (!sameAnnotations(annotations, found.metadata.annotations) || (found.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
      set = await updateSet(rollout, {
        ...found,
        metadata: {...found.metadata, annotations},
        spec: {...found.spec!, minReadySeconds},
      });
      // Upstream goes on with the next reconcile here.
      return set;
    }
    const condition = newCondition(
      'Progressing',
      'True',
      'FoundNewReplicaSet',
      `Found new replica set "${set.metadata.name}"`,
      clock.now(),
    );
    const isNew = hasProgressDeadline(rollout.deployment) && !progressing(rollout.deployment.status);
    await writeRevision(rollout, annotations[REVISION] ?? '', isNew ? condition : undefined);
    return set;
  }

  async function createSet(rollout: Rollout, revision: bigint): Promise<ReplicaSet> {
    const {deployment} = rollout;
    const wanted = newSetOf(deployment, rollout.sets, revision);
    let existed = false;
    const set = await client.create(setType, wanted).catch(async error => {
      const name = wanted.metadata.name!;
      if (isApiError(error, 'AlreadyExists')) {
        const other = await client.get(setType, {namespace: wanted.metadata.namespace, name});
        existed = controllerOf(other)?.uid === deployment.metadata.uid && sameTemplate(other.spec?.template, deployment.spec!.template);
        if (existed) return other;
        const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
        await writeDeployment(rollout, {...deployment, status: {...deployment.status, collisionCount}});
      } else if (!isNamespaceTerminating(error)) await tellCreateError(rollout, name, error);
      throw error;
    });
    ownWrites.wrote(keyOf(deployment), sets, set);
    rollout.sets.push(set);
    const {name} = set.metadata;
    if (!existed && replicasOf(set) > 0) tellScaling(deployment, set, 0);
    const created = newCondition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, clock.now());
    await writeRevision(rollout, String(revision), !existed && hasProgressDeadline(deployment) ? created : undefined);
    return set;
  }

  async function tellCreateError(rollout: Rollout, name: string, error: unknown): Promise<void> {
    const {deployment} = rollout;
    const message = `Failed to create new replica set "${name}": ${messageOf(error)}`;
    if (hasProgressDeadline(deployment)) {
      await writeCondition(rollout, newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.now()));
    }
    events.record(target(deployment), 'Warning', 'ReplicaSetCreateError', message);
  }

  /** Changes sizes, and the annotations that tell the Deployment's size. */
  async function applyScales(rollout: Rollout, scales: readonly Scale[]): Promise<void> {
    for (const {set, replicas} of scales) {
      const annotations = {...set.metadata.annotations, ...sizeAnnotations(rollout.deployment)};
      const before = replicasOf(set);
      if (before === replicas && sameAnnotations(annotations, set.metadata.annotations)) continue;
      const metadata = {...set.metadata, annotations};
      const scaled = await updateSet(rollout, {...set, metadata, spec: {...set.spec!, replicas}});
      if (before !== replicas) tellScaling(rollout.deployment, scaled, before);
    }
  }

  function tellScaling(deployment: Deployment, set: ReplicaSet, before: number): void {
    const after = replicasOf(set);
    const message = `Scaled ${after > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${after}`;
    events.record(target(deployment), 'Normal', 'ScalingReplicaSet', message);
  }

  async function cleanUp(rollout: Rollout, newSet: ReplicaSet | undefined): Promise<void> {
    for (const {metadata} of surplusHistory(rollout.deployment, oldSets(rollout, newSet))) {
      await client.delete(setType, {namespace: metadata.namespace, name: metadata.name!}).catch(ignoreNotFound);
    }
  }

  async function updateSet(rollout: Rollout, set: ReplicaSet): Promise<ReplicaSet> {
    const written = await client.update(setType, set);
    ownWrites.wrote(keyOf(rollout.deployment), sets, written);
    rollout.sets = rollout.sets.map(known => (known.metadata.uid === written.metadata.uid ? written : known));
    return written;
  }

  async function writeDeployment(rollout: Rollout, deployment: Deployment): Promise<void> {
    rollout.deployment = await client.update(deploymentType, deployment, {subresource: 'status'});
    ownWrites.wrote(keyOf(deployment), deployments, rollout.deployment);
  }

  function writeCondition(rollout: Rollout, condition: DeploymentCondition): Promise<void> {
    const {deployment} = rollout;
    const conditions = withCondition(deployment.status?.conditions, condition);
    return writeDeployment(rollout, {...deployment, status: {...deployment.status, conditions}});
  }

  async function writeRevision(rollout: Rollout, revision: string, condition: DeploymentCondition | undefined): Promise<void> {
    const {metadata, status, ...rest} = rollout.deployment;
    if (metadata.annotations?.[REVISION] === revision && !condition) return;
    const annotations = {...metadata.annotations, [REVISION]: revision};
    const conditions = condition ? withCondition(status?.conditions, condition) : status?.conditions;
    await writeDeployment(rollout, {...rest, metadata: {...metadata, annotations}, status: {...status, ...(conditions && {conditions})}});
  }

  async function writeCounts(rollout: Rollout, newSet: ReplicaSet | undefined): Promise<undefined> {
    const status = countStatus(rollout.deployment, rollout.sets, newSet, clock.now());
    if (!sameStatus(rollout.deployment.status, status)) await writeDeployment(rollout, {...rollout.deployment, status});
  }

  async function writeRollout(rollout: Rollout, newSet: ReplicaSet | undefined): Promise<ReconcileResult | undefined> {
    const status = rolloutStatus(rollout.deployment, rollout.sets, newSet, clock.now());
    if (!sameStatus(rollout.deployment.status, status)) return void (await writeDeployment(rollout, {...rollout.deployment, status}));
    const wait = untilDeadline(rollout.deployment, status, clock.now());
    return wait === undefined ? undefined : {requeueAfter: wait};
  }

  function watchSets(): void {
    const enqueue = (deployment: Deployment) => queue.add(keyOf(deployment));
    deployments.addHandler({added: enqueue, updated: enqueue, deleted: enqueue});
    const owner = (set: ReplicaSet): boolean => {
      const reference = controllerOf(set);
      if (reference?.kind === 'Deployment') queue.add(objectKey(set.metadata.namespace, reference.name));
      return reference !== undefined;
    };
    const adopters = ({metadata}: ReplicaSet) => {
      for (const deployment of deployments.list(metadata.namespace)) {
        if (selectsLabels(deployment.spec?.selector, metadata.labels)) enqueue(deployment);
      }
    };
    sets.addHandler({
      added: set => void (owner(set) || adopters(set)),
      updated(set, old) {
        if (controllerOf(old)?.uid !== controllerOf(set)?.uid) owner(old);
        if (!owner(set)) adopters(set);
      },
      deleted: owner,
    });
    // Recreate waits for the last pod of the old ReplicaSets.
    pods.addHandler({
      deleted(pod: Pod) {
        const reference = controllerOf(pod);
        const set = reference && sets.get(objectKey(pod.metadata.namespace, reference.name));
        const deployment = set && deployments.get(objectKey(pod.metadata.namespace, controllerOf(set)?.name ?? ''));
        if (deployment?.spec?.strategy?.type === 'Recreate' && controlledBy(pods, set!).length === 0) enqueue(deployment);
      },
    });
  }
}

const target = ({metadata}: Deployment) => ({apiVersion: 'apps/v1', kind: 'Deployment', metadata});

const isEmptySelector = ({spec}: Deployment): boolean => {
  const {matchLabels = {}, matchExpressions = []} = spec!.selector;
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
};

const oldSets = ({sets}: Rollout, newSet: ReplicaSet | undefined): ReplicaSet[] =>
  sets.filter(({metadata}) => metadata.uid !== newSet?.metadata.uid);

/** The set as the rollout's own writes left it. */
const current = ({sets}: Rollout, set: ReplicaSet | undefined): ReplicaSet | undefined =>
  set && sets.find(({metadata}) => metadata.uid === set.metadata.uid);

const sameAnnotations = (a: {[key: string]: string}, b: {[key: string]: string} = {}): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([key, value]) => b[key] === value);

function newSetOf(deployment: Deployment, sets: readonly ReplicaSet[], revision: bigint): ReplicaSet {
  const {template, selector, minReadySeconds} = deployment.spec!;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = {...template.metadata?.labels, [HASH_LABEL]: hash};
  return {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      ownerReferences: [controllerReference(deploymentType as never, deployment)],
      labels,
      annotations: newSetAnnotations(deployment, undefined, revision),
    },
    spec: {
      replicas: newSetSize(deployment, sets, 0),
      ...(minReadySeconds && {minReadySeconds}),
      selector: {...selector, matchLabels: {...selector.matchLabels, [HASH_LABEL]: hash}},
      template: {...template, metadata: {...template.metadata, labels}},
    },
  };
}
