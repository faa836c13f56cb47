import type {JsonObject} from '../../api/json.ts';
import type {Container, ContainerState, ContainerStatus, Pod} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import {parseTime} from '../../api/time.ts';
import type {PrintedColumn} from '../printing.ts';
import {AGE, age, column, NAME, NONE, orNone} from '../printing.ts';

type PartialPod = Partial<Pod>;

export const podColumns: readonly PrintedColumn[] = [
  NAME,
  column<Pod>('Ready', pod => {
    const {ready, total} = summarize(pod);
    return `${ready}/${total}`;
  }),
  column<Pod>('Status', pod => summarize(pod).reason),
  column<Pod>('Restarts', (pod, now) => {
    const {count, last} = summarize(pod).restarts;
    return count !== 0 && last !== undefined ? `${count} (${age(last, now)} ago)` : String(count);
  }),
  AGE,
  column<Pod>('IP', ({status}) => orNone(status?.podIPs?.[0]?.ip), 'PodStatus.podIP'),
  column<Pod>('Node', ({spec}) => orNone(spec?.nodeName), 'PodSpec.nodeName'),
  column<Pod>('Nominated Node', ({status}) => orNone(status?.nominatedNodeName), 'PodStatus.nominatedNodeName'),
  column<Pod>('Readiness Gates', printReadinessGates, 'PodSpec.readinessGates'),
];

/** Conditions of a pod's row: clients that hide what is done look at them. */
export function podRowConditions(object: KubeObject): JsonObject[] | undefined {
  const {status} = object as PartialPod;
  const completed = (reason: string, message: string): JsonObject[] => [{type: 'Completed', status: 'True', reason, message}];
  if (status?.phase === 'Succeeded') return completed('Succeeded', 'The pod has completed successfully.');
  if (status?.phase === 'Failed') return completed('Failed', 'The pod failed.');
  return undefined;
}

interface PodSummary {
  ready: number;
  total: number;
  reason: string;
  restarts: Restarts;
}

interface Restarts {
  count: number;
  /** When the last one ended that was restarted, RFC 3339; undefined: nobody knows. */
  last: string | undefined;
}

/** One word for all that goes on in a pod (printPod). */
function summarize(pod: PartialPod): PodSummary {
  const {spec, status = {}} = pod;
  const sidecars = new Set((spec?.initContainers ?? []).filter(isRestartable).map(({name}) => name));
  const summary: PodSummary = {
    ready: 0,
    total: (spec?.containers?.length ?? 0) + sidecars.size,
    reason: status.reason || status.phase || '',
    restarts: {count: 0, last: undefined},
  };
  if (status.conditions?.some(({type, reason}) => type === 'PodScheduled' && reason === 'SchedulingGated'))
    summary.reason = 'SchedulingGated';
  const {initializing, sidecarRestarts} = summarizeInitContainers(summary, pod, sidecars);
  if (!initializing || hasCondition(pod, 'Initialized')) {
    summary.restarts = sidecarRestarts;
    summarizeContainers(summary, pod);
  }
  if (pod.metadata?.deletionTimestamp) {
    if (status.reason === 'NodeLost') summary.reason = 'Unknown';
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') summary.reason = 'Terminating';
  }
  return summary;
}

/** Takes the init containers up to the first that has not done its part. */
function summarizeInitContainers(summary: PodSummary, {spec, status}: PartialPod, sidecars: ReadonlySet<string>) {
  const sidecarRestarts: Restarts = {count: 0, last: undefined};
  for (const [i, container] of (status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(container.name);
    addRestarts(summary.restarts, container);
    if (isSidecar) addRestarts(sidecarRestarts, container);
    const {state = {}} = container;
    if (state.terminated?.exitCode === 0) continue;
    if (isSidecar && container.started) {
      if (container.ready) summary.ready++;
      continue;
    }
    const waiting = state.waiting?.reason;
    if (state.terminated) summary.reason = `Init:${terminationReason(state)}`;
    else if (waiting && waiting !== 'PodInitializing') summary.reason = `Init:${waiting}`;
    else summary.reason = `Init:${i}/${spec?.initContainers?.length ?? 0}`;
    return {initializing: true, sidecarRestarts};
  }
  return {initializing: false, sidecarRestarts};
}

/** The first container that is not simply running gives the reason. */
function summarizeContainers(summary: PodSummary, pod: PartialPod): void {
  let running = false;
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    addRestarts(summary.restarts, container);
    const {state = {}} = container;
    if (state.waiting?.reason) summary.reason = state.waiting.reason;
    else if (state.terminated) summary.reason = terminationReason(state);
    else if (container.ready && state.running) {
      running = true;
      summary.ready++;
    }
  }
  if (summary.reason === 'Completed' && running) summary.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function addRestarts(restarts: Restarts, {restartCount, lastState}: ContainerStatus): void {
  restarts.count += restartCount ?? 0;
  const finished = lastState?.terminated?.finishedAt;
  if (finished && (restarts.last === undefined || parseTime(finished) > parseTime(restarts.last))) restarts.last = finished;
}

function terminationReason({terminated}: ContainerState): string {
  if (terminated!.reason) return terminated!.reason;
  return terminated!.signal ? `Signal:${terminated!.signal}` : `ExitCode:${terminated!.exitCode}`;
}

const isRestartable = ({restartPolicy}: Container): boolean => restartPolicy === 'Always';

const hasCondition = ({status}: PartialPod, wanted: string): boolean =>
  status?.conditions?.some(({type, status}) => type === wanted && status === 'True') ?? false;

function printReadinessGates(pod: PartialPod): string {
  const gates = pod.spec?.readinessGates ?? [];
  return gates.length === 0 ? NONE : `${gates.filter(({conditionType}) => hasCondition(pod, conditionType)).length}/${gates.length}`;
}
