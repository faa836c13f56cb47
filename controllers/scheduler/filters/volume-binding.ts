import type {PersistentVolumeClaim} from '../../../server/api/kinds.generated.ts';
import {isBound, placeClaim, podClaims, volumeFitsNode, waitsForConsumer} from '../claims.ts';
import type {FilterPlugin, Lookup, NodeInfo, PodInfo, Rejection} from '../framework.ts';
import {rejection} from '../framework.ts';

/** Bound volumes have to be reachable from the node, waiting claims to be bindable there. */
export const volumeBinding: FilterPlugin = {
  name: 'VolumeBinding',
  prepare(pod, {lookup}) {
    const wanted = podClaims(pod.pod);
    if (wanted.length === 0) return undefined;
    const claims: PersistentVolumeClaim[] = [];
    for (const {name, ephemeral} of wanted) {
      const claim = lookup.claim(pod.namespace, name);
      const refused = claim ? unusable(claim) : missing(name, ephemeral);
      if (refused) return refused;
      claims.push(claim!);
    }
    if (claims.some(claim => !isBound(claim) && !waitsForConsumer(claim, lookup)))
      return rejection('pod has unbound immediate PersistentVolumeClaims', true);
    return {filter: node => checkNode(claims, node, lookup)};
  },
  hint: (event, pod) => storageHint(event.type, pod),
};

/** Claims that exist only by name, or may not be used any more. */
const missing = (name: string, ephemeral: boolean): Rejection =>
  ephemeral
    ? rejection(`waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`, true)
    : rejection(`persistentvolumeclaim "${name}" not found`, true);

function unusable({metadata, spec, status}: PersistentVolumeClaim): Rejection | undefined {
  const name = metadata.name;
  if (status?.phase === 'Lost')
    return rejection(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${spec?.volumeName}"`, true);
  return metadata.deletionTimestamp ? rejection(`persistentvolumeclaim "${name}" is being deleted`, true) : undefined;
}

function checkNode(claims: readonly PersistentVolumeClaim[], node: NodeInfo, lookup: Lookup): Rejection | undefined {
  const taken = new Set<string>();
  const reasons = new Set<string>();
  for (const claim of claims) {
    if (isBound(claim)) {
      const volume = lookup.volume(claim.spec!.volumeName!);
      if (!volume) reasons.add('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');
      else if (!volumeFitsNode(volume, node)) reasons.add("node(s) didn't match PersistentVolume's node affinity");
    } else {
      const place = placeClaim(claim, node, lookup, taken);
      if (!place) reasons.add("node(s) didn't find available persistent volumes to bind");
      else if (place === 'full') reasons.add('node(s) did not have enough free storage');
      else if (place !== 'provision') taken.add(place.volume.metadata.name!);
    }
  }
  return reasons.size > 0 ? {reasons: [...reasons], unresolvable: true} : undefined;
}

function storageHint(type: string, pod: PodInfo): boolean {
  return podClaims(pod.pod).length > 0 && (type === 'Storage' || type === 'NodeAdd' || type === 'NodeUpdate');
}
