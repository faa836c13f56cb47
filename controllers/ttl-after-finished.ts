import type {Job} from '../server/api/kinds.generated.ts';
import {jobs as jobType} from '../server/api/resource-types.generated.ts';
import {ignoreNotFound} from '../server/api/status.ts';
import {parseTime} from '../server/api/time.ts';
import {isFinished} from './job-plan.ts';
import type {ControllerDefinition} from './runtime/definition.ts';
import {keyOf, splitKey} from './runtime/informer.ts';

/** Deletes finished Jobs when their time is up (pkg/controller/ttlafterfinished). */
export const ttlAfterFinishedController: ControllerDefinition = {
  name: 'ttl-after-finished-controller',
  alias: 'ttl-after-finished',
  start(context) {
    const {client, clock} = context;
    const jobs = context.informer(jobType);
    const queue = context.queue();
    const changed = (job: Job) => {
      if (expiry(job) !== undefined) queue.add(keyOf(job));
    };
    jobs.addHandler({added: changed, updated: changed});
    const reconcile = async (key: string) => {
      const job = jobs.get(key);
      const end = job && expiry(job);
      if (end === undefined) return;
      if (end > clock.now()) return {requeueAfter: end - clock.now()};
      // The cache may be behind a longer time to live.
      const live = await client.get(jobType, splitKey(key)).catch(ignoreNotFound);
      if (!live || live.metadata.uid !== job!.metadata.uid || (expiry(live) ?? Number.POSITIVE_INFINITY) > clock.now()) return;
      const {uid, resourceVersion} = live.metadata;
      await client
        .delete(jobType, splitKey(key), {propagationPolicy: 'Foreground', preconditions: {uid, resourceVersion}})
        .catch(ignoreNotFound);
    };
    return [context.run(queue, reconcile)];
  },
};

/** When the Job is to be deleted, in milliseconds since the epoch; undefined: not at all. */
function expiry(job: Job): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  if (seconds === undefined || !isFinished(job) || job.metadata.deletionTimestamp) return undefined;
  const finished = job.status?.conditions?.find(({type, status}) => (type === 'Complete' || type === 'Failed') && status === 'True');
  return finished?.lastTransitionTime ? parseTime(finished.lastTransitionTime) + seconds * 1000 : undefined;
}
