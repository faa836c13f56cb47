import type {ApiClient} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import type {JsonObject} from '../../server/api/json.ts';
import type {Pod, PodCondition} from '../../server/api/kinds.generated.ts';
import {pods} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import {formatTime} from '../../server/api/time.ts';

/** Writes what the scheduler says in pods' status, for each pod in order. */
export interface StatusWriter {
  /** PodScheduled=False. `nominated`: the node that is being cleared for the pod, '' for none; left out: as it is. */
  unschedulable(pod: Pod, reason: string, message: string, nominated?: string): void;
  /** Marks a victim and deletes it; `then` runs when that is done. */
  preempt(victim: Pod, message: string, then: () => void): void;
  /** When the writes to this pod are done. */
  settled(uid: string): Promise<void>;
  idle(): boolean;
}

export function createStatusWriter(client: ApiClient, clock: Clock, report: (key: string, error: unknown) => void): StatusWriter {
  const writing = new Map<string, Promise<void>>();

  const enqueue = (pod: Pod, write: () => Promise<unknown>) => {
    const uid = pod.metadata.uid!;
    const run = (writing.get(uid) ?? Promise.resolve()).then(write).then(
      () => {},
      error => {
        if (!isApiError(error, 'NotFound', 'Conflict')) report(`${pod.metadata.namespace}/${pod.metadata.name}`, error);
      },
    );
    writing.set(uid, run);
    void run.then(() => {
      if (writing.get(uid) === run) writing.delete(uid);
    });
  };

  const patchStatus = ({metadata: {namespace, name, uid}}: Pod, status: JsonObject) =>
    client.patch(pods, {namespace, name: name!}, {type: 'strategic', patch: {metadata: {uid}, status}}, {subresource: 'status'});

  const condition = (pod: Pod, wanted: PodCondition): PodCondition | undefined => {
    const known = pod.status?.conditions?.find(({type}) => type === wanted.type);
    const same = known?.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message;
    if (same) return undefined;
    const lastTransitionTime = known?.status === wanted.status ? known.lastTransitionTime : formatTime(clock.now());
    return {...wanted, lastTransitionTime, observedGeneration: pod.metadata.generation};
  };

  return {
    unschedulable(pod, reason, message, nominated) {
      const changed = condition(pod, {type: 'PodScheduled', status: 'False', reason, message});
      const renominated = nominated !== undefined && nominated !== (pod.status?.nominatedNodeName ?? '');
      if (!changed && !renominated) return;
      const status = {...(changed && {conditions: [changed]}), ...(renominated && {nominatedNodeName: nominated || null})};
      enqueue(pod, () => patchStatus(pod, status as JsonObject));
    },
    preempt(victim, message, then) {
      const disrupted = {type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message};
      const {namespace, name, uid} = victim.metadata;
      enqueue(victim, async () => {
        const changed = condition(victim, disrupted);
        if (changed) await patchStatus(victim, {conditions: [changed]} as JsonObject);
        await client.delete(pods, {namespace, name: name!}, {preconditions: {uid}});
        then();
      });
    },
    settled: uid => writing.get(uid) ?? Promise.resolve(),
    idle: () => writing.size === 0,
  };
}
