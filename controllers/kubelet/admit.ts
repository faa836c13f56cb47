import type {Node, Pod} from '../../server/api/kinds.generated.ts';
import {hasPortConflict} from '../scheduler/filters/node-ports.ts';
import type {Amounts, NodeInfo, PodInfo} from '../scheduler/framework.ts';
import {addPod, newNodeInfo} from '../scheduler/node-info.ts';
import {matchesNodeAffinity} from '../scheduler/node-selector.ts';
import {newPodInfo} from '../scheduler/pod-info.ts';
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

/** Why a node cannot take a pod besides its others; undefined: it can (pkg/kubelet/lifecycle/predicate.go). */
export function refusePod(pod: Pod, node: Node, others: Iterable<Pod>): Refusal | undefined {
  const lookup = {namespaceLabels: () => undefined};
  const wanted = newPodInfo(pod, lookup);
  const info = newNodeInfo(node);
  for (const other of others) if (other.metadata.uid !== wanted.uid && !isPodFinished(other)) addPod(info, newPodInfo(other, lookup));
  if (pod.spec.os && pod.spec.os.name !== 'linux')
    return {reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS"};
  const short = findShortage(wanted, info);
  if (short) return short;
  if (!matchesNodeAffinity(pod, info)) return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  if (hasPortConflict(wanted.hostPorts, info)) return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  const taint = findUntoleratedTaint(node.spec?.taints, pod.spec.tolerations, ['NoExecute']);
  return taint && failed('TaintToleration', "node(s) had taints that the pod didn't tolerate");
}

function findShortage({requests}: PodInfo, {allocatable, requested, pods}: NodeInfo): Refusal | undefined {
  const wanted = new Map([['pods', 1], ...Object.entries(requests)]);
  const used: Amounts = {...requested, pods: pods.size};
  for (const [name, amount] of wanted) {
    // What the node does not know may be a resource of the whole cluster.
    if (amount === 0 || (isExtended(name) && !(name in allocatable))) continue;
    const [taken, capacity] = [used[name] ?? 0, allocatable[name] ?? 0];
    if (amount <= capacity - taken) continue;
    const amounts = `requested: ${amount}, used: ${taken}, capacity: ${capacity}`;
    return {reason: `OutOf${name}`, message: `Node didn't have enough resource: ${name}, ${amounts}`};
  }
  return undefined;
}

const isExtended = (name: string): boolean => name.includes('/') && !name.startsWith('kubernetes.io/');

const failed = (predicate: string, why: string): Refusal => ({reason: predicate, message: `Predicate ${predicate} failed: ${why}`});
