import type {Node, Pod} from '../../server/api/kinds.generated.ts';
import {portsConflict} from '../scheduler/filters/node-ports.ts';
import type {Amounts} from '../scheduler/framework.ts';
import {parseAmounts} from '../scheduler/node-info.ts';
import {matchesNodeAffinity} from '../scheduler/node-selector.ts';
import {hostPorts, podRequests} from '../scheduler/pod-info.ts';
import {findUntoleratedTaint} from '../scheduler/taints.ts';
import {isPodFinished} from '../support/pods.ts';

/** Why a kubelet does not run a pod: what its status says. */
export interface Refusal {
  reason: string;
  message: string;
}

/** A pod that somebody put on its node past the scheduler, which has checked nothing. */
export const isUnscheduled = ({status}: Pod): boolean =>
  !(status?.conditions ?? []).some(({type, status: value}) => type === 'PodScheduled' && value === 'True');

const OS = 'kubernetes.io/os';

/** The scheduler does not ask what system a pod is for. The pod's label counts, not its selector. */
export function refuseSystem({metadata, spec}: Pod, node: Node): Refusal | undefined {
  const own = node.metadata.labels?.[OS] ?? 'linux';
  if ((metadata.labels?.[OS] ?? own) !== own) {
    const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
    return {reason: 'PodOSSelectorNodeLabelDoesNotMatch', message};
  }
  if (spec.os && spec.os.name !== own)
    return {reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS"};
  return undefined;
}

/** What a node looks at first; extended resources that it does not have are nobody's concern. */
const FIRST = ['cpu', 'memory', 'ephemeral-storage'];

/** Why a node does not take a pod besides those that it runs; undefined: it does (pkg/kubelet/lifecycle/predicate.go). */
export function refusePod(pod: Pod, node: Node, running: Iterable<Pod>): Refusal | undefined {
  const others = [...running].filter(other => other.metadata.uid !== pod.metadata.uid && !isPodFinished(other));
  return findLack(pod, node, others) ?? findMismatch(pod, node) ?? findConflict(pod, others) ?? findTaint(pod, node);
}

function findLack(pod: Pod, {status}: Node, others: readonly Pod[]): Refusal | undefined {
  const allocatable = parseAmounts(status?.allocatable ?? {});
  const wanted: Amounts = {pods: 1, ...podRequests(pod)};
  const used: Amounts = {pods: others.length};
  for (const other of others) for (const [name, amount] of Object.entries(podRequests(other))) used[name] = (used[name] ?? 0) + amount;
  const short = ['pods', ...FIRST, ...Object.keys(wanted)].find(
    name => (wanted[name] ?? 0) > 0 && wanted[name]! + (used[name] ?? 0) > (allocatable[name] ?? Number.POSITIVE_INFINITY),
  );
  if (short === undefined) return undefined;
  const numbers = `requested: ${wanted[short]}, used: ${used[short] ?? 0}, capacity: ${allocatable[short]}`;
  return {reason: `OutOf${short}`, message: `Node didn't have enough resource: ${short}, ${numbers}`};
}

function findMismatch(pod: Pod, {metadata}: Node): Refusal | undefined {
  const fits = matchesNodeAffinity(pod, {name: metadata.name!, labels: metadata.labels ?? {}});
  return fits ? undefined : refusal('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
}

function findTaint({spec}: Pod, node: Node): Refusal | undefined {
  const taint = findUntoleratedTaint(node.spec?.taints, spec.tolerations, ['NoExecute']);
  return taint && refusal('TaintToleration', "node(s) had taints that the pod didn't tolerate");
}

function findConflict(pod: Pod, others: readonly Pod[]): Refusal | undefined {
  const wanted = hostPorts(pod);
  const isTaken = wanted.length > 0 && others.some(other => portsConflict(wanted, hostPorts(other)));
  return isTaken ? refusal('NodePorts', "node(s) didn't have free ports for the requested pod ports") : undefined;
}

const refusal = (reason: string, why: string): Refusal => ({reason, message: `Predicate ${reason} failed: ${why}`});
