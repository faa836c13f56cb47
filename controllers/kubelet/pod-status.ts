import type {Json, JsonObject} from '../../server/api/json.ts';
import type {
  ContainerState,
  ContainerStatus,
  PodCondition,
  PodStatus,
  VolumeMount,
  VolumeMountStatus,
} from '../../server/api/kinds.generated.ts';
import {formatTime} from '../../server/api/time.ts';
import type {ImageReference} from './images.ts';
import type {ContainerRecord, PodRecord, Termination} from './pod-record.ts';
import {allocatedResources} from './resize.ts';

export interface StatusOptions {
  now: number;
  hostIP?: string;
  /** Without what no container runtime tells: ids of containers and images, resources they run with, and whether there is a sandbox. */
  kwok?: boolean;
  image(name: string): ImageReference;
}

/** The status that a kubelet reports. */
export function podStatus(record: PodRecord, options: StatusOptions): PodStatus {
  const {pod, phase, reason, message, startTime, podIP} = record;
  const {hostIP} = options;
  const statuses = (kinds: readonly string[]) =>
    record.containers.filter(({kind}) => kinds.includes(kind)).map(container => containerStatus(container, options));
  const init = statuses(['init', 'sidecar']);
  const ephemeral = statuses(['ephemeral']);
  return {
    observedGeneration: pod.metadata.generation,
    phase,
    conditions: conditions(record, options),
    ...(message && {message}),
    ...(reason && {reason}),
    ...(hostIP && {hostIP, hostIPs: [{ip: hostIP}]}),
    ...(podIP && {podIP, podIPs: [{ip: podIP}]}),
    ...(startTime !== undefined && {startTime: formatTime(startTime)}),
    ...(init.length > 0 && {initContainerStatuses: init}),
    containerStatuses: statuses(['regular']).sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(ephemeral.length > 0 && {ephemeralContainerStatuses: ephemeral}),
  };
}

/** The fields that differ from what was written last, as a strategic merge patch; undefined if none. `known` becomes what is written. */
export function statusPatch({uid, pod, written}: Pick<PodRecord, 'uid' | 'pod' | 'written'>, status: PodStatus): JsonObject | undefined {
  const changed: JsonObject = {};
  for (const [field, value] of Object.entries(status)) {
    const print = fingerprint(JSON.stringify(value));
    if (written.get(field) === print) continue;
    written.set(field, print);
    changed[field] = value as JsonObject;
  }
  for (const field of [...written.keys()]) {
    if (field in status) continue;
    written.delete(field);
    changed[field] = null;
  }
  const fields = Object.keys(changed);
  if (fields.length === 0) return undefined;
  if (changed.conditions) {
    const gone = pod.status?.conditions?.some(isPendingResize) && !status.conditions!.some(isPendingResize);
    if (gone) changed.conditions = [{$patch: 'delete', type: 'PodResizePending'}, ...(changed.conditions as Json[])];
    changed['$setElementOrder/conditions'] = status.conditions!.map(({type}) => ({type}));
  }
  return {metadata: {uid}, status: changed};
}

const isPendingResize = ({type}: PodCondition): boolean => type === 'PodResizePending';

