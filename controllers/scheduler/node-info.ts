import type {Node} from '../../server/api/kinds.generated.ts';
import {milliValue, quantityValue} from '../../server/api/quantity.ts';
import type {Amounts, NodeInfo, PodInfo} from './framework.ts';

/** A node without pods. */
export function newNodeInfo(node: Node, known?: NodeInfo): NodeInfo {
  return {
    node,
    name: node.metadata.name!,
    labels: node.metadata.labels ?? {},
    allocatable: parseAmounts(node.status?.allocatable ?? {}),
    images: imageSizes(node),
    pods: known?.pods ?? new Map(),
    podsWithAffinity: known?.podsWithAffinity ?? new Map(),
    requested: known?.requested ?? {},
    assumed: known?.assumed ?? {cpu: 0, memory: 0},
    counts: known?.counts ?? new Map(),
  };
}

/** The same node with other pods; the original stays as it is. */
export function withPods(node: NodeInfo, add: Iterable<PodInfo>, remove: Iterable<PodInfo> = []): NodeInfo {
  const copy: NodeInfo = {
    ...node,
    pods: new Map(node.pods),
    podsWithAffinity: new Map(node.podsWithAffinity),
    requested: {...node.requested},
    assumed: {...node.assumed},
    counts: new Map(),
  };
  for (const pod of remove) removePod(copy, pod.uid);
  for (const pod of add) addPod(copy, pod);
  return copy;
}

export function addPod(node: NodeInfo, pod: PodInfo): void {
  removePod(node, pod.uid);
  node.pods.set(pod.uid, pod);
  if (hasAffinity(pod)) node.podsWithAffinity.set(pod.uid, pod);
  account(node, pod, 1);
}

export function removePod(node: NodeInfo, uid: string): void {
  const pod = node.pods.get(uid);
  if (!pod) return;
  node.pods.delete(uid);
  node.podsWithAffinity.delete(uid);
  account(node, pod, -1);
}

/** How many of the node's pods match; kept under `key` until the node's pods change. */
export function countPods(node: NodeInfo, key: string, matches: (pod: PodInfo) => boolean): number {
  let count = node.counts.get(key);
  if (count === undefined) {
    count = 0;
    for (const pod of node.pods.values()) if (matches(pod)) count++;
    node.counts.set(key, count);
  }
  return count;
}

/** Quantities as numbers: cpu in thousandths, the rest in whole units. */
export function parseAmounts(quantities: {[resource: string]: string}): Amounts {
  const amounts: Amounts = {};
  for (const [name, quantity] of Object.entries(quantities))
    amounts[name] = name === 'cpu' ? milliValue(quantity) : quantityValue(quantity);
  return amounts;
}

const hasAffinity = (pod: PodInfo): boolean =>
  pod.requiredAffinity.length + pod.requiredAntiAffinity.length + pod.preferredAffinity.length + pod.preferredAntiAffinity.length > 0;

function account({requested, assumed, counts}: NodeInfo, pod: PodInfo, sign: 1 | -1): void {
  for (const name in pod.requests) requested[name] = (requested[name] ?? 0) + sign * pod.requests[name]!;
  assumed.cpu += sign * pod.assumedRequests.cpu;
  assumed.memory += sign * pod.assumedRequests.memory;
  counts.clear();
}

function imageSizes(node: Node): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const {names = [], sizeBytes = 0} of node.status?.images ?? []) for (const name of names) sizes.set(name, sizeBytes);
  return sizes;
}
