import type {Container} from '../../server/api/kinds.generated.ts';
import type {Random} from '../../server/api/random.ts';
import {planExit} from './exit-plan.ts';
import type {TellEvent} from './image-pull.ts';
import {FIRST_BACKOFF, failPull, LAST_BACKOFF, tellPulled} from './image-pull.ts';
import type {ContainerRecord, PodRecord, Termination} from './pod-record.ts';
import {isRunning, isTerminal, newContainerID, updateContainers} from './pod-record.ts';
import {isInitialized} from './pod-status.ts';
import {probeTimes} from './probes.ts';
import {resourcesOf} from './resize.ts';
import {restarts} from './restart-policy.ts';
import type {Run} from './run.ts';

/** How long the steps of a pod take, in milliseconds; a profile says it. */
export interface Timing {
  /** An image that is not on the node, and one that is to be pulled every time. */
  pull: number;
  /** From the image to the running container. */
  start: number;
  /** A container that is told to stop. */
  stop: number;
  /** A container of a Job's pod whose command says nothing. */
  job: number;
  /** Whether probes wait as they say, before they pass. */
  probes: boolean;
}

export interface AdvanceOptions {
  now: number;
  timing: Timing;
  random: Random;
  /** What the container's command does. */
  interpret(container: ContainerRecord): Run | undefined;
  /** Why the container cannot be created: a missing ConfigMap, Secret or key. */
  missing?(container: ContainerRecord): string | undefined;
  /** The node needs the pod's room, and why. */
  evicted?: string;
  /** A volume cannot be mounted: no container is created. */
  blocked?: boolean;
  pullFails(image: string): boolean;
  /** Whether the image is on the node already; it is from then on. */
  present(image: string): boolean;
  event: TellEvent;
}

/** A container that ran this long begins again with the first backoff. */
const BACKOFF_RESET = 600_000;

/**
 * Takes a pod as far as it gets at this time, the way a kubelet's pod worker does: init containers in order, then all others; what
 * ended is started again as the restart policy says. Gives the time of the next step, if there is one.
 */
