import type {Pod, ResourceResourceClaim} from '../server/api/kinds.generated.ts';
import {resourceClaims as claimType, pods as podType, resourceSlices as sliceType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {markDisrupted} from './support/disruption.ts';

interface DeviceTaint {
  key: string;
  value?: string;
  effect: string;
}

/** Deletes pods whose devices carry a NoExecute taint that their claim does not tolerate (pkg/controller/devicetainteviction). */
export const deviceTaintEvictionController: ControllerDefinition = {
  name: 'device-taint-eviction-controller',
  start(context) {
    const {client, clock, events} = context;
    const pods = context.informer(podType);
    const claims = context.informer(claimType);
    const slices = context.informer(sliceType);
    const queue = context.queue();
    const all = () => claims.list().forEach(claim => void queue.add(keyOf(claim)));
    slices.addHandler({added: all, updated: all});
    claims.addHandler({added: claim => queue.add(keyOf(claim)), updated: claim => queue.add(keyOf(claim))});

    const taintsOf = (driver: string, pool: string, device: string): DeviceTaint[] =>
      slices
        .list()
        .filter(({spec}) => spec.driver === driver && spec.pool.name === pool)
        .flatMap(({spec}) => (spec.devices ?? []).filter(({name}) => name === device))
        .flatMap(found => ((found as {taints?: DeviceTaint[]}).taints ?? []).filter(({effect}) => effect === 'NoExecute'));

    const isTainted = ({status}: ResourceResourceClaim): boolean =>
      (status?.allocation?.devices?.results ?? []).some(result => {
        const tolerations =
          (result as {tolerations?: {key?: string; operator?: string; value?: string; effect?: string}[]}).tolerations ?? [];
        const isTolerated = (taint: DeviceTaint) =>
          tolerations.some(({key, operator, value = '', effect}) => {
            if ((effect && effect !== taint.effect) || (key && key !== taint.key)) return false;
            return operator === 'Exists' || value === (taint.value ?? '');
          });
        return taintsOf(result.driver, result.pool, result.device).some(taint => !isTolerated(taint));
      });

    const evict = async (pod: Pod) => {
      const {namespace, name, uid} = pod.metadata;
      const target = {apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata};
      events.record(target, 'Normal', 'DeviceTaintManagerEviction', 'Marking for deletion');
      const disruption = {reason: 'DeletionByDeviceTaintManager', message: 'Device Taint manager: deleting due to NoExecute taint'};
      await markDisrupted(client, pod, disruption, clock.now());
      await client.delete(podType, {namespace, name: name!}, {preconditions: {uid}}).catch(error => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    };
    const reconcile = async (key: string) => {
      const claim = claims.get(key);
      if (!claim || !isTainted(claim)) return;
      for (const {resource, name, uid} of claim.status?.reservedFor ?? []) {
        const pod = resource === 'pods' ? pods.get(objectKey(claim.metadata.namespace, name)) : undefined;
        if (pod?.metadata.uid === uid && pod.spec?.nodeName && !pod.metadata.deletionTimestamp) await evict(pod);
      }
    };
    return [context.run(queue, reconcile)];
  },
};
