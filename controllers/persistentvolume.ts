import equal from 'fast-deep-equal';
import type {PersistentVolume, PersistentVolumeClaim, StorageClass} from '../server/api/kinds.generated.ts';
import {
  persistentVolumeClaims as claimType,
  storageClasses as classType,
  pods as podType,
  persistentVolumes as volumeType,
} from '../server/api/resource-types.generated.ts';
import {ignoreNotFound, isApiError} from '../server/api/status.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classOfClaim,
  classOfVolume,
  defaultClassOf,
  findVolume,
  hasClass,
  isAnnotated,
  isBoundTo,
  isDefaultClass,
  mismatch,
  PROVISIONED_BY,
  reclamation,
  SELECTED_NODE,
  withClaim,
  withVolume,
} from './persistentvolume-plan.ts';
import type {Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';

/** Binds claims to volumes (pkg/controller/volume/persistentvolume). Volumes of the simulated provisioner are made and deleted here. */
export const persistentVolumeBinderController: ControllerDefinition = {
  name: 'persistentvolume-binder-controller',
  alias: 'persistentvolume-binder',
  serviceAccount: 'persistent-volume-binder',
  component: 'persistentvolume-controller',
  start,
};

/** The provisioner of StorageClasses whose volumes exist in name only. */
export const SIMULATED_PROVISIONER = 'kubedouble.dev/simulated';
const PROVISIONER = ['volume.beta.kubernetes.io/storage-provisioner', 'volume.kubernetes.io/storage-provisioner'];
/** Claims that wait are looked at again, and told of, so often (`--pvclaimbinder-sync-period`). */
const RESYNC = 15_000;
const CLAIM = 'claim/';
const VOLUME = 'volume/';
const CLASS_INDEX = 'class';

function start(context: ControllerContext): Running[] {
  const {client, events} = context;
  const claims = context.informer(claimType);
  const volumes = context.informer(volumeType);
  const classes = context.informer(classType);
  const pods = context.informer(podType);
  // One queue and one worker: two claims never look at the same volume at once.
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  claims.addIndex(CLASS_INDEX, claim => [classOfClaim(claim)]);
  watch();

  const resync = context.every(RESYNC, async () => {
    for (const claim of claims.list()) if (!isAnnotated(claim, BIND_COMPLETED)) queue.add(CLAIM + keyOf(claim));
  });
  return [context.run(queue, reconcile, {workers: 1}), resync];

  async function reconcile(key: string): Promise<void> {
    await ownWrites.shown('');
    if (key.startsWith(CLAIM)) {
      const claim = claims.get(key.slice(CLAIM.length));
      if (!claim) return;
      if (isAnnotated(claim, BIND_COMPLETED)) await syncBoundClaim(claim);
      else if (!claim.metadata.deletionTimestamp) await syncUnboundClaim(claim);
    } else {
      const volume = volumes.get(key.slice(VOLUME.length));
      if (volume) await syncVolume(volume);
    }
  }

  async function syncUnboundClaim(claim: PersistentVolumeClaim): Promise<void> {
    const {volumeName} = claim.spec ?? {};
    if (!volumeName) return chooseVolume(claim);
    const volume = volumes.get(volumeName);
    if (!volume) return setClaimPending(claim);
    if (!volume.spec?.claimRef) {
      const why = mismatch(volume, claim);
      if (!why) return bind(volume, claim);
      tell(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume "${volumeName}": ${why}`);
      return setClaimPending(claim);
    }
    if (isBoundTo(volume, claim)) return bind(volume, claim);
    tell(claim, 'Warning', 'FailedBinding', `volume "${volumeName}" already bound to a different claim.`);
    return setClaimPending(claim);
  }

  async function chooseVolume(claim: PersistentVolumeClaim): Promise<void> {
    const className = classOfClaim(claim);
    const storageClass = classes.get(className);
    const delayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !isAnnotated(claim, SELECTED_NODE);
    const volume = findVolume(claim, volumes.list(), delayed);
    if (volume) return bind(volume, claim);
    const defaultClass = hasClass(claim) ? undefined : defaultClassOf(classes.list());
    if (defaultClass) return void (await updateClaim({...claim, spec: {...claim.spec, storageClassName: defaultClass}}));
    if (delayed) tellWaiting(claim);
    else if (className === '') {
      tell(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
    } else await provision(claim, className, storageClass);
    await setClaimPending(claims.get(keyOf(claim)) ?? claim);
  }

  function tellWaiting(claim: PersistentVolumeClaim): void {
    const {namespace, name} = claim.metadata;
    const waiting = pods
      .list(namespace)
      .filter(({spec}) => !spec?.nodeName && spec?.volumes?.some(({persistentVolumeClaim}) => persistentVolumeClaim?.claimName === name))
      .map(({metadata}) => metadata.name!)
      .sort();
    if (waiting.length === 0) tell(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
    else
      tell(
        claim,
        'Normal',
        'WaitForPodScheduled',
        `waiting for ${waiting.length > 1 ? 'pods' : 'pod'} ${waiting.join(',')} to be scheduled`,
      );
  }

  async function provision(claim: PersistentVolumeClaim, className: string, storageClass: StorageClass | undefined): Promise<void> {
    if (!storageClass) return tell(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
    const {provisioner} = storageClass;
    if (provisioner.startsWith('kubernetes.io/')) {
      return tell(claim, 'Warning', 'ProvisioningFailed', `no volume plugin matched name: ${provisioner}`);
    }
    const annotations = {...claim.metadata.annotations};
    for (const name of PROVISIONER) annotations[name] = provisioner;
    if (!equal(annotations, claim.metadata.annotations ?? {})) await updateClaim({...claim, metadata: {...claim.metadata, annotations}});
    if (provisioner === SIMULATED_PROVISIONER) return makeVolume(claim, storageClass);
    const message =
      `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. ` +
      'If volume creation is delayed, please verify that the provisioner is running and correctly registered.';
    tell(claim, 'Normal', 'ExternalProvisioning', message);
  }

  async function makeVolume(claim: PersistentVolumeClaim, {metadata, reclaimPolicy = 'Delete', provisioner}: StorageClass): Promise<void> {
    const {namespace, name, uid} = claim.metadata;
    const volume: PersistentVolume = {
      metadata: {name: `pvc-${uid}`, annotations: {[PROVISIONED_BY]: provisioner}},
      spec: {
        capacity: {storage: claim.spec!.resources!.requests!.storage!},
        accessModes: claim.spec!.accessModes,
        persistentVolumeReclaimPolicy: reclaimPolicy,
        storageClassName: metadata.name,
        ...(claim.spec!.volumeMode && {volumeMode: claim.spec!.volumeMode}),
        claimRef: {kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid},
        hostPath: {path: `/var/lib/kubedouble/volumes/pvc-${uid}`, type: ''},
      },
    };
    try {
      ownWrites.wrote('', volumes, await client.create(volumeType, volume));
      tell(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume pvc-${uid}`);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
  }

  async function syncBoundClaim(claim: PersistentVolumeClaim): Promise<void> {
    const {volumeName} = claim.spec ?? {};
    if (!volumeName) return lose(claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
    const volume = volumes.get(volumeName);
    if (!volume) return lose(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
    const reference = volume.spec?.claimRef;
    if (!reference || reference.uid === claim.metadata.uid) return bind(volume, claim);
    return lose(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
  }

  async function lose(claim: PersistentVolumeClaim, reason: string, message: string): Promise<void> {
    if (claim.status?.phase === 'Lost') return;
    await writeClaimStatus(claim, {phase: 'Lost'});
    tell(claim, 'Warning', reason, message);
  }

  /** Volume first, so that no other claim takes it; each step only if it is not done yet. */
  async function bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    let boundVolume = withClaim(volume, claim, isBoundTo(volume, claim));
    boundVolume = boundVolume ? await updateVolume(boundVolume) : volume;
    await setVolumePhase(boundVolume, 'Bound');
    const boundClaim = withVolume(claim, boundVolume);
    const current = boundClaim ? await updateClaim(boundClaim) : claim;
    const {accessModes, capacity} = boundVolume.spec ?? {};
    // A volume that grew shows in the claim only when the file system has grown too.
    const shown = current.status?.phase === 'Bound' ? (current.status.capacity ?? capacity) : capacity;
    await writeClaimStatus(current, {...current.status, phase: 'Bound', accessModes, capacity: shown});
  }

  async function setClaimPending(claim: PersistentVolumeClaim): Promise<void> {
    await writeClaimStatus(claim, {...claim.status, phase: 'Pending'});
  }

  async function syncVolume(volume: PersistentVolume): Promise<void> {
    const reference = volume.spec?.claimRef;
    if (!reference?.uid) return void (await setVolumePhase(volume, 'Available'));
    const claim = await findClaim(reference.namespace, reference.name!, reference.uid);
    if (!claim) {
      const isOver = volume.status?.phase === 'Released' || volume.status?.phase === 'Failed';
      return reclaim(isOver ? volume : await setVolumePhase(volume, 'Released'));
    }
    if (!claim.spec?.volumeName) return queue.add(CLAIM + keyOf(claim));
    if (claim.spec.volumeName === volume.metadata.name) return void (await setVolumePhase(volume, 'Bound'));
    if (isAnnotated(volume, PROVISIONED_BY) && volume.spec?.persistentVolumeReclaimPolicy === 'Delete') {
      return reclaim(await setVolumePhase(volume, 'Released'));
    }
    await unbind(volume);
  }

  /** Absence is asked of the server: the cache may be behind. */
  async function findClaim(namespace: string | undefined, name: string, uid: string): Promise<PersistentVolumeClaim | undefined> {
    const cached = claims.get(objectKey(namespace, name));
    const claim = cached ?? (await client.get(claimType, {namespace, name}).catch(ignoreNotFound));
    return claim?.metadata.uid === uid ? claim : undefined;
  }

  /** What becomes of a volume that nobody claims any more. */
  async function reclaim(volume: PersistentVolume): Promise<void> {
    const {remove, failure} = reclamation(volume, SIMULATED_PROVISIONER);
    if (remove && !volume.metadata.deletionTimestamp) await client.delete(volumeType, {name: volume.metadata.name!}).catch(ignoreNotFound);
    if (!failure || volume.status?.phase === 'Failed') return;
    await setVolumePhase(volume, 'Failed', failure.message);
    const target = {apiVersion: 'v1', kind: 'PersistentVolume', metadata: volume.metadata};
    events.record(target, 'Warning', failure.reason, failure.message);
  }

  /** A claim that a person reserved stays reserved, without its uid. */
  async function unbind(volume: PersistentVolume): Promise<void> {
    const {[BOUND_BY_CONTROLLER]: mark, ...annotations} = volume.metadata.annotations ?? {};
    const {claimRef, ...spec} = volume.spec ?? {};
    const {uid: _uid, resourceVersion: _version, ...reserved} = claimRef ?? {};
    const freed = await updateVolume({
      ...volume,
      metadata: {...volume.metadata, annotations},
      spec: mark === undefined ? {...spec, claimRef: reserved} : spec,
    });
    await setVolumePhase(freed, 'Available');
  }

  async function setVolumePhase(volume: PersistentVolume, phase: string, message?: string): Promise<PersistentVolume> {
    if (volume.status?.phase === phase) return volume;
    const {message: _message, ...before} = volume.status ?? {};
    const status = {...before, phase, ...(message !== undefined && {message})};
    const written = await client.update(volumeType, {...volume, status}, {subresource: 'status'});
    ownWrites.wrote('', volumes, written);
    return written;
  }

  async function writeClaimStatus(claim: PersistentVolumeClaim, status: NonNullable<PersistentVolumeClaim['status']>): Promise<void> {
    if (equal(status, claim.status)) return;
    ownWrites.wrote('', claims, await client.update(claimType, {...claim, status}, {subresource: 'status'}));
  }

  async function updateVolume(volume: PersistentVolume): Promise<PersistentVolume> {
    const written = await client.update(volumeType, volume);
    ownWrites.wrote('', volumes, written);
    return written;
  }

  async function updateClaim(claim: PersistentVolumeClaim): Promise<PersistentVolumeClaim> {
    const written = await client.update(claimType, claim);
    ownWrites.wrote('', claims, written);
    return written;
  }

  function tell({metadata}: PersistentVolumeClaim, type: 'Normal' | 'Warning', reason: string, message: string): void {
    events.record({apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata}, type, reason, message);
  }

  function watch(): void {
    const enqueueClaim = (claim: PersistentVolumeClaim) => queue.add(CLAIM + keyOf(claim));
    claims.addHandler({
      added: enqueueClaim,
      updated: enqueueClaim,
      deleted({spec}) {
        if (spec?.volumeName) queue.add(VOLUME + spec.volumeName);
      },
    });
    const waitingFor = (className: string) => {
      for (const claim of claims.by(CLASS_INDEX, className)) if (!isAnnotated(claim, BIND_COMPLETED)) enqueueClaim(claim);
    };
    const volumeChanged = (volume: PersistentVolume) => {
      queue.add(VOLUME + keyOf(volume));
      const {name, namespace} = volume.spec?.claimRef ?? {};
      if (name) queue.add(CLAIM + objectKey(namespace, name));
      else if (volume.status?.phase === 'Available') waitingFor(classOfVolume(volume));
    };
    volumes.addHandler({added: volumeChanged, updated: volumeChanged, deleted: volumeChanged});
    const classChanged = (storageClass: StorageClass) => {
      waitingFor(storageClass.metadata.name!);
      if (isDefaultClass(storageClass)) for (const claim of claims.list()) if (!hasClass(claim)) enqueueClaim(claim);
    };
    classes.addHandler({added: classChanged, updated: classChanged});
  }
}
