import type {Pod} from '../server/api/kinds.generated.ts';
import {pods as podType} from '../server/api/resource-types.generated.ts';
import {ignoreNotFound} from '../server/api/status.ts';
import {formatTime, parseTime} from '../server/api/time.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext} from './runtime/definition.ts';
import {keyOf} from './runtime/informer.ts';
import {isPodFinished, podCondition} from './support/pods.ts';

/** A pod that was to be disrupted and then was not deleted is not disrupted after so long. */
const TIMEOUT = 120_000;

/** Takes DisruptionTarget back from pods that nobody deleted (pkg/controller/disruption, syncStalePodDisruption). */
export function watchStaleDisruptions(context: ControllerContext): Running {
  const {client, clock} = context;
  const pods = context.informer(podType);
  const queue = context.queue();
  const changed = (pod: Pod) => {
    if (disruptedSince(pod) !== undefined) queue.add(keyOf(pod));
  };
  pods.addHandler({added: changed, updated: changed});

  const reconcile = async (key: string): Promise<ReconcileResult | undefined> => {
    const pod = pods.get(key);
    const since = pod && disruptedSince(pod);
    if (since === undefined) return;
    const left = since + TIMEOUT - clock.now();
    if (left > 0) return {requeueAfter: left};
    const condition = {type: 'DisruptionTarget', status: 'False', lastTransitionTime: formatTime(clock.now())};
    const conditions = pod!.status!.conditions!.map(each => (each.type === condition.type ? condition : each));
    await client.update(podType, {...pod!, status: {...pod!.status, conditions}}, {subresource: 'status'}).catch(ignoreNotFound);
  };
  return context.run(queue, reconcile, {name: 'stale-disruption', workers: 1});
}

/** In milliseconds since the epoch; what the kubelet said stays for as long as it likes. */
function disruptedSince(pod: Pod): number | undefined {
  const condition = podCondition(pod, 'DisruptionTarget');
  if (condition?.status !== 'True' || condition.reason === 'TerminationByKubelet') return undefined;
  if (pod.metadata.deletionTimestamp || isPodFinished(pod) || !condition.lastTransitionTime) return undefined;
  return parseTime(condition.lastTransitionTime);
}
