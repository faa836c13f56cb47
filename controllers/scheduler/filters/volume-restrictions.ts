import type {Volume} from '../../../server/api/kinds.generated.ts';
import {podClaims} from '../claims.ts';
import type {Cluster, FilterPlugin, PodInfo} from '../framework.ts';
import {rejection} from '../framework.ts';

const IN_USE = rejection('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode');
const DISK_TAKEN = rejection('node(s) had no available disk');

/** Claims of mode ReadWriteOncePod have one user in the cluster, certain cloud disks one on a node. */
export const volumeRestrictions: FilterPlugin = {
  name: 'VolumeRestrictions',
  prepare(pod, cluster) {
    const disks = (pod.pod.spec.volumes ?? []).map(diskOf).filter(disk => disk !== undefined);
    const users = exclusiveUsers(pod, cluster);
    if (disks.length === 0 && users === 0) return undefined;
    return {
      filter(node) {
        if (disks.length > 0) {
          const present = [...node.pods.values()].flatMap(other => (other.pod.spec.volumes ?? []).map(diskOf));
          if (present.some(other => other && disks.some(disk => disk.id === other.id && !(disk.readOnly && other.readOnly))))
            return DISK_TAKEN;
        }
        return users > 0 ? IN_USE : undefined;
      },
    };
  },
  hint: (event, pod) => event.type === 'PodDelete' && (event.pod.namespace === pod.namespace || (pod.pod.spec.volumes ?? []).some(diskOf)),
};

/** How many pods use one of the pod's ReadWriteOncePod claims, wherever they run. */
function exclusiveUsers(pod: PodInfo, {lookup, nodes}: Cluster): number {
  const names = podClaims(pod.pod)
    .map(({name}) => name)
    .filter(name => lookup.claim(pod.namespace, name)?.spec?.accessModes?.includes('ReadWriteOncePod'));
  if (names.length === 0) return 0;
  const uses = (other: PodInfo) => other.namespace === pod.namespace && podClaims(other.pod).some(({name}) => names.includes(name));
  return nodes().reduce((sum, node) => sum + [...node.pods.values()].filter(uses).length, 0);
}

function diskOf({gcePersistentDisk, awsElasticBlockStore, iscsi, rbd}: Volume): {id: string; readOnly: boolean} | undefined {
  if (gcePersistentDisk) return {id: `gce:${gcePersistentDisk.pdName}`, readOnly: !!gcePersistentDisk.readOnly};
  if (awsElasticBlockStore) return {id: `aws:${awsElasticBlockStore.volumeID}`, readOnly: false};
  if (iscsi) return {id: `iscsi:${iscsi.iqn}`, readOnly: !!iscsi.readOnly};
  if (rbd) return {id: `rbd:${rbd.pool}:${rbd.image}`, readOnly: !!rbd.readOnly};
  return undefined;
}
