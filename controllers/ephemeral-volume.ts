import type {Pod} from '../server/api/kinds.generated.ts';
import {persistentVolumeClaims as claimType, pods as podType} from '../server/api/resource-types.generated.ts';
import {messageOf} from './replicaset.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {controllerReference} from './support/owners.ts';

const hasEphemeral = ({spec}: Pod): boolean => spec?.volumes?.some(({ephemeral}) => ephemeral !== undefined) ?? false;

/** Makes the claims of pods' generic ephemeral volumes (pkg/controller/volume/ephemeral). */
export const ephemeralVolumeController: ControllerDefinition = {
  name: 'ephemeral-volume-controller',
  alias: 'ephemeral-volume',
  component: 'ephemeral_volume',
  start(context) {
    const pods = context.informer(podType);
    const claims = context.informer(claimType);
    const queue = context.queue();
    pods.addHandler({added: pod => void (hasEphemeral(pod) && queue.add(keyOf(pod)))});
    claims.addHandler({
      deleted({metadata}) {
        const owner = metadata.ownerReferences?.find(({kind, controller}) => kind === 'Pod' && controller);
        if (owner) queue.add(objectKey(metadata.namespace, owner.name));
      },
    });
    const reconcile = async (key: string) => {
      const pod = pods.get(key);
      if (!pod || pod.metadata.deletionTimestamp) return;
      const {namespace, name} = pod.metadata;
      for (const volume of pod.spec?.volumes ?? []) {
        const template = volume.ephemeral?.volumeClaimTemplate;
        if (!template) continue;
        const claimName = `${name}-${volume.name}`;
        const present = claims.get(objectKey(namespace, claimName));
        if (present) {
          if (present.metadata.ownerReferences?.some(({uid}) => uid === pod.metadata.uid)) continue;
          throw new Error(`PVC ${namespace}/${claimName} was not created for pod ${namespace}/${name} (pod is not owner)`);
        }
        const {labels, annotations} = template.metadata ?? {};
        const metadata = {
          name: claimName,
          namespace,
          ...(labels && {labels}),
          ...(annotations && {annotations}),
          ownerReferences: [controllerReference(podType as never, pod)],
        };
        await context.client.create(claimType, {metadata, spec: template.spec}).catch(error => {
          const target = {apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata};
          context.events.record(
            target,
            'Warning',
            'FailedToCreate',
            `ephemeral volume ${volume.name}: create PVC ${claimName}: ${messageOf(error)}`,
          );
          throw error;
        });
      }
    };
    return [context.run(queue, reconcile)];
  },
};
