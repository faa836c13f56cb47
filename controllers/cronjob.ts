import type {CronJob, Job, ObjectReference} from '../server/api/kinds.generated.ts';
import {cronJobs as cronJobType, jobs as jobType} from '../server/api/resource-types.generated.ts';
import {ignoreNotFound, isApiError} from '../server/api/status.ts';
import {formatTime, parseTime} from '../server/api/time.ts';
import type {Schedule} from './cronjob-schedule.ts';
import {findDue, formatInZone, isTimeZone, parseSchedule} from './cronjob-schedule.ts';
import {conditionOf, isFinished} from './job-plan.ts';
import {isNamespaceTerminating, messageOf} from './replicaset.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {controlledBy, controllerOf, controllerReference, indexByController} from './support/owners.ts';

/** Makes Jobs by schedule (pkg/controller/cronjob/cronjob_controllerv2.go). */
export const cronJobController: ControllerDefinition = {name: 'cronjob-controller', alias: 'cronjob', start};

const TIMESTAMP = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** Looks a little after the time, so that it has passed. */
const DELTA = 100;

/** The CronJob as this reconcile leaves it. */
interface Sync {
  cronJob: CronJob;
  active: ObjectReference[];
  changed: boolean;
}

function start(context: ControllerContext): Running[] {
  const {client, clock, events} = context;
  const cronJobs = context.informer(cronJobType);
  const jobs = context.informer(jobType);
  const queue = context.queue();
  const ownWrites = createOwnWrites();
  indexByController(jobs);
  const enqueue = (cronJob: CronJob) => queue.add(keyOf(cronJob));
  cronJobs.addHandler({added: enqueue, updated: enqueue, deleted: enqueue});
  const ofJob = (job: Job) => {
    const reference = controllerOf(job);
    if (reference?.kind === 'CronJob') queue.add(objectKey(job.metadata.namespace, reference.name));
  };
  jobs.addHandler({added: ofJob, updated: ofJob, deleted: ofJob});

  return [context.run(queue, reconcile)];

  async function reconcile(key: string): Promise<ReconcileResult | undefined> {
    await ownWrites.shown(key);
    const cronJob = cronJobs.get(key);
    if (!cronJob) return;
    const own = controlledBy(jobs, cronJob);
    const sync: Sync = {cronJob, active: [...(cronJob.status?.active ?? [])], changed: false};
    await reviewJobs(sync, own);
    const next = cronJob.metadata.deletionTimestamp ? undefined : await schedule(key, sync);
    await cleanUp(sync, own);
    if (sync.changed) await write(key, sync);
    return next === undefined ? undefined : {requeueAfter: Math.max(0, next - clock.now()) + DELTA};
  }

  /** Takes finished and missing Jobs off the active list. */
  async function reviewJobs(sync: Sync, own: readonly Job[]): Promise<void> {
    for (const job of own) {
      const isActive = sync.active.some(({uid}) => uid === job.metadata.uid);
      if (!isActive && !isFinished(job)) {
        tell(sync, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`);
      } else if (isActive && isFinished(job)) {
        const condition = conditionOf(job, 'Complete') ? 'Complete' : 'Failed';
        forget(sync, job.metadata.uid);
        tell(sync, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${condition}`);
      }
      const {completionTime} = job.status ?? {};
      if (!conditionOf(job, 'Complete') || !completionTime) continue;
      const {lastSuccessfulTime} = sync.cronJob.status ?? {};
      if (lastSuccessfulTime && parseTime(lastSuccessfulTime) >= parseTime(completionTime)) continue;
      setStatus(sync, {lastSuccessfulTime: completionTime});
    }
    for (const {name, uid} of [...sync.active]) {
      if (own.some(({metadata}) => metadata.uid === uid)) continue;
      const {namespace} = sync.cronJob.metadata;
      const live = await client.get(jobType, {namespace, name: name!}).catch(ignoreNotFound);
      if (live) continue;
      tell(sync, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
      forget(sync, uid);
    }
  }

  /** Starts what is due; tells when to look again. */
  async function schedule(key: string, sync: Sync): Promise<number | undefined> {
    const {cronJob} = sync;
    const {spec, status} = cronJob;
    const {timeZone} = spec;
    if (timeZone !== undefined && !isTimeZone(timeZone)) {
      tell(sync, 'Warning', 'UnknownTimeZone', `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`);
      return;
    }
    if (spec.suspend) return;
    let times: Schedule;
    try {
      times = parseSchedule(spec);
    } catch (error) {
      tell(sync, 'Warning', 'UnparseableSchedule', `unparseable schedule: "${spec.schedule}" : ${messageOf(error)}`);
      return;
    }
    const now = clock.now();
    const {time, tooMany, next} = findDue(cronJob, times, now);
    if (tooMany) {
      const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      tell(sync, 'Warning', 'TooManyMissedTimes', message);
    }
    if (time === undefined) return next;
    if (spec.startingDeadlineSeconds !== undefined && time + spec.startingDeadlineSeconds * 1000 < now) {
      tell(sync, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc1123(time)}`);
      return next;
    }
    const name = `${cronJob.metadata.name}-${Math.floor(time / 60_000)}`;
    if (sync.active.some(active => active.name === name) || (status?.lastScheduleTime && parseTime(status.lastScheduleTime) === time))
      return next;
    if (spec.concurrencyPolicy === 'Forbid' && sync.active.length > 0) {
      tell(sync, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
      return next;
    }
    if (spec.concurrencyPolicy === 'Replace') for (const {name: old, uid} of [...sync.active]) await removeJob(sync, old!, uid);
    await createJob(key, sync, name, time);
    return next;
  }

  async function createJob(key: string, sync: Sync, name: string, time: number): Promise<void> {
    const {cronJob} = sync;
    const {namespace} = cronJob.metadata;
    const {metadata, spec} = cronJob.spec.jobTemplate;
    const wanted: Job = {
      metadata: {
        name,
        namespace,
        ...(metadata?.labels && {labels: metadata.labels}),
        annotations: {...metadata?.annotations, [TIMESTAMP]: formatInZone(time, cronJob.spec.timeZone)},
        ownerReferences: [controllerReference(cronJobType as never, cronJob)],
      },
      spec: spec!,
    };
    let job: Job;
    try {
      job = await client.create(jobType, wanted);
      tell(sync, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!isApiError(error, 'AlreadyExists')) {
        tell(sync, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
        throw error;
      }
      // Made by an earlier reconcile whose status was not written.
      job = await client.get(jobType, {namespace, name});
      if (controllerOf(job)?.uid !== cronJob.metadata.uid) throw error;
    }
    ownWrites.wrote(key, jobs, job);
    const {uid, resourceVersion} = job.metadata;
    if (!isFinished(job)) sync.active.push({apiVersion: 'batch/v1', kind: 'Job', name, namespace, uid, resourceVersion});
    setStatus(sync, {lastScheduleTime: formatTime(time)});
  }

  /** Finished Jobs beyond the history limits go, the oldest first. */
  async function cleanUp(sync: Sync, own: readonly Job[]): Promise<void> {
    const {successfulJobsHistoryLimit, failedJobsHistoryLimit} = sync.cronJob.spec;
    const limits = [
      {limit: successfulJobsHistoryLimit, finished: own.filter(job => conditionOf(job, 'Complete'))},
      {limit: failedJobsHistoryLimit, finished: own.filter(job => conditionOf(job, 'Failed'))},
    ];
    for (const {limit, finished} of limits) {
      if (limit === undefined) continue;
      const oldest = finished.filter(({metadata}) => !metadata.deletionTimestamp).sort(byStart);
      for (const {metadata} of oldest.slice(0, Math.max(0, oldest.length - limit))) await removeJob(sync, metadata.name!, metadata.uid);
    }
  }

  async function removeJob(sync: Sync, name: string, uid: string | undefined): Promise<void> {
    const {namespace} = sync.cronJob.metadata;
    try {
      await client.delete(jobType, {namespace, name}, {propagationPolicy: 'Background'});
    } catch (error) {
      if (isApiError(error, 'NotFound')) return;
      tell(sync, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
      throw error;
    }
    if (sync.active.some(active => active.uid === uid)) forget(sync, uid);
    tell(sync, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  }

  async function write(key: string, {cronJob, active}: Sync): Promise<void> {
    const {active: _before, ...rest} = cronJob.status ?? {};
    const status = {...rest, ...(active.length > 0 && {active})};
    ownWrites.wrote(key, cronJobs, await client.update(cronJobType, {...cronJob, status}, {subresource: 'status'}));
  }

  function tell({cronJob}: Sync, type: 'Normal' | 'Warning', reason: string, message: string): void {
    events.record({apiVersion: 'batch/v1', kind: 'CronJob', metadata: cronJob.metadata}, type, reason, message);
  }
}

function forget(sync: Sync, uid: string | undefined): void {
  sync.active = sync.active.filter(active => active.uid !== uid);
  sync.changed = true;
}

function setStatus(sync: Sync, more: CronJob['status']): void {
  sync.cronJob = {...sync.cronJob, status: {...sync.cronJob.status, ...more}};
  sync.changed = true;
}

const byStart = (a: Job, b: Job): number => {
  const [left, right] = [a.status?.startTime ?? '', b.status?.startTime ?? ''];
  return left === right ? (a.metadata.name! < b.metadata.name! ? -1 : 1) : left < right ? -1 : 1;
};

const rfc1123 = (time: number): string => new Date(time).toUTCString().replace('GMT', '+0000');
