import type {ApiClient} from '../../server/api/client.ts';
import type {
  AllocationResult,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ResourceResourceClaim,
  StorageClass,
} from '../../server/api/kinds.generated.ts';

/** Amounts by resource name: `cpu` in thousandths, everything else in whole units. */
export type Amounts = {[resource: string]: number};

/** A host port that a pod takes (upstream's HostPortInfo). */
export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

/** What a pod (anti-)affinity term asks for, compiled. */
export interface AffinityTerm {
  topologyKey: string;
  weight: number;
  /** Equal keys mean equal terms. */
  key: string;
  matches(pod: PodInfo): boolean;
}

/** A pod as the plugins see it: parsed once per version of the pod. */
export interface PodInfo {
  readonly pod: Pod;
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: {[key: string]: string};
  readonly priority: number;
  readonly requests: Amounts;
  /** cpu and memory with upstream's assumed minimum (100m, 200Mi) for containers that request none; only scores use it. */
  readonly assumedRequests: {cpu: number; memory: number};
  readonly hostPorts: readonly HostPort[];
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly AffinityTerm[];
  readonly preferredAntiAffinity: readonly AffinityTerm[];
}

/** A node with what runs there, kept up to date pod by pod. */
export interface NodeInfo {
  readonly node: Node;
  readonly name: string;
  readonly labels: {[key: string]: string};
  readonly allocatable: Amounts;
  /** Bytes by image name. */
  readonly images: ReadonlyMap<string, number>;
  /** By uid. */
  readonly pods: Map<string, PodInfo>;
  /** Those of `pods` with any pod affinity or anti-affinity, by uid. */
  readonly podsWithAffinity: Map<string, PodInfo>;
  readonly requested: Amounts;
  readonly assumed: {cpu: number; memory: number};
  /** What was worked out from the node's pods, by question; dropped whenever they change. */
  readonly memo: Map<string, unknown>;
}

/** The objects other than nodes and pods that plugins look up. */
export interface Lookup {
  namespaceLabels(namespace: string): {[key: string]: string} | undefined;
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumes(): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  /** How many volumes of a CSI driver a node takes; undefined: no limit. */
  volumeLimit(node: string, driver: string): number | undefined;
  /** Whether the driver of a class has room for a claim of this size on the node, as far as it tells. */
  hasStorage?(storageClass: StorageClass, size: string | undefined, node: NodeInfo): boolean;
  /** ResourceClaims and their devices; undefined: nobody asks for any. */
  devices?: Devices;
  /** The selector of the services and the controller that a pod belongs to, as text, with its matcher; undefined: none. */
  defaultSelector(pod: Pod): {key: string; matches(labels: {[key: string]: string}): boolean} | undefined;
}

/** The ResourceClaims of pods and the devices that they have. */
export interface Devices {
  /** The pod's claims, or which of them is not there yet. */
  claimsOf(pod: Pod): {claims: ResourceResourceClaim[]; missing?: string};
  /** What the claim has, or is about to get. */
  allocationOf(claim: ResourceResourceClaim): AllocationResult | undefined;
  allocate(claims: readonly ResourceResourceClaim[], node: NodeInfo): Map<string, AllocationResult> | undefined;
  /** Keeps devices on the node for the pod's claims until `release`. */
  reserve(pod: Pod, node: NodeInfo): void;
  release(pod: Pod): void;
  /** Writes the reserved allocations, and the pod as their user, into the claims. */
  bind(pod: Pod, client: ApiClient): Promise<void>;
}

/** What a pod is scheduled onto. */
export interface Cluster {
  readonly lookup: Lookup;
  /** In the order in which they are tried: zones take turns. */
  nodes(): readonly NodeInfo[];
  node(name: string): NodeInfo | undefined;
  /** Nodes that hold pods with (anti-)affinity. */
  nodesWithAffinity(): Iterable<NodeInfo>;
}

/** Why a node cannot take a pod. */
export interface Rejection {
  reasons: readonly string[];
  /** No preemption on this node could change it (UnschedulableAndUnresolvable). */
  unresolvable: boolean;
}

/** What a filter worked out about a pod (PreFilter). */
export interface PreparedFilter {
  filter(node: NodeInfo): Rejection | undefined;
  /** Only these nodes come into question. */
  nodes?: ReadonlySet<string>;
}

/** Something that happened and may make pods schedulable. */
export type ClusterEvent =
  | {type: 'NodeAdd'; node: NodeInfo}
  | {type: 'NodeUpdate'; node: NodeInfo; old: NodeInfo}
  | {type: 'PodAdd'; pod: PodInfo; node: string}
  | {type: 'PodUpdate'; pod: PodInfo; old: PodInfo}
  | {type: 'PodDelete'; pod: PodInfo; node: string}
  | {type: 'Storage'}
  | {type: 'NamespaceUpdate'};

/** A reason for which a node may be refused. The same shape as upstream's PreFilter and Filter, without their shared state. */
export interface FilterPlugin {
  readonly name: string;
  /** `undefined`: nothing to check for this pod; a Rejection: no node can take it. */
  prepare(pod: PodInfo, cluster: Cluster): PreparedFilter | Rejection | undefined;
  /** Whether the event may make a pod schedulable that this plugin refused (QueueingHint). */
  hint(event: ClusterEvent, pod: PodInfo): boolean;
}

/** Prefers some nodes. Scores end up in 0…100, times `weight`. */
export interface ScorePlugin {
  readonly name: string;
  readonly weight: number;
  /** `undefined`: it does not matter for this pod. `scores` has the node at the same index. */
  score(pod: PodInfo, nodes: readonly NodeInfo[], cluster: Cluster): readonly number[] | undefined;
}

export const MAX_NODE_SCORE = 100;

export const rejection = (reason: string, unresolvable = false): Rejection => ({reasons: [reason], unresolvable});

export const isRejection = (prepared: PreparedFilter | Rejection): prepared is Rejection => 'reasons' in prepared;

/** Brings the highest score to 100; `reverse` makes the lowest the best (helper.DefaultNormalizeScore). */
export function normalizeScores(scores: readonly number[], reverse = false): number[] {
  const max = Math.max(0, ...scores);
  if (max === 0) return scores.map(() => (reverse ? MAX_NODE_SCORE : 0));
  return scores.map(score => {
    const normal = Math.trunc((MAX_NODE_SCORE * score) / max);
    return reverse ? MAX_NODE_SCORE - normal : normal;
  });
}
