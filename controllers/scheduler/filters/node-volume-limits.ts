import type {Pod} from '../../../server/api/kinds.generated.ts';
import {isBound, podClaims, storageClassOf} from '../claims.ts';
import type {FilterPlugin, Lookup, NodeInfo} from '../framework.ts';
import {rejection} from '../framework.ts';

/** CSINode says how many volumes of a driver a node can attach. */
export const nodeVolumeLimits: FilterPlugin = {
  name: 'NodeVolumeLimits',
  prepare(pod, {lookup}) {
    const wanted = attachments(pod.pod, lookup);
    if (wanted.size === 0) return undefined;
    return {filter: node => (exceeds(node, wanted, lookup) ? rejection('node(s) exceed max volume count') : undefined)};
  },
  hint: event => event.type === 'PodDelete' || event.type === 'NodeAdd' || event.type === 'Storage',
};

function exceeds(node: NodeInfo, wanted: ReadonlyMap<string, string>, lookup: Lookup): boolean {
  const drivers = new Set(wanted.values());
  const limits = [...drivers]
    .map(driver => [driver, lookup.volumeLimit(node.name, driver)] as const)
    .filter(([, limit]) => limit !== undefined);
  if (limits.length === 0) return false;
  const all = new Map(wanted);
  for (const {pod} of node.pods.values()) for (const [volume, driver] of attachments(pod, lookup)) all.set(volume, driver);
  return limits.some(([driver, limit]) => [...all.values()].filter(other => other === driver).length > limit!);
}

/** The CSI volumes of a pod: driver by volume. */
function attachments(pod: Pod, lookup: Lookup): Map<string, string> {
  const found = new Map<string, string>();
  for (const {name} of podClaims(pod)) {
    const claim = lookup.claim(pod.metadata.namespace!, name);
    if (!claim) continue;
    const csi = isBound(claim) ? lookup.volume(claim.spec!.volumeName!)?.spec?.csi : undefined;
    const driver = csi?.driver ?? (isBound(claim) ? undefined : storageClassOf(claim, lookup)?.provisioner);
    if (driver) found.set(csi ? `${driver}/${csi.volumeHandle}` : `${driver}/${pod.metadata.namespace}/${name}`, driver);
  }
  return found;
}
