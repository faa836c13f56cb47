import type {PersistentVolume, PersistentVolumeClaim, Pod, StorageClass} from '../../server/api/kinds.generated.ts';
import {compareQuantity} from '../../server/api/quantity.ts';
import type {Lookup, NodeInfo} from './framework.ts';
import {labelSelectorMatcher} from './label-selector.ts';
import {matchesNodeSelector} from './node-selector.ts';

export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** A claim that a pod mounts. */
export interface PodClaim {
  name: string;
  /** Made for the pod by the ephemeral volume controller. */
  ephemeral: boolean;
}

export function podClaims({metadata, spec}: Pod): PodClaim[] {
  return (spec.volumes ?? []).flatMap(({name, persistentVolumeClaim, ephemeral}): PodClaim[] => {
    if (persistentVolumeClaim) return [{name: persistentVolumeClaim.claimName, ephemeral: false}];
    return ephemeral ? [{name: `${metadata.name}-${name}`, ephemeral: true}] : [];
  });
}

export const isBound = ({metadata, spec}: PersistentVolumeClaim): boolean =>
  !!spec?.volumeName && metadata.annotations?.[BIND_COMPLETED] !== undefined;

/** Whether the claim waits for a pod before it is bound. */
export function waitsForConsumer(claim: PersistentVolumeClaim, lookup: Lookup): boolean {
  if (claim.spec?.volumeName) return false;
  return storageClassOf(claim, lookup)?.volumeBindingMode === 'WaitForFirstConsumer';
}

export const storageClassOf = (claim: PersistentVolumeClaim, lookup: Lookup): StorageClass | undefined =>
  claim.spec?.storageClassName ? lookup.storageClass(claim.spec.storageClassName) : undefined;

export const volumeFitsNode = ({spec}: PersistentVolume, node: NodeInfo): boolean =>
  !spec?.nodeAffinity?.required || matchesNodeSelector(spec.nodeAffinity.required, node);

/** How a waiting claim can be bound on a node: to a volume, by provisioning, not at all, or not since the storage is full. */
export function placeClaim(
  claim: PersistentVolumeClaim,
  node: NodeInfo,
  lookup: Lookup,
  taken: ReadonlySet<string> = new Set(),
): {volume: PersistentVolume} | 'provision' | 'full' | undefined {
  const selected = claim.metadata.annotations?.[SELECTED_NODE];
  const volume = selected ? undefined : findVolume(claim, node, lookup.volumes(), taken);
  if (volume) return {volume};
  const storageClass = storageClassOf(claim, lookup);
  if (!storageClass || storageClass.provisioner === NO_PROVISIONER) return undefined;
  if (selected && selected !== node.name) return undefined;
  const topologies = storageClass.allowedTopologies ?? [];
  const allowed = topologies.some(({matchLabelExpressions = []}) =>
    matchLabelExpressions.every(({key, values}) => values.includes(node.labels[key] ?? '')),
  );
  if (topologies.length > 0 && !allowed) return undefined;
  return lookup.hasStorage?.(storageClass, claim.spec?.resources?.requests?.storage, node) === false ? 'full' : 'provision';
}

/** The smallest volume that will do (k8s.io/component-helpers/storage/volume FindMatchingVolume). */
function findVolume(claim: PersistentVolumeClaim, node: NodeInfo, volumes: readonly PersistentVolume[], taken: ReadonlySet<string>) {
  const {resources, accessModes = [], storageClassName, volumeMode = 'Filesystem', selector} = claim.spec ?? {};
  const wanted = resources?.requests?.storage ?? '0';
  const selects = selector ? labelSelectorMatcher(selector) : () => true;
  const fits = volumes.filter(({metadata, spec, status}) => {
    const reserved = spec?.claimRef && (spec.claimRef.name !== claim.metadata.name || spec.claimRef.namespace !== claim.metadata.namespace);
    if (metadata.deletionTimestamp || taken.has(metadata.name!) || reserved) return false;
    if (!spec?.claimRef && status?.phase !== 'Available') return false;
    if ((spec?.storageClassName ?? '') !== (storageClassName ?? '') || (spec?.volumeMode ?? 'Filesystem') !== volumeMode) return false;
    if (!accessModes.every(mode => spec?.accessModes?.includes(mode))) return false;
    return selects(metadata.labels ?? {}) && compareQuantity(spec?.capacity?.storage ?? '0', wanted) >= 0;
  });
  const size = ({spec}: PersistentVolume) => spec?.capacity?.storage ?? '0';
  return fits.filter(volume => volumeFitsNode(volume, node)).sort((a, b) => compareQuantity(size(a), size(b)))[0];
}
