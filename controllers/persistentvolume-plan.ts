import type {ObjectReference, PersistentVolume, PersistentVolumeClaim, StorageClass} from '../server/api/kinds.generated.ts';
import {compareQuantity} from '../server/api/quantity.ts';
import {selectsLabels} from '../server/api/selectors.ts';

export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const DEFAULT_CLASS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const LEGACY_CLASS = 'volume.beta.kubernetes.io/storage-class';

export const isAnnotated = ({metadata}: {metadata: {annotations?: {[key: string]: string}}}, name: string): boolean =>
  metadata.annotations?.[name] !== undefined;

/** The claim's class; '' for none. */
export const classOfClaim = ({metadata, spec}: PersistentVolumeClaim): string =>
  metadata.annotations?.[LEGACY_CLASS] ?? spec?.storageClassName ?? '';
export const classOfVolume = ({metadata, spec}: PersistentVolume): string =>
  metadata.annotations?.[LEGACY_CLASS] ?? spec?.storageClassName ?? '';

/** A claim without class takes the default one as soon as there is one; an empty class is one, too. */
export const hasClass = ({metadata, spec}: PersistentVolumeClaim): boolean =>
  metadata.annotations?.[LEGACY_CLASS] !== undefined || spec?.storageClassName !== undefined;

export const isDefaultClass = ({metadata}: StorageClass): boolean => DEFAULT_CLASS.some(name => metadata.annotations?.[name] === 'true');

/** The name of the newest default class. */
export function defaultClassOf(classes: readonly StorageClass[]): string | undefined {
  const created = ({metadata}: StorageClass) => metadata.creationTimestamp ?? '';
  const newerFirst = (a: StorageClass, b: StorageClass) =>
    created(a) === created(b) ? (a.metadata.name! < b.metadata.name! ? -1 : 1) : created(a) > created(b) ? -1 : 1;
  return classes.filter(isDefaultClass).sort(newerFirst)[0]?.metadata.name;
}

export interface Reclamation {
  remove?: boolean;
  /** Of the event; the message is the status' too. */
  failure?: {reason: string; message: string};
}

const TEMPORARY = /^\/tmp\/.+/;

/** What happens to a released volume: kept, deleted, or left to a driver that the controller does not have (reclaimVolume). */
export function reclamation({metadata, spec}: PersistentVolume, ownProvisioner: string): Reclamation {
  const {persistentVolumeReclaimPolicy: policy, hostPath, nfs} = spec ?? {};
  const provisioner = metadata.annotations?.[PROVISIONED_BY];
  const failDelete = (message: string) => ({failure: {reason: 'VolumeFailedDelete', message}});
  if (policy === 'Recycle' && !hostPath && !nfs)
    return {failure: {reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!'}};
  if (policy !== 'Delete') return {};
  if (provisioner === ownProvisioner) return {remove: true};
  if (provisioner) return provisioner.startsWith('kubernetes.io/') ? failDelete(`no volume plugin matched name: ${provisioner}`) : {};
  if (!hostPath) return failDelete(`error getting deleter volume plugin for volume "${metadata.name}": no deletable volume plugin matched`);
  if (TEMPORARY.test(hostPath.path)) return {remove: true};
  return failDelete(`host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`);
}

const modeOf = ({spec}: {spec?: {volumeMode?: string}}): string => spec?.volumeMode ?? 'Filesystem';

/** Does the volume name this claim, with its uid if it names one? (IsVolumeBoundToClaim) */
export function isBoundTo({spec}: PersistentVolume, {metadata}: PersistentVolumeClaim): boolean {
  const reference = spec?.claimRef;
  if (reference?.name !== metadata.name || reference?.namespace !== metadata.namespace) return false;
  return !reference?.uid || reference.uid === metadata.uid;
}

/** Why the volume cannot be the claim's; undefined: it can (checkVolumeSatisfyClaim). */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (!isLargeEnough(volume, claim)) return 'requested PV is too small';
  if (classOfVolume(volume) !== classOfClaim(claim)) return 'storageClassName does not match';
  if (modeOf(volume) !== modeOf(claim)) return 'incompatible volumeMode';
  if (!hasModes(volume, claim)) return 'incompatible accessMode';
  return undefined;
}

function isLargeEnough({spec}: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const [has, wants] = [spec?.capacity?.storage, claim.spec?.resources?.requests?.storage] as (string | undefined)[];
  return compareQuantity(has ?? '0', wants ?? '0') >= 0;
}

const hasModes = ({spec}: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (claim.spec?.accessModes ?? []).every(mode => spec?.accessModes?.includes(mode));

/**
 * The volume for an unbound claim: one that is reserved for it, else the smallest available one with the fewest modes beyond those asked
 * for. With `delayed` binding only a reserved one.
 */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  delayed: boolean,
): PersistentVolume | undefined {
  const fitting = volumes.filter(volume => {
    if (modeOf(volume) !== modeOf(claim) || volume.metadata.deletionTimestamp || !hasModes(volume, claim)) return false;
    return (volume.spec?.volumeAttributesClassName ?? '') === (claim.spec?.volumeAttributesClassName ?? '') && isLargeEnough(volume, claim);
  });
  const reserved = fitting.find(volume => isBoundTo(volume, claim));
  if (reserved || delayed) return reserved;
  const free = fitting.filter(
    ({spec, status, metadata}) =>
      !spec?.claimRef && status?.phase === 'Available' && (!claim.spec?.selector || selectsLabels(claim.spec.selector, metadata.labels)),
  );
  return free.filter(volume => classOfVolume(volume) === classOfClaim(claim)).sort(compareVolumes)[0];
}

function compareVolumes(a: PersistentVolume, b: PersistentVolume): number {
  return (
    (a.spec?.accessModes?.length ?? 0) - (b.spec?.accessModes?.length ?? 0) ||
    compareQuantity((a.spec?.capacity?.storage as string) ?? '0', (b.spec?.capacity?.storage as string) ?? '0') ||
    (a.metadata.name! < b.metadata.name! ? -1 : 1)
  );
}

/** The volume with the claim entered; undefined: it is already (GetBindVolumeToClaim). */
export function withClaim(volume: PersistentVolume, {metadata}: PersistentVolumeClaim, bound: boolean): PersistentVolume | undefined {
  const reference = volume.spec?.claimRef;
  const isSet = reference?.uid === metadata.uid && reference?.name === metadata.name && reference?.namespace === metadata.namespace;
  const needsMark = !bound && !isAnnotated(volume, BOUND_BY_CONTROLLER);
  if (isSet && !needsMark) return undefined;
  const {name, namespace, uid, resourceVersion} = metadata;
  const fresh: ObjectReference = {kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion};
  const annotations = {...volume.metadata.annotations, ...(needsMark && {[BOUND_BY_CONTROLLER]: 'yes'})};
  return {
    ...volume,
    metadata: {...volume.metadata, ...(Object.keys(annotations).length > 0 && {annotations})},
    spec: {...volume.spec, claimRef: isSet ? reference : fresh},
  };
}

/** The claim with its volume entered; undefined: it is already (bindClaimToVolume). */
export function withVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim | undefined {
  const isNamed = claim.spec?.volumeName === volume.metadata.name;
  if (isNamed && isAnnotated(claim, BIND_COMPLETED)) return undefined;
  const annotations = {
    ...claim.metadata.annotations,
    [BIND_COMPLETED]: 'yes',
    ...(!isNamed && {[BOUND_BY_CONTROLLER]: 'yes'}),
  };
  return {...claim, metadata: {...claim.metadata, annotations}, spec: {...claim.spec, volumeName: volume.metadata.name}};
}
