import {createHash} from 'node:crypto';
import type {PersistentVolume, Pod, VolumeAttachment} from '../server/api/kinds.generated.ts';
import {
  volumeAttachments as attachmentType,
  persistentVolumeClaims as claimType,
  csidrivers as driverType,
  pods as podType,
  persistentVolumes as volumeType,
} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {objectKey} from './runtime/informer.ts';
import {indexByNode, podsOn} from './support/node-pods.ts';
import {isPodFinished} from './support/pods.ts';

/**
 * Asks CSI drivers to attach volumes to the nodes where pods need them, by VolumeAttachments (pkg/controller/volume/attachdetach). Volumes
 * without driver, and of drivers that do not attach, need none.
 */
export const attachDetachController: ControllerDefinition = {
  name: 'persistentvolume-attach-detach-controller',
  alias: 'attachdetach',
  serviceAccount: 'attachdetach-controller',
  start(context) {
    const {client} = context;
    const pods = context.informer(podType);
    const claims = context.informer(claimType);
    const volumes = context.informer(volumeType);
    const drivers = context.informer(driverType);
    const attachments = context.informer(attachmentType);
    const queue = context.queue();
    indexByNode(pods);

    const node = ({spec}: Pod) =>
      void (spec?.nodeName && spec.volumes?.some(volume => volume.persistentVolumeClaim || volume.ephemeral) && queue.add(spec.nodeName));
    pods.addHandler({added: node, updated: node, deleted: node});
    const changed = ({spec}: VolumeAttachment) => queue.add(spec.nodeName);
    attachments.addHandler({updated: changed, deleted: changed});
    const claimChanged = ({metadata}: {metadata: {namespace?: string}}) => pods.list(metadata.namespace).forEach(node);
    claims.addHandler({updated: claimChanged});

    const attachable = (pod: Pod): PersistentVolume[] =>
      (pod.spec?.volumes ?? []).flatMap(({name, persistentVolumeClaim, ephemeral}) => {
        const claimName = persistentVolumeClaim?.claimName ?? (ephemeral ? `${pod.metadata.name}-${name}` : undefined);
        const claim = claimName === undefined ? undefined : claims.get(objectKey(pod.metadata.namespace, claimName));
        const volume = claim?.status?.phase === 'Bound' ? volumes.get(claim.spec?.volumeName ?? '') : undefined;
        const driver = volume?.spec?.csi?.driver;
        return volume && driver && drivers.get(driver)?.spec.attachRequired !== false ? [volume] : [];
      });

    const reconcile = async (nodeName: string) => {
      const wanted = new Map<string, PersistentVolume>();
      for (const pod of podsOn(pods, nodeName).filter(each => !isPodFinished(each))) {
        for (const volume of attachable(pod)) wanted.set(attachmentName(volume, nodeName), volume);
      }
      for (const [name, volume] of wanted) {
        if (attachments.get(name)) continue;
        const spec = {attacher: volume.spec!.csi!.driver, nodeName, source: {persistentVolumeName: volume.metadata.name}};
        await client.create(attachmentType, {metadata: {name}, spec}).catch(error => {
          if (!isApiError(error, 'AlreadyExists')) throw error;
        });
      }
      for (const {metadata, spec} of attachments.list()) {
        const isOurs = metadata.name!.startsWith('csi-') && spec.nodeName === nodeName;
        if (!isOurs || wanted.has(metadata.name!) || metadata.deletionTimestamp) continue;
        await client.delete(attachmentType, {name: metadata.name!}).catch(error => {
          if (!isApiError(error, 'NotFound')) throw error;
        });
      }
    };
    return [context.run(queue, reconcile)];
  },
};

/** As the in-tree CSI plugin names it. */
const attachmentName = ({spec}: PersistentVolume, node: string): string =>
  `csi-${createHash('sha256').update(`${spec!.csi!.volumeHandle}${spec!.csi!.driver}${node}`).digest('hex')}`;
