import type {Pod} from '../server/api/kinds.generated.ts';
import {nodes as nodeType, pods as podType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import type {Disruption} from './support/disruption.ts';
import {markDisrupted} from './support/disruption.ts';
import {isPodFinished} from './support/pods.ts';

const PERIOD = 20_000;
/** A node may be missing from the cache for so long before its pods go. */
const QUARANTINE = 40_000;
const FINISHED_LIMIT = 12_500;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Removes pods that nobody else will: of lost nodes, deleted before they were scheduled, finished ones beyond a limit (pkg/controller/podgc). */
export const podGCController: ControllerDefinition = {
  name: 'pod-garbage-collector-controller',
  alias: 'podgc',
  serviceAccount: 'pod-garbage-collector',
  start(context) {
    const {client, clock} = context;
    const nodes = context.informer(nodeType);
    const pods = context.informer(podType);
    const missingSince = new Map<string, number>();

    const fail = async (pod: Pod, disruption: Disruption | undefined) => {
      if (disruption) return markDisrupted(client, pod, {...disruption, phase: 'Failed'}, clock.now());
      const {namespace, name, uid} = pod.metadata;
      const patch = {metadata: {uid}, status: {phase: 'Failed'}};
      await client.patch(podType, {namespace, name: name!}, {type: 'strategic', patch}, {subresource: 'status'});
    };

    const remove = async (pod: Pod, disruption?: Disruption) => {
      const {namespace, name, uid} = pod.metadata;
      try {
        // No kubelet will say it: a pod that finalizers hold would never end.
        if (!isPodFinished(pod)) await fail(pod, disruption);
        await client.delete(podType, {namespace, name: name!}, {gracePeriodSeconds: 0, preconditions: {uid}});
      } catch (error) {
        if (!isApiError(error, 'NotFound')) context.report(`${namespace}/${name}`, error);
      }
    };

    /** Nodes that pods name, that do not exist, and have not for a while. */
    const lostNodes = async (all: readonly Pod[]): Promise<Set<string>> => {
      const named = new Set(all.map(({spec}) => spec?.nodeName ?? '').filter(name => name !== '' && !nodes.get(name)));
      for (const name of missingSince.keys()) if (!named.has(name)) missingSince.delete(name);
      const lost = new Set<string>();
      for (const name of named) {
        const since = missingSince.get(name) ?? clock.now();
        missingSince.set(name, since);
        if (clock.now() - since < QUARANTINE) continue;
        const exists = await client.get(nodeType, {name}).then(
          () => true,
          error => !isApiError(error, 'NotFound'),
        );
        if (!exists) lost.add(name);
      }
      return lost;
    };

    const collect = async () => {
      const all = pods.list();
      const surplus = all.filter(isPodFinished).sort(evictedFirst);
      for (const pod of surplus.slice(0, Math.max(0, surplus.length - FINISHED_LIMIT))) await remove(pod);
      for (const pod of all) {
        const node = nodes.get(pod.spec?.nodeName ?? '');
        const isOutOfService = node?.spec?.taints?.some(({key}) => key === OUT_OF_SERVICE);
        const isDown = node?.status?.conditions?.some(({type, status}) => type === 'Ready' && status !== 'True');
        if (pod.metadata.deletionTimestamp && isOutOfService && isDown) await remove(pod);
      }
      const lost = await lostNodes(all);
      for (const pod of all) {
        if (lost.has(pod.spec?.nodeName ?? '')) await remove(pod, {reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists'});
      }
      for (const pod of all) if (pod.metadata.deletionTimestamp && !pod.spec?.nodeName) await remove(pod);
    };
    return [context.every(PERIOD, collect)];
  },
};

/** Of finished pods the evicted ones go first, then the older. */
const evictedFirst = (a: Pod, b: Pod): number =>
  Number(isEvicted(b)) - Number(isEvicted(a)) || ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1);

const isEvicted = ({status}: Pod): boolean => status?.reason === 'Evicted';
