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
    memo: known?.memo ?? new Map(),
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
    memo: new Map(),
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

/** The answer to a question about the node's pods; kept until they change. */
export function remembered<T>(node: NodeInfo, question: string, answer: () => T): T {
  if (!node.memo.has(question)) node.memo.set(question, answer());
  return node.memo.get(question) as T;
}

/** How many of the node's pods match; `key` names the test. */
export const countPods = (node: NodeInfo, key: string, matches: (pod: PodInfo) => boolean): number =>
  remembered(node, key, () => {
    let count = 0;
    for (const pod of node.pods.values()) if (matches(pod)) count++;
    return count;
  });

/** Quantities as numbers: cpu in thousandths, the rest in whole units. */
export function parseAmounts(quantities: {[resource: string]: string}): Amounts {
  const amounts: Amounts = {};
  for (const [name, quantity] of Object.entries(quantities))
    amounts[name] = name === 'cpu' ? milliValue(quantity) : quantityValue(quantity);
  return amounts;
}

const hasAffinity = (pod: PodInfo): boolean =>
  pod.requiredAffinity.length + pod.requiredAntiAffinity.length + pod.preferredAffinity.length + pod.preferredAntiAffinity.length > 0;

function account({requested, assumed, memo}: NodeInfo, pod: PodInfo, sign: 1 | -1): void {
  for (const name in pod.requests) requested[name] = (requested[name] ?? 0) + sign * pod.requests[name]!;
  assumed.cpu += sign * pod.assumedRequests.cpu;
  assumed.memory += sign * pod.assumedRequests.memory;
  memo.clear();
}

function imageSizes(node: Node): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const {names = [], sizeBytes = 0} of node.status?.images ?? []) for (const name of names) sizes.set(name, sizeBytes);
  return sizes;
}
