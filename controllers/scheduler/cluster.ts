import equal from 'fast-deep-equal';
import type {Node, Pod} from '../../server/api/kinds.generated.ts';
import type {Cluster, Lookup, NodeInfo, PodInfo} from './framework.ts';
import {addPod, newNodeInfo, removePod} from './node-info.ts';
import {newPodInfo} from './pod-info.ts';

/** What the scheduler believes about nodes and the pods on them: what it was told, plus the placements it has just decided. */
export interface ClusterState extends Cluster {
  /** The node as it was before, if it was known. */
  setNode(node: Node): {info: NodeInfo; old?: NodeInfo};
  removeNode(name: string): void;
  /** A pod that runs somewhere, new or changed. */
  setPod(pod: Pod): {info: PodInfo; old?: PodInfo};
  removePod(uid: string): PodInfo | undefined;
  /** A placement that is not written yet. */
  assume(pod: PodInfo, node: string): void;
  /** Takes an assumed placement back; a confirmed one stays. */
  forget(uid: string): void;
}

interface Placed {
  info: PodInfo;
  node: string;
  assumed: boolean;
}

export function createClusterState(lookup: Lookup): ClusterState {
  const nodes = new Map<string, NodeInfo>();
  const placed = new Map<string, Placed>();
  const withAffinity = new Set<string>();
  let ordered: NodeInfo[] | undefined;

  const track = (node: NodeInfo) => {
    if (node.podsWithAffinity.size > 0) withAffinity.add(node.name);
    else withAffinity.delete(node.name);
  };
  const put = (info: PodInfo, nodeName: string, assumed: boolean) => {
    placed.set(info.uid, {info, node: nodeName, assumed});
    const node = nodes.get(nodeName);
    if (!node) return;
    addPod(node, info);
    track(node);
  };
  const take = (uid: string): PodInfo | undefined => {
    const known = placed.get(uid);
    if (!known) return undefined;
    placed.delete(uid);
    const node = nodes.get(known.node);
    if (node) {
      removePod(node, uid);
      track(node);
    }
    return known.info;
  };

  // Most news of a pod are of its status: the sums of its node stay as they are.
  const refresh = (old: PodInfo, info: PodInfo, nodeName: string) => {
    placed.set(info.uid, {info, node: nodeName, assumed: false});
    const node = nodes.get(nodeName);
    if (!node) return;
    node.pods.set(info.uid, info);
    if (node.podsWithAffinity.has(info.uid)) node.podsWithAffinity.set(info.uid, info);
    if (old.pod.metadata.deletionTimestamp !== info.pod.metadata.deletionTimestamp) node.memo.clear();
  };

  return {
    lookup,
    nodes() {
      ordered ??= inZoneOrder([...nodes.values()]);
      return ordered;
    },
    node: name => nodes.get(name),
    *nodesWithAffinity() {
      for (const name of withAffinity) if (nodes.has(name)) yield nodes.get(name)!;
    },
    setNode(node) {
      const name = node.metadata.name!;
      const old = nodes.get(name);
      const info = newNodeInfo(node, old);
      nodes.set(name, info);
      ordered = undefined;
      // Pods may have been told of before their node.
      if (!old) for (const {info: pod, node: on} of placed.values()) if (on === name) addPod(info, pod);
      track(info);
      return {info, ...(old && {old})};
    },
    removeNode(name) {
      nodes.delete(name);
      withAffinity.delete(name);
      ordered = undefined;
    },
    setPod(pod) {
      const old = placed.get(pod.metadata.uid!);
      const before = old && !old.assumed && {old: old.info};
      if (old?.node === pod.spec.nodeName && weighsTheSame(old!.info.pod, pod)) {
        const info = {...old!.info, pod};
        refresh(old!.info, info, old!.node);
        return {info, ...before};
      }
      const info = newPodInfo(pod, lookup);
      if (old) take(info.uid);
      put(info, pod.spec.nodeName!, false);
      return {info, ...before};
    },
    removePod: take,
    assume: (pod, node) => put(pod, node, true),
    forget(uid) {
      if (placed.get(uid)?.assumed) take(uid);
    },
  };
}

/** Whether two versions of a pod count the same for every plugin, deletion aside. */
const weighsTheSame = (a: Pod, b: Pod): boolean =>
  a.metadata.generation === b.metadata.generation && equal(a.metadata.labels, b.metadata.labels) && allocated(a) === allocated(b);

const allocated = ({status}: Pod): string =>
  JSON.stringify((status?.containerStatuses ?? []).map(({allocatedResources}) => allocatedResources).filter(resources => resources));

/** Zones take turns, so that the first nodes of a partial search are spread over them (backend/cache/node_tree.go). */
function inZoneOrder(nodes: readonly NodeInfo[]): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const node of nodes) {
    const zone = `${node.labels['topology.kubernetes.io/region'] ?? ''}:${node.labels['topology.kubernetes.io/zone'] ?? ''}`;
    const list = zones.get(zone);
    if (list) list.push(node);
    else zones.set(zone, [node]);
  }
  const lists = [...zones.values()];
  const ordered: NodeInfo[] = [];
  for (let i = 0; ordered.length < nodes.length; i++) for (const list of lists) if (i < list.length) ordered.push(list[i]!);
  return ordered;
}
