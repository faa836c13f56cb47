import equal from 'fast-deep-equal';
import type {Container, Job, JobStatus, Pod, PodSpec} from '../server/api/kinds.generated.ts';
import {jobs as jobType, pods as podType} from '../server/api/resource-types.generated.ts';
import {selectsLabels} from '../server/api/selectors.ts';
import {isApiError} from '../server/api/status.ts';
import {INDEX} from './job-indexes.ts';
import type {JobState, PodPlan, Verdict} from './job-plan.ts';
import {FINALIZER, failureCounts, isFinished, isIndexed, isTracked, judge, planPods, readJob, untilDeadline} from './job-plan.ts';
import type {Outcome} from './job-status.ts';
import {account, conclude, settle, suspension, withCondition} from './job-status.ts';
import {isNamespaceTerminating, messageOf} from './replicaset.ts';
import type {ReconcileResult, Running} from './runtime/controller.ts';
import type {ControllerContext, ControllerDefinition} from './runtime/definition.ts';
import {keyOf, objectKey} from './runtime/informer.ts';
import {createOwnWrites} from './runtime/own-writes.ts';
import {slowStartBatch} from './support/batch.ts';
import {claim, controlledBy, controllerOf, controllerReference, indexByController} from './support/owners.ts';
import {isPodReady} from './support/pods.ts';

export const jobController: ControllerDefinition = {name: 'job-controller', alias: 'job', start};

const OWN_NAME = 'kubernetes.io/job-controller';