/** 53 bits that stand for a text: a tenth of the memory of thousands of statuses. */
function fingerprint(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

function containerStatus(container: ContainerRecord, {image, kwok}: StatusOptions): ContainerStatus {
  const {name, spec, state, lastTermination, ready, restartCount, started, kind} = container;
  const reference = image(spec.image ?? '');
  const pulled = state.type !== 'waiting' || lastTermination !== undefined;
  // Until its next life begins a container is what it was, unless it is held back.
  const ended = state.type === 'waiting' && state.reason === 'ContainerCreating' ? lastTermination : undefined;
  const id = state.type === 'waiting' ? lastTermination?.id : state.id;
  const resources = allocatedResources(container);
  const requests = resources?.requests;
  return {
    name,
    state: describe(ended ?? state),
    lastState: lastTermination && !ended ? describe(lastTermination) : {},
    ready,
    restartCount,
    image: pulled ? reference.image : (spec.image ?? ''),
    imageID: pulled && !kwok ? reference.imageID : '',
    ...(id && !kwok && {containerID: `containerd://${id}`}),
    ...(kind !== 'ephemeral' && {started}),
    ...(state.type === 'running' && requests && !kwok && {allocatedResources: requests}),
    ...(state.type === 'running' && kind !== 'ephemeral' && !kwok && {resources: resources ?? {}}),
    ...(spec.volumeMounts?.length && !kwok && {volumeMounts: spec.volumeMounts.map(describeMount)}),
  };
}

/** A mount that is read-only says whether all below it is, too. */
const describeMount = ({name, mountPath, readOnly, recursiveReadOnly = 'Disabled'}: VolumeMount): VolumeMountStatus => ({
  name,
  mountPath,
  ...(readOnly && {readOnly, recursiveReadOnly: recursiveReadOnly === 'IfPossible' ? 'Enabled' : recursiveReadOnly}),
});

function describe(state: ContainerRecord['state'] | Termination): ContainerState {
  switch (state.type) {
    case 'waiting':
      return {waiting: {reason: state.reason || 'ContainerCreating', ...(state.message && {message: state.message})}};
    case 'running':
      return {running: {startedAt: formatTime(state.startedAt)}};
    case 'terminated': {
      const {id, startedAt, finishedAt, exitCode, reason, message} = state;
      const told = {exitCode, reason, ...(message && {message})};
      // One that never ran has neither times nor an id.
      if (!id) return {terminated: told};
      const times = {startedAt: formatTime(startedAt), finishedAt: formatTime(finishedAt)};
      return {terminated: {...told, ...times, containerID: `containerd://${id}`}};
    }
  }
}

type Finding = {status: 'True' | 'False'; reason?: string; message?: string};

const TRUE: Finding = {status: 'True'};

/** The conditions a kubelet keeps, in its order (kubelet/status/generate.go). */
function conditions(record: PodRecord, {now, kwok}: StatusOptions): PodCondition[] {
  const containersReady = findContainersReady(record);
  const sandbox = record.containers.some(({state}) => state.type === 'running') || record.phase === 'Running';
  const readyToStart = sandbox || (record.podIP && record.phase === 'Pending');
  const findings: [string, Finding][] = [
    ...(kwok ? [] : [['PodReadyToStartContainers', readyToStart ? TRUE : {status: 'False'}] as [string, Finding]]),
    ['Initialized', findInitialized(record)],
    ['Ready', containersReady.status === 'True' ? findGates(record) : containersReady],
    ['ContainersReady', containersReady],
    ['PodScheduled', TRUE],
  ];
  if (record.reason === 'Evicted')
    findings.push(['DisruptionTarget', {status: 'True', reason: 'TerminationByKubelet', message: record.message!}]);
  const {pendingResize} = record;
  if (pendingResize) findings.unshift(['PodResizePending', {status: 'True', ...pendingResize}]);
  else record.conditions.delete('PodResizePending');
  return findings.map(([type, {status, reason, message}]) => {
    const known = record.conditions.get(type);
    const since = known?.status === status ? known.since : now;
    record.conditions.set(type, {status, since});
    return {
      type,
      observedGeneration: record.pod.metadata.generation,
      status,
      lastProbeTime: null as unknown as undefined,
      lastTransitionTime: formatTime(since),
      ...(reason && {reason}),
      ...(message && {message}),
    };
  });
}

function findContainersReady({phase, containers}: PodRecord): Finding {
  if (phase === 'Succeeded') return {status: 'False', reason: 'PodCompleted'};
  if (phase === 'Failed') return {status: 'False', reason: 'PodFailed'};
  const unready = containers.filter(({kind, ready}) => (kind === 'regular' || kind === 'sidecar') && !ready).map(({name}) => name);
  if (unready.length === 0) return TRUE;
  return {status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]`};
}

function findInitialized({phase, containers}: PodRecord): Finding {
  if (phase === 'Succeeded') return {status: 'True', reason: 'PodCompleted'};
  const incomplete = containers.filter(container => !isInitialized(container)).map(({name}) => name);
  if (incomplete.length === 0) return TRUE;
  return {status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${incomplete.join(' ')}]`};
}

/** Whether a container holds up the ones after it no more. */
export function isInitialized({kind, state, started}: ContainerRecord): boolean {
  if (kind === 'init') return state.type === 'terminated' && state.exitCode === 0;
  return kind !== 'sidecar' || started;
}

function findGates({pod}: PodRecord): Finding {
  const problems = (pod.spec.readinessGates ?? []).flatMap(({conditionType}) => {
    const condition = pod.status?.conditions?.find(({type}) => type === conditionType);
    if (!condition) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return condition.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  return problems.length === 0 ? TRUE : {status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ')};
}
