import type {PersistentVolumeClaim} from '../server/api/kinds.generated.ts';
import {compareQuantity} from '../server/api/quantity.ts';
import {persistentVolumeClaims as claimType, persistentVolumes as volumeType} from '../server/api/resource-types.generated.ts';
import {SIMULATED_PROVISIONER} from './persistentvolume.ts';
import {PROVISIONED_BY} from './persistentvolume-plan.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';

/** Grows volumes of the simulated provisioner as their claims ask; others are their driver's (pkg/controller/volume/expand). */
export const volumeExpanderController: ControllerDefinition = {
  name: 'persistentvolume-expander-controller',
  alias: 'persistentvolume-expander',
  serviceAccount: 'expand-controller',
  component: 'volume_expand',
  start(context) {
    const {client, events} = context;
    const claims = context.informer(claimType);
    const volumes = context.informer(volumeType);
    const queue = context.queue();
    const wants = ({spec}: PersistentVolumeClaim) => spec?.resources?.requests?.storage as string | undefined;
    const isGrowing = (claim: PersistentVolumeClaim) => {
      const [wanted, has] = [wants(claim), claim.status?.capacity?.storage as string | undefined];
      return claim.status?.phase === 'Bound' && wanted !== undefined && has !== undefined && compareQuantity(wanted, has) > 0;
    };
    claims.addHandler({updated: claim => void (isGrowing(claim) && queue.add(keyOf(claim)))});
    const reconcile = async (key: string) => {
      const claim = claims.get(key);
      const volume = claim?.spec?.volumeName ? volumes.get(claim.spec.volumeName) : undefined;
      if (!claim || !volume || !isGrowing(claim)) return;
      if (volume.metadata.annotations?.[PROVISIONED_BY] !== SIMULATED_PROVISIONER) {
        const target = {apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: claim.metadata};
        events.record(target, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC');
        return;
      }
      const storage = wants(claim)!;
      if (compareQuantity(storage, (volume.spec?.capacity?.storage as string) ?? '0') > 0) {
        await client.update(volumeType, {...volume, spec: {...volume.spec, capacity: {...volume.spec?.capacity, storage}}});
      }
      const capacity = {...claim.status?.capacity, storage};
      await client.update(claimType, {...claim, status: {...claim.status, capacity}}, {subresource: 'status'});
    };
    return [context.run(queue, reconcile)];
  },
};