export function advance(record: PodRecord, options: AdvanceOptions): number | undefined {
  if (isTerminal(record)) return undefined;
  const {now} = options;
  const {spec} = record.pod;
  record.startTime ??= now;
  updateContainers(record);
  if (options.evicted !== undefined) {
    fail(record, options, 'Evicted', options.evicted);
    return undefined;
  }
  const deadline = spec.activeDeadlineSeconds === undefined ? undefined : record.startTime + spec.activeDeadlineSeconds * 1000;
  if (deadline !== undefined && deadline <= now) {
    fail(record, options, 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');
    return undefined;
  }
  for (const container of record.containers) step(container, record, options);
  record.phase = phaseOf(record);
  if (isTerminal(record)) stopSidecars(record, options);
  const due = record.containers.map(container => nextStep(container, record, options)).filter(time => time !== undefined);
  if (deadline !== undefined && !isTerminal(record)) due.push(deadline);
  return due.length === 0 || isTerminal(record) ? undefined : Math.min(...due);
}

/** Tells every running container to stop; gives the time when they will have. */
export function stopContainers(record: PodRecord, options: AdvanceOptions): number {
  if (!record.stopping) {
    const running = record.containers.filter(isRunning);
    for (const container of running) options.event('Normal', 'Killing', `Stopping container ${container.name}`, container);
    const grace = (record.pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    const needed = Math.max(0, ...running.map(container => stopTime(container, options.timing)));
    record.stopping = {due: options.now + Math.min(needed, grace)};
  }
  return record.stopping.due;
}

/** A container first sleeps as its preStop hook says, where stopping takes time at all. */
const stopTime = ({spec}: ContainerRecord, {stop}: Timing): number =>
  stop > 0 ? stop + ((spec as Container).lifecycle?.preStop?.sleep?.seconds ?? 0) * 1000 : 0;

/** The last that a kubelet says of a pod: all has ended, and what never ran counts as failed (status_manager TerminatePod). */
export function endContainers(record: PodRecord, options: Pick<AdvanceOptions, 'now'>): void {
  if (isTerminal(record)) return;
  for (const container of record.containers) {
    terminate(container, STOPPED, options);
    if (container.state.type === 'waiting') container.state = {...LOST};
  }
  const main = record.containers.filter(({kind}) => kind === 'regular');
  record.phase = main.every(({state}) => state.type === 'terminated' && state.exitCode === 0) ? 'Succeeded' : 'Failed';
}

/** Ended by SIGTERM. */
const STOPPED = 143;

const LOST: Termination = {
  type: 'terminated',
  id: '',
  startedAt: 0,
  finishedAt: 0,
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
};

function step(container: ContainerRecord, record: PodRecord, options: AdvanceOptions): void {
  const {now} = options;
  // One call may see a container start, end and start again; each round brings it further in time or leaves it.
  for (let round = 0; round < 100; round++) {
    const {state} = container;
    if (state.type === 'running') {
      if (state.exitAt === undefined && container.run === undefined)
        planExit(container, record, options.interpret(container), options.timing.job);
      updateReadiness(container, record, options);
      const image = container.kind === 'regular' && container.startedImage !== undefined && container.startedImage !== container.spec.image;
      if (image) {
        options.event('Normal', 'Killing', `Container ${container.name} definition changed, will be restarted`, container);
        terminate(container, STOPPED, options);
        // What is another container now has not failed yet.
        container.backoff = 0;
        continue;
      }
      const {killedAt, killedBy} = probeTimes(container, record.pod, options.timing.probes);
      const endsAt = Math.min(state.exitAt ?? Number.POSITIVE_INFINITY, killedAt);
      if (endsAt > now) return;
      if (endsAt === killedAt) {
        const name = killedBy === 'liveness' ? 'Liveness' : 'Startup';
        options.event('Warning', 'Unhealthy', `${name} probe failed: made to fail by annotation`, container);
        options.event('Normal', 'Killing', `Container ${container.name} failed ${killedBy} probe, will be restarted`, container);
      }
      terminate(container, endsAt === killedAt ? 137 : state.exitCode!, {...options, now: endsAt});
    } else if (state.type === 'terminated') {
      if (!restarts(container, record) || !planRestart(container, state, record, options)) return;
    } else if (!startWaiting(container, record, options)) return;
  }
}

/** A waiting container's next step; false when there is nothing to do now. */
function startWaiting(container: ContainerRecord, record: PodRecord, options: AdvanceOptions): boolean {
  const {now, timing} = options;
  const state = container.state as Extract<ContainerRecord['state'], {type: 'waiting'}>;
  if (options.blocked || !mayStart(container, record)) {
    if (state.reason === '') container.state = {type: 'waiting', reason: hasInit(record) ? 'PodInitializing' : 'ContainerCreating'};
    return false;
  }
  if (state.until !== undefined && state.until > now) return false;
  const image = container.spec.image ?? '';
  if (options.pullFails(image)) {
    failPull(container, now, options.event);
    return false;
  }
  const missing = options.missing?.(container);
  if (missing !== undefined) {
    if (state.message !== missing) options.event('Warning', 'Failed', `Error: ${missing}`, container);
    container.state = {type: 'waiting', reason: 'CreateContainerConfigError', message: missing};
    return false;
  }
  if (state.until === undefined || container.imageFailures > 0) {
    const always = container.spec.imagePullPolicy === 'Always';
    const pulls = !options.present(image) || always;
    const wait = (pulls ? timing.pull : 0) + timing.start;
    if (pulls) options.event('Normal', 'Pulling', `Pulling image "${image}"`, container);
    container.imageFailures = 0;
    container.pulled = pulls ? timing.pull : undefined;
    container.state = {type: 'waiting', reason: hasInit(record) ? 'PodInitializing' : 'ContainerCreating', until: now + wait};
    return wait === 0;
  }
  start(container, record, {...options, now: state.until});
  return true;
}

function start(container: ContainerRecord, record: PodRecord, options: AdvanceOptions): void {
  const {now, random, event} = options;
  tellPulled(container, event);
  event('Normal', 'Created', 'Container created', container);
  event('Normal', 'Started', 'Container started', container);
  if (container.lastTermination) container.restartCount++;
  container.state = {type: 'running', id: newContainerID(random), startedAt: now};
  container.startedImage = container.spec.image ?? '';
  container.allocated = resourcesOf(container) ?? {};
  container.run = undefined;
  planExit(container, record, options.interpret(container), options.timing.job);
  updateReadiness(container, record, options);
}

/** Probes pass; with `timing.probes` after their initial delay. */
function updateReadiness(container: ContainerRecord, {pod}: PodRecord, {now, timing}: AdvanceOptions): void {
  const {startedAt, readyAt} = probeTimes(container, pod, timing.probes);
  container.started = startedAt <= now;
  container.ready = container.kind !== 'ephemeral' && container.kind !== 'init' && container.started && readyAt <= now;
}

function terminate(container: ContainerRecord, exitCode: number, {now}: Pick<AdvanceOptions, 'now'>): void {
  if (container.state.type !== 'running') return;
  const {id, startedAt} = container.state;
  const message = container.run?.terminationMessage;
  container.state = {
    type: 'terminated',
    id,
    startedAt,
    finishedAt: now,
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    ...(message !== undefined && {message}),
  };
  container.ended = {start: startedAt, end: now, ...(container.run && {run: container.run})};
  container.ready = container.kind === 'init' && exitCode === 0;
  container.started = false;
}

/** The first restart comes at once, every further one after a pause that doubles. */
function planRestart(container: ContainerRecord, ended: Termination, {pod}: PodRecord, options: AdvanceOptions): boolean {
  const {now, event} = options;
  const ran = ended.finishedAt - ended.startedAt;
  const pause = ran >= BACKOFF_RESET ? 0 : container.backoff;
  container.backoff = Math.min(Math.max(pause * 2, FIRST_BACKOFF), LAST_BACKOFF);
  container.lastTermination = ended;
  container.previous = container.ended ?? {start: ended.startedAt, end: ended.finishedAt};
  if (pause === 0) {
    container.state = {type: 'waiting', reason: 'ContainerCreating'};
    return true;
  }
  const {namespace, name, uid} = pod.metadata;
  const full = `${name}_${namespace}(${uid})`;
  event('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${full}`, container);
  const message = `back-off ${formatPause(pause)} restarting failed container=${container.name} pod=${full}`;
  container.state = {type: 'waiting', reason: 'CrashLoopBackOff', message, until: ended.finishedAt + pause};
  // The pause is over already if the kubelet was away meanwhile.
  return ended.finishedAt + pause <= now;
}

const hasInit = ({containers}: PodRecord): boolean => containers.some(container => container.kind === 'init' && !isInitialized(container));

/** Init containers and sidecars start one after the other, everything else when they are through. */
function mayStart(container: ContainerRecord, {containers}: PodRecord): boolean {
  const before =
    container.kind === 'init' || container.kind === 'sidecar' ? containers.slice(0, containers.indexOf(container)) : containers;
  return before.every(isInitialized);
}

function phaseOf(record: PodRecord): PodRecord['phase'] {
  const failedInit = record.containers.some(
    one => one.kind === 'init' && one.state.type === 'terminated' && one.state.exitCode !== 0 && !restarts(one, record),
  );
  if (failedInit) return 'Failed';
  if (!record.containers.every(isInitialized)) return 'Pending';
  const regular = record.containers.filter(({kind}) => kind === 'regular');
  if (regular.some(({state, lastTermination}) => state.type === 'waiting' && !lastTermination)) return 'Pending';
  if (regular.some(({state}) => state.type !== 'terminated') || regular.some(container => restarts(container, record))) return 'Running';
  return regular.every(({state}) => state.type === 'terminated' && state.exitCode === 0) ? 'Succeeded' : 'Failed';
}

function fail(record: PodRecord, options: AdvanceOptions, reason: string, message: string): void {
  for (const container of record.containers.filter(isRunning)) {
    options.event('Normal', 'Killing', `Stopping container ${container.name}`, container);
    terminate(container, 137, options);
  }
  options.event(reason === 'Evicted' ? 'Warning' : 'Normal', reason, message);
  Object.assign(record, {phase: 'Failed', reason, message});
}

const stopSidecars = ({containers}: PodRecord, options: AdvanceOptions): void => {
  for (const container of containers.filter(isRunning)) terminate(container, container.kind === 'sidecar' ? 0 : 137, options);
};

/** When something happens to the container next. */
function nextStep(container: ContainerRecord, {pod}: PodRecord, {now, timing}: AdvanceOptions): number | undefined {
  const {state} = container;
  if (state.type === 'waiting') return state.until;
  if (state.type !== 'running') return undefined;
  const {startedAt, readyAt, killedAt} = probeTimes(container, pod, timing.probes);
  const due = Math.min(...([state.exitAt, startedAt, readyAt, killedAt].filter(time => time !== undefined && time > now) as number[]));
  return Number.isFinite(due) ? due : undefined;
}

const formatPause = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
};