function start(context: ControllerContext): Running[] {
  const {client, clock, events} = context;
  const jobs = context.informer(jobType);
  const pods = context.informer(podType);
  const queue = context.queue();
  const orphans = context.queue();
  const ownWrites = createOwnWrites();
  const failures = new Map<string, JobState['failures']>();
  indexByController(pods);
  watch();

  return [context.run(queue, reconcile), context.run(orphans, release)];

  async function reconcile(key: string): Promise<ReconcileResult | undefined> {
    await ownWrites.shown(key);
    const job = jobs.get(key);
    if (!job) return void failures.delete(key);
    if (!job.spec || isFinished(job) || (job.spec.managedBy !== undefined && job.spec.managedBy !== OWN_NAME)) return;
    const own = await claim({
      client,
      informer: pods,
      ownerType: jobType,
      owner: job,
      selects: pod => selectsLabels(job.spec!.selector, pod.metadata.labels),
      wrote: pod => ownWrites.wrote(key, pods, pod),
      finalizers: [FINALIZER],
    });
    const state = readJob(job, own, failures.get(key) ?? {count: 0, last: 0}, clock.now());
    const {plan, outcome, error} = await act(key, state);
    await write(key, state, outcome);
    failures.set(key, state.failures);
    if (error !== undefined) throw error;
    const waits = [plan?.wait, outcome.verdict ? undefined : untilDeadline(state)].filter(wait => wait !== undefined);
    return waits.length > 0 ? {requeueAfter: Math.max(1, Math.min(...waits))} : undefined;
  }

  /** Makes and deletes pods; tells what that leaves. */
  async function act(key: string, state: JobState): Promise<{plan?: PodPlan; outcome: Outcome; error?: unknown}> {
    const {job, active, ready, terminating, succeeded} = state;
    const verdict = judge(state);
    if (verdict) {
      const {removed, removedReady, error} = await removePods(key, job, active);
      return {outcome: {verdict, active: active.length - removed, ready: ready - removedReady, terminating: terminating + removed}, error};
    }
    if (job.metadata.deletionTimestamp) return {outcome: {verdict, active: active.length, ready, terminating}};
    const plan = planPods(state);
    // Pods that are too many are no failures: they are not tracked any more when they go.
    const {removed, removedReady, error: failedDelete} = await removePods(key, job, plan.delete, releasePod);
    const {made, error: failedCreate} = await makePods(key, state, plan);
    const left = active.length - removed + made;
    const counts = {active: left, ready: ready - removedReady, terminating: terminating + removed};
    const outcome = {...counts, ...(isNamespaceTerminating(failedCreate) && {replacesNone: true})};
    const {completions} = job.spec!;
    const isComplete = left === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions);
    const reached: Verdict = {
      type: 'SuccessCriteriaMet',
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    };
    const error = failedDelete ?? (isNamespaceTerminating(failedCreate) ? undefined : failedCreate);
    return {plan, outcome: {...outcome, verdict: isComplete ? reached : undefined}, error};
  }

  async function removePods(key: string, job: Job, doomed: readonly Pod[], before?: (key: string, pod: Pod) => Promise<void>) {
    const remove = async (pod: Pod) => {
      await before?.(key, pod);
      await removePod(key, job, pod);
    };
    const results = await Promise.allSettled(doomed.map(remove));
    const gone = doomed.filter((_, i) => results[i]!.status === 'fulfilled');
    const failed = results.find(result => result.status === 'rejected');
    return {removed: gone.length, removedReady: gone.filter(isPodReady).length, error: failed?.reason as unknown};
  }

  async function removePod(key: string, job: Job, pod: Pod): Promise<void> {
    const {namespace, name} = pod.metadata;
    try {
      const answer = await client.delete(podType, {namespace, name: name!});
      if (isPod(answer)) ownWrites.wrote(key, pods, answer);
      events.record(target(job), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return;
      events.record(target(job), 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw error;
    }
  }

  async function makePods(key: string, state: JobState, plan: PodPlan): Promise<{made: number; error?: unknown}> {
    const {job} = state;
    const {succeeded, error} = await slowStartBatch(plan.create, async i => {
      try {
        const pod = await client.create(podType, podOf(state, plan.indexes[i]));
        ownWrites.wrote(key, pods, pod);
        events.record(target(job), 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      } catch (failure) {
        if (!isNamespaceTerminating(failure))
          events.record(target(job), 'Warning', 'FailedCreate', `Error creating: ${messageOf(failure)}`);
        throw failure;
      }
    });
    return {made: succeeded, ...(error !== undefined && {error})};
  }

  /** The status first, then the pods' finalizers, then the numbers and the end. */
  async function write(key: string, state: JobState, outcome: Outcome): Promise<void> {
    const {verdict} = outcome;
    const {status, release: done} = account(state, outcome);
    const suspended = verdict ? undefined : suspension(state.job, clock.now());
    if (suspended) {
      status.conditions = withCondition(status.conditions, suspended);
      const isSuspension = suspended.status === 'True';
      events.record(target(state.job), 'Normal', isSuspension ? 'Suspended' : 'Resumed', suspended.message!);
    }
    let job = await writeStatus(key, state.job, status);
    await Promise.all(done.map(pod => releasePod(key, pod)));
    const gone = new Set(done.map(({metadata}) => metadata.uid!));
    const tracked = new Set(state.pods.filter(pod => isTracked(pod) && !gone.has(pod.metadata.uid!)).map(({metadata}) => metadata.uid!));
    const settled = settle(job.status ?? {}, tracked);
    const final = verdict && conclude(settled, verdict, clock.now());
    job = await writeStatus(key, job, final ?? settled);
    if (final) tellEnd(job, verdict!);
  }

  async function writeStatus(key: string, job: Job, status: JobStatus): Promise<Job> {
    if (equal(normal(job.status), normal(status))) return job;
    const written = await client.update(jobType, {...job, status}, {subresource: 'status'});
    ownWrites.wrote(key, jobs, written);
    return written;
  }

  function tellEnd(job: Job, {type, reason, message}: Verdict): void {
    if (type === 'FailureTarget') {
      events.record(target(job), 'Warning', reason, message);
      return;
    }
    const {completions} = job.spec!;
    if (completions !== undefined && (job.status?.succeeded ?? 0) > completions) {
      events.record(target(job), 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached');
    }
    events.record(target(job), 'Normal', 'Completed', 'Job completed');
  }

  async function releasePod(key: string, pod: Pod): Promise<void> {
    const released = isTracked(pod) ? await removeFinalizer(pod) : undefined;
    if (released) ownWrites.wrote(key, pods, released);
  }

  async function removeFinalizer({metadata}: Pod): Promise<Pod | undefined> {
    const {namespace, name, uid} = metadata;
    const patch = {metadata: {uid, '$deleteFromPrimitiveList/finalizers': [FINALIZER]}};
    return client.patch(podType, {namespace, name: name!}, {type: 'strategic', patch}).catch(error => {
      if (isApiError(error, 'NotFound', 'Conflict', 'Invalid')) return undefined;
      throw error;
    });
  }

  /** Pods whose Job is gone or finished need not be tracked any more. */
  async function release(key: string): Promise<void> {
    const pod = pods.get(key);
    if (pod && isTracked(pod) && isReleasable(pod)) await removeFinalizer(pod);
  }

  function isReleasable(pod: Pod): boolean {
    const reference = controllerOf(pod);
    if (!reference) return !jobs.list(pod.metadata.namespace).some(({spec}) => selectsLabels(spec?.selector, pod.metadata.labels));
    if (reference.kind !== 'Job') return false;
    const job = jobs.get(objectKey(pod.metadata.namespace, reference.name));
    return !job || job.metadata.uid !== reference.uid || isFinished(job);
  }

  function watch(): void {
    const enqueue = (job: Job) => queue.add(keyOf(job));
    jobs.addHandler({
      added: enqueue,
      updated: enqueue,
      deleted(job) {
        enqueue(job);
        for (const pod of controlledBy(pods, job)) orphans.add(keyOf(pod));
      },
    });
    const changed = (pod: Pod) => {
      const reference = controllerOf(pod);
      if (reference?.kind === 'Job') queue.add(objectKey(pod.metadata.namespace, reference.name));
      else if (!reference)
        for (const job of jobs.list(pod.metadata.namespace)) if (selectsLabels(job.spec?.selector, pod.metadata.labels)) enqueue(job);
      if (isTracked(pod)) orphans.add(keyOf(pod));
    };
    pods.addHandler({
      added: changed,
      updated(pod, old) {
        if (controllerOf(old)?.uid !== controllerOf(pod)?.uid) changed(old);
        changed(pod);
      },
      deleted: changed,
    });
  }
}

const target = ({metadata}: Job) => ({apiVersion: 'batch/v1', kind: 'Job', metadata});

const isPod = (answer: unknown): answer is Pod => (answer as Pod).metadata?.uid !== undefined;

/** Counts that are 0 are left out. */
const normal = ({active, succeeded, failed, ...rest}: JobStatus = {}): object => ({
  ...rest,
  ...(active && {active}),
  ...(succeeded && {succeeded}),
  ...(failed && {failed}),
});

const INDEX_VARIABLE = {
  name: 'JOB_COMPLETION_INDEX',
  valueFrom: {fieldRef: {fieldPath: `metadata.labels['${INDEX}']`}},
};

function podOf(state: JobState, index: number | undefined): Pod {
  const {job} = state;
  const {metadata = {}, spec} = job.spec!.template;
  const {namespace, name} = job.metadata;
  const common = {
    namespace,
    finalizers: [...(metadata.finalizers ?? []).filter(finalizer => finalizer !== FINALIZER), FINALIZER],
    ownerReferences: [controllerReference(jobType as never, job)],
  };
  if (!isIndexed(job) || index === undefined) {
    const annotations = metadata.annotations && {annotations: metadata.annotations};
    return {metadata: {...common, generateName: `${name}-`, labels: metadata.labels, ...annotations}, spec: spec!};
  }
  return {
    metadata: {
      ...common,
      generateName: `${name}-${index}-`,
      labels: {...metadata.labels, [INDEX]: String(index)},
      annotations: {...metadata.annotations, [INDEX]: String(index), ...failureCounts(state, index)},
    },
    spec: indexedSpec(spec!, `${name}-${index}`),
  };
}

function indexedSpec(spec: PodSpec, hostname: string): PodSpec {
  const withIndex = (container: Container): Container =>
    container.env?.some(({name}) => name === INDEX_VARIABLE.name)
      ? container
      : {...container, env: [...(container.env ?? []), INDEX_VARIABLE]};
  return {
    ...spec,
    hostname,
    containers: spec.containers.map(withIndex),
    ...(spec.initContainers && {initContainers: spec.initContainers.map(withIndex)}),
  };
}
