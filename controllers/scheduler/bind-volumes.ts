import type {ApiClient} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {PersistentVolumeClaim, Pod} from '../../server/api/kinds.generated.ts';
import {persistentVolumeClaims, persistentVolumes} from '../../server/api/resource-types.generated.ts';
import type {Informers} from '../runtime/informers.ts';
import {isBound, placeClaim, podClaims, SELECTED_NODE} from './claims.ts';
import type {Lookup, NodeInfo} from './framework.ts';

const BIND_TIMEOUT = 600_000;

export interface VolumeBinderOptions {
  client: ApiClient;
  clock: Clock;
  informers: Informers;
  lookup: Lookup;
}

/**
 * Sees to it that the claims of a pod which waited for their first consumer are bound for this node, and waits until they are
 * (VolumeBinding's PreBind). Throws when a claim can no longer be bound there or is not in time.
 */
export async function bindVolumes(pod: Pod, node: NodeInfo, {client, clock, informers, lookup}: VolumeBinderOptions): Promise<void> {
  const namespace = pod.metadata.namespace!;
  const waiting = unboundClaims(pod, lookup);
  const taken = new Set<string>();
  for (const claim of waiting) {
    const place = placeClaim(claim, node, lookup, taken);
    if (!place || place === 'full') throw new Error(`claim ${claim.metadata.name} cannot be bound on ${node.name}`);
    if (place === 'provision') {
      const patch = {metadata: {annotations: {[SELECTED_NODE]: node.name}}};
      await client.patch(persistentVolumeClaims, {namespace, name: claim.metadata.name!}, {type: 'merge', patch});
      continue;
    }
    const {volume} = place;
    taken.add(volume.metadata.name!);
    const {name, uid, resourceVersion} = claim.metadata;
    await client.update(persistentVolumes, {
      ...volume,
      metadata: {...volume.metadata, annotations: {...volume.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes'}},
      spec: {...volume.spec, claimRef: {apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion}},
    });
  }
  for (const claim of waiting) await whenBound(`${namespace}/${claim.metadata.name}`, clock, informers);
}

/** Whether binding the pod has to wait for its claims. */
export const waitsForVolumes = (pod: Pod, lookup: Lookup): boolean => unboundClaims(pod, lookup).length > 0;

const unboundClaims = (pod: Pod, lookup: Lookup): PersistentVolumeClaim[] =>
  podClaims(pod)
    .map(({name}) => lookup.claim(pod.metadata.namespace!, name))
    .filter(claim => claim !== undefined && !isBound(claim)) as PersistentVolumeClaim[];

function whenBound(key: string, clock: Clock, informers: Informers): Promise<void> {
  const informer = informers.for(persistentVolumeClaims);
  return new Promise((resolve, reject) => {
    let off = () => {};
    const finish = (end: () => void) => {
      timer.cancel();
      queueMicrotask(() => off());
      end();
    };
    const timer = clock.after(BIND_TIMEOUT, 'upkeep', () => finish(() => reject(new Error(`claim ${key} was not bound in time`))));
    const check = (claim: PersistentVolumeClaim) => {
      if (`${claim.metadata.namespace}/${claim.metadata.name}` === key && isBound(claim)) finish(resolve);
    };
    off = informer.addHandler({
      added: check,
      updated: check,
      deleted: claim => {
        if (`${claim.metadata.namespace}/${claim.metadata.name}` === key) finish(() => reject(new Error(`claim ${key} is gone`)));
      },
    });
  });
}
