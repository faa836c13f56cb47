import type {Pod, Taint, Toleration} from '../server/api/kinds.generated.ts';
import {nodes as nodeType, pods as podType} from '../server/api/resource-types.generated.ts';
import {isApiError} from '../server/api/status.ts';
import type {ReconcileResult} from './runtime/controller.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';
import {toleratesTaint} from './scheduler/taints.ts';
import {markDisrupted} from './support/disruption.ts';
import {indexByNode, podsOn} from './support/node-pods.ts';

/** Deletes pods that do not tolerate their node's NoExecute taints, or not for longer (pkg/controller/tainteviction). */
export const taintEvictionController: ControllerDefinition = {
  name: 'taint-eviction-controller',
  alias: 'taint-eviction',
  serviceAccount: 'node-controller',
  component: 'taint-eviction-controller',
  start(context) {
    const {client, clock, events} = context;
    const nodes = context.informer(nodeType);
    const pods = context.informer(podType);
    const queue = context.queue();
    // Since when a pod is under the taints that evict it.
    const since = new Map<string, number>();
    indexByNode(pods);

    const onNode = (name: string) => {
      for (const pod of podsOn(pods, name)) queue.add(keyOf(pod));
    };
    nodes.addHandler({
      added: ({metadata, spec}) => void (noExecute(spec?.taints).length > 0 && onNode(metadata.name!)),
      updated(node, old) {
        const [now, before] = [noExecute(node.spec?.taints), noExecute(old.spec?.taints)];
        if (now.map(taintKey).join() !== before.map(taintKey).join()) onNode(node.metadata.name!);
      },
    });
    pods.addHandler({
      added: pod => void (pod.spec?.nodeName && queue.add(keyOf(pod))),
      updated(pod, old) {
        if (pod.spec?.nodeName !== old.spec?.nodeName || pod.spec?.tolerations !== old.spec?.tolerations) queue.add(keyOf(pod));
      },
      deleted: pod => void since.delete(keyOf(pod)),
    });

    const evict = async (pod: Pod) => {
      const {namespace, name} = pod.metadata;
      const target = {apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata};
      events.record(target, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
      const disruption = {reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint'};
      try {
        await markDisrupted(client, pod, disruption, clock.now());
        await client.delete(podType, {namespace, name: name!}, {preconditions: {uid: pod.metadata.uid}});
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    };

    const reconcile = async (key: string): Promise<ReconcileResult | undefined> => {
      const pod = pods.get(key);
      if (!pod?.spec?.nodeName || pod.metadata.deletionTimestamp) return;
      const taints = noExecute(nodes.get(pod.spec.nodeName)?.spec?.taints);
      const seconds = toleratedSeconds(taints, pod.spec.tolerations ?? []);
      if (seconds === Number.POSITIVE_INFINITY) {
        if (since.delete(key))
          events.record(
            {apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata},
            'Normal',
            'TaintManagerEviction',
            `Cancelling deletion of Pod ${key}`,
          );
        return;
      }
      const start = since.get(key) ?? clock.now();
      const left = start + seconds * 1000 - clock.now();
      if (seconds > 0) since.set(key, start);
      if (left > 0) return {requeueAfter: left};
      await evict(pod);
    };
    return [context.run(queue, reconcile, {workers: 8})];
  },
};

const noExecute = (taints: readonly Taint[] = []): Taint[] => taints.filter(({effect}) => effect === 'NoExecute');
const taintKey = ({key, value = ''}: Taint): string => `${key}=${value}`;

/** How long all these taints are tolerated together; infinite if for ever, 0 if one is not (GetMatchingTolerations, getMinTolerationTime). */
export function toleratedSeconds(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const matching = tolerations.filter(toleration => toleratesTaint([toleration], taint));
    if (matching.length === 0) return 0;
    for (const {tolerationSeconds} of matching)
      if (tolerationSeconds !== undefined) least = Math.min(least, Math.max(0, tolerationSeconds));
  }
  return least;
}
