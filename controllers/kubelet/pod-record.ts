import type {
  Container,
  ContainerStateTerminated,
  ContainerStatus,
  EphemeralContainer,
  Pod,
  ResourceRequirements,
} from '../../server/api/kinds.generated.ts';
import type {Random} from '../../server/api/random.ts';
import {parseTime} from '../../server/api/time.ts';
import type {ContainerFiles, Directory} from './programs/files.ts';
import type {PendingResize} from './resize.ts';
import type {Run} from './run.ts';

export type ContainerKind = 'init' | 'sidecar' | 'regular' | 'ephemeral';

/** What a kubelet knows of one container. Times are milliseconds since the epoch. */
export interface ContainerRecord {
  readonly name: string;
  readonly kind: ContainerKind;
  spec: Container | EphemeralContainer;
  state: ContainerState;
  lastTermination?: Termination;
  restartCount: number;
  ready: boolean;
  started: boolean;
  /** The pause before the next restart; 0 before the first. */
  backoff: number;
  /** What its command does, since it runs. */
  run?: Run;
  /** The life that ended last, and the one before the present one, for their logs. */
  ended?: {run?: Run; start: number; end: number};
  previous?: {run?: Run; start: number; end: number};
  imageFailures: number;
  /** How long its image took; undefined: it was there. */
  pulled?: number;
  /** The resources it runs with: those of its start, until a resize. */
  allocated?: ResourceRequirements;
  /** The image it was started with: another one in the pod restarts it. */
  startedImage?: string;
  /** Somebody types into it. */
  attached?: boolean;
  /** Once somebody has looked into it. */
  files?: ContainerFiles;
}

export type ContainerState =
  /** `until`: when the next step is due. */
  | {type: 'waiting'; reason: string; message?: string; until?: number}
  | {type: 'running'; id: string; startedAt: number; exitAt?: number; exitCode?: number}
  | Termination;

export interface Termination {
  type: 'terminated';
  id: string;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message?: string;
}

/** What a kubelet knows of one pod. */
export interface PodRecord {
  readonly uid: string;
  pod: Pod;
  /** Undefined until the kubelet has seen to it. */
  startTime?: number;
  podIP?: string;
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  reason?: string;
  message?: string;
  containers: ContainerRecord[];
  /** Since when each condition has had its status. */
  conditions: Map<string, {status: string; since: number}>;
  /** Fingerprints of the status as it was last written, by field. */
  written: Map<string, number>;
  /** A resize that the node has no room for. */
  pendingResize?: PendingResize;
  /** What is in its volumes, and the token of its service account, once somebody has looked into it. */
  volumes?: Map<string, Directory>;
  token?: string | undefined;
  /** Somebody is about to look. */
  entered?: Promise<void>;
  /** Killing was told. */
  stopping?: {due: number};
}

/** The record of a pod, taken over from its status where another kubelet was before. */
export function newPodRecord(pod: Pod): PodRecord {
  const {status = {}, metadata} = pod;
  const record: PodRecord = {
    uid: metadata.uid!,
    pod,
    phase: (status.phase as PodRecord['phase']) || 'Pending',
    containers: [],
    conditions: new Map(
      (status.conditions ?? []).map(({type, status: value, lastTransitionTime}) => [
        type,
        {status: value, since: lastTransitionTime ? parseTime(lastTransitionTime) : 0},
      ]),
    ),
    written: new Map(),
    ...(status.startTime && {startTime: parseTime(status.startTime)}),
    ...(status.podIP && {podIP: status.podIP}),
  };
  updateContainers(record);
  return record;
}

/** Brings the record's containers in line with the pod's: new ones wait, changed ones keep their state. */
export function updateContainers(record: PodRecord): void {
  const {spec, status = {}} = record.pod;
  const known = new Map(record.containers.map(container => [container.name, container]));
  const statuses = new Map(
    [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? []), ...(status.ephemeralContainerStatuses ?? [])].map(
      one => [one.name, one],
    ),
  );
  const take = (container: Container | EphemeralContainer, kind: ContainerKind): ContainerRecord => {
    const existing = known.get(container.name);
    if (existing) {
      existing.spec = container;
      return existing;
    }
    return newContainerRecord(container, kind, statuses.get(container.name));
  };
  record.containers = [
    ...(spec.initContainers ?? []).map(container => take(container, container.restartPolicy === 'Always' ? 'sidecar' : 'init')),
    ...spec.containers.map(container => take(container, 'regular')),
    ...(spec.ephemeralContainers ?? []).map(container => take(container, 'ephemeral')),
  ];
}

function newContainerRecord(spec: Container | EphemeralContainer, kind: ContainerKind, status?: ContainerStatus): ContainerRecord {
  return {
    name: spec.name,
    kind,
    spec,
    state: stateOf(status),
    restartCount: status?.restartCount ?? 0,
    ready: status?.ready ?? false,
    started: status?.started ?? false,
    backoff: 0,
    imageFailures: 0,
    ...(status?.state?.running && status.resources && {allocated: status.resources}),
    ...(status?.lastState?.terminated && {lastTermination: terminationOf(status.lastState.terminated)}),
  };
}

function stateOf(status: ContainerStatus | undefined): ContainerState {
  const {running, terminated} = status?.state ?? {};
  if (running) return {type: 'running', id: idOf(status?.containerID), startedAt: parseTime(running.startedAt ?? '')};
  return terminated ? terminationOf(terminated) : {type: 'waiting', reason: ''};
}

const terminationOf = ({containerID, startedAt, finishedAt, exitCode, reason, message}: ContainerStateTerminated): Termination => ({
  type: 'terminated',
  id: idOf(containerID),
  startedAt: parseTime(startedAt ?? ''),
  finishedAt: parseTime(finishedAt ?? ''),
  exitCode,
  reason: reason ?? '',
  ...(message && {message}),
});

const idOf = (containerID = ''): string => containerID.replace(/^.*:\/\//, '');

export const newContainerID = (random: Random): string => Buffer.from(random.bytes(32)).toString('hex');

export const isTerminal = ({phase}: PodRecord): boolean => phase === 'Succeeded' || phase === 'Failed';

export const isRunning = ({state}: ContainerRecord): boolean => state.type === 'running';

/** A container that is gone with its pod, without anybody being told. */
export function endContainer(container: ContainerRecord, now: number): void {
  if (container.state.type !== 'running') return;
  const {id, startedAt} = container.state;
  container.ended = {start: startedAt, end: now, ...(container.run && {run: container.run})};
  container.state = {type: 'terminated', id, startedAt, finishedAt: now, exitCode: 137, reason: 'Error'};
}
