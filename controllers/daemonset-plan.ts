import type {DaemonSet, DaemonSetStatus, Node, Pod, Toleration} from '../server/api/kinds.generated.ts';
import {daemonSets as setType} from '../server/api/resource-types.generated.ts';
import {matchesNodeAffinity} from './scheduler/node-selector.ts';
import {findUntoleratedTaint} from './scheduler/taints.ts';
import {scaledValue} from './support/int-or-percent.ts';
import {controllerReference} from './support/owners.ts';
import {isPodAvailable, isPodReady} from './support/pods.ts';

export const HASH_LABEL = 'controller-revision-hash';
const GENERATION_LABEL = 'pod-template-generation';
const GENERATION = 'deprecated.daemonset.template.generation';

/** Daemons run on nodes in trouble, too. */
const TOLERATIONS: readonly Toleration[] = [
  {key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute'},
  {key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute'},
  {key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule'},
  {key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule'},
  {key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule'},
  {key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule'},
];
const HOST_NETWORK_TOLERATION: Toleration = {key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule'};

function tolerationsOf({spec}: DaemonSet): Toleration[] {
  const {tolerations = [], hostNetwork} = spec.template.spec ?? {};
  const added = hostNetwork ? [...TOLERATIONS, HOST_NETWORK_TOLERATION] : TOLERATIONS;
  const isSame = (a: Toleration, b: Toleration) => a.key === b.key && a.operator === b.operator && a.effect === b.effect && !a.value;
  return [...tolerations, ...added.filter(toleration => !tolerations.some(own => isSame(own, toleration)))];
}

/** Should a daemon run on the node, and may one that is there go on? (NodeShouldRunDaemonPod) */
export function shouldRun(set: DaemonSet, node: Node): {run: boolean; stay: boolean} {
  const spec = set.spec.template.spec!;
  const name = node.metadata.name!;
  const fits = !spec.nodeName || spec.nodeName === name;
  if (!fits || !matchesNodeAffinity({spec}, {name, labels: node.metadata.labels ?? {}})) return {run: false, stay: false};
  const untolerated = (...effects: string[]) => findUntoleratedTaint(node.spec?.taints, tolerationsOf(set), effects) !== undefined;
  return untolerated('NoExecute', 'NoSchedule') ? {run: false, stay: !untolerated('NoExecute')} : {run: true, stay: true};
}

/** The node a daemon is for, whether it is bound to it yet or not. */
export function nodeOf({spec}: Pod): string {
  if (spec?.nodeName) return spec.nodeName;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const {matchFields = []} of terms) {
    for (const {key, operator, values = []} of matchFields)
      if (key === 'metadata.name' && operator === 'In' && values.length === 1) return values[0]!;
  }
  return '';
}

/** The pod that a node gets: pinned to it by affinity, so that the scheduler still has its say. */
export function daemonPod(set: DaemonSet, node: string, hash: string): Pod {
  const {metadata = {}, spec} = set.spec.template;
  const generation = set.metadata.annotations?.[GENERATION];
  const pin = {nodeSelectorTerms: [{matchFields: [{key: 'metadata.name', operator: 'In', values: [node]}]}]};
  const nodeAffinity = {...spec!.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: pin};
  return {
    metadata: {
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: {...metadata.labels, ...(generation && {[GENERATION_LABEL]: generation}), [HASH_LABEL]: hash},
      ...(metadata.annotations && {annotations: metadata.annotations}),
      ...(metadata.finalizers && {finalizers: metadata.finalizers}),
      ownerReferences: [controllerReference(setType as never, set)],
    },
    spec: {...spec!, affinity: {...spec!.affinity, nodeAffinity}, tolerations: tolerationsOf(set)},
  };
}

export const hashOf = ({metadata}: {metadata: {labels?: {[key: string]: string}}}): string => metadata.labels?.[HASH_LABEL] ?? '';
const isTerminating = ({metadata}: Pod): boolean => metadata.deletionTimestamp !== undefined;
const byAge = (pods: readonly Pod[]): Pod[] =>
  [...pods].sort(
    (a, b) =>
      compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') || compare(a.metadata.name!, b.metadata.name!),
  );
const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

export interface DaemonState {
  set: DaemonSet;
  nodes: readonly Node[];
  /** By node (nodeOf), finished ones included. */
  pods: ReadonlyMap<string, readonly Pod[]>;
  hash: string;
  now: number;
}

export interface DaemonPlan {
  /** Nodes that get a pod. */
  create: string[];
  delete: Pod[];
  /** Finished pods among those to delete. */
  finished: Pod[];
}

const isAvailable = (pod: Pod, {set, now}: DaemonState): boolean => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);
const strategyOf = ({set}: DaemonState) => set.spec.updateStrategy ?? {};
const allowsSurge = (state: DaemonState): boolean => limits(state, 100).surge > 0;

/** maxSurge and maxUnavailable in nodes, both rounded up; never both nothing. */
function limits(state: DaemonState, wanted: number): {surge: number; unavailable: number} {
  const {type, rollingUpdate} = strategyOf(state);
  if (type === 'OnDelete') return {surge: 0, unavailable: 0};
  const surge = scaledValue(rollingUpdate?.maxSurge, wanted, true);
  return {surge, unavailable: scaledValue(rollingUpdate?.maxUnavailable, wanted, true) || (surge === 0 ? 1 : 0)};
}

/** One pod on every node that should have one, none elsewhere, finished ones replaced (podsShouldBeOnNode). */
export function planManage(state: DaemonState): DaemonPlan {
  const plan: DaemonPlan = {create: [], delete: [], finished: []};
  const known = new Set<string>();
  for (const node of state.nodes) {
    const name = node.metadata.name!;
    known.add(name);
    const {run, stay} = shouldRun(state.set, node);
    const pods = state.pods.get(name) ?? [];
    if (run && pods.length === 0) plan.create.push(name);
    else if (!stay) plan.delete.push(...pods.filter(pod => !isTerminating(pod)));
    else planNode(state, pods, plan);
  }
  // Pods for nodes that are gone, and were never bound.
  for (const [name, pods] of state.pods)
    if (!known.has(name)) plan.delete.push(...pods.filter(pod => !pod.spec?.nodeName && !isTerminating(pod)));
  return plan;
}

function planNode(state: DaemonState, pods: readonly Pod[], plan: DaemonPlan): void {
  const living = byAge(pods.filter(pod => !isTerminating(pod)));
  const finished = living.filter(({status}) => status?.phase === 'Failed' || status?.phase === 'Succeeded');
  plan.finished.push(...finished);
  plan.delete.push(...finished);
  const running = living.filter(pod => !finished.includes(pod));
  if (running.length <= 1) return;
  if (!allowsSurge(state)) return void plan.delete.push(...running.slice(1));
  const newest = running.find(pod => hashOf(pod) === state.hash);
  const oldest = running.find(pod => hashOf(pod) !== state.hash);
  plan.delete.push(...running.filter(pod => pod !== newest && pod !== oldest));
  if (newest && oldest && (!isPodReady(oldest) || isAvailable(newest, state))) plan.delete.push(oldest);
}

/** The next step of a rolling update (pkg/controller/daemon/update.go). */
export function planUpdate(state: DaemonState): DaemonPlan {
  const plan: DaemonPlan = {create: [], delete: [], finished: []};
  if (strategyOf(state).type === 'OnDelete') return plan;
  const byNode = new Map([...state.pods].filter(([name]) => state.nodes.some(({metadata}) => metadata.name === name)));
  let wanted = 0;
  for (const node of state.nodes) {
    if (!shouldRun(state.set, node).run) continue;
    wanted++;
    if (!byNode.has(node.metadata.name!)) byNode.set(node.metadata.name!, []);
  }
  const {surge, unavailable} = limits(state, wanted);
  const onNodes = [...byNode].map(([name, pods]) => ({name, ...newAndOld(state, pods)}));
  if (surge === 0) planReplacement(state, onNodes, unavailable, plan);
  else planSurge(state, onNodes, surge, plan);
  return plan;
}

interface OnNode {
  name: string;
  newest: Pod | undefined;
  oldest: Pod | undefined;
  /** More pods than one of each: not for the update to sort out. */
  crowded: boolean;
}

function newAndOld({hash}: DaemonState, pods: readonly Pod[]): Omit<OnNode, 'name'> {
  const living = pods.filter(pod => !isTerminating(pod));
  const current = living.filter(pod => hashOf(pod) === hash);
  const old = living.filter(pod => hashOf(pod) !== hash);
  return {newest: current[0], oldest: old[0], crowded: current.length > 1 || old.length > 1};
}

function planReplacement(state: DaemonState, onNodes: readonly OnNode[], maximum: number, plan: DaemonPlan): void {
  let unavailable = 0;
  const candidates: Pod[] = [];
  for (const {newest, oldest, crowded} of onNodes) {
    if (crowded) continue;
    if (Boolean(newest) === Boolean(oldest)) unavailable++;
    else if (newest) unavailable += isAvailable(newest, state) ? 0 : 1;
    // An old pod that is not available may be replaced at once.
    else if (!isAvailable(oldest!, state)) plan.delete.push(oldest!);
    else candidates.push(oldest!);
  }
  plan.delete.push(...candidates.slice(0, Math.max(0, maximum - unavailable)));
}

function planSurge(state: DaemonState, onNodes: readonly OnNode[], maximum: number, plan: DaemonPlan): void {
  let surging = 0;
  const candidates: string[] = [];
  for (const {name, newest, oldest, crowded} of onNodes) {
    if (crowded) surging++;
    else if (!oldest) continue;
    else if (!newest) {
      if (isAvailable(oldest, state)) candidates.push(name);
      else plan.create.push(name);
    } else if (!isAvailable(oldest, state) || isAvailable(newest, state)) plan.delete.push(oldest);
    else surging++;
  }
  plan.create.push(...candidates.slice(0, Math.max(0, maximum - surging)));
}

export function daemonSetStatus(state: DaemonState, collisionCount: number | undefined): DaemonSetStatus {
  const counts = {desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0};
  for (const node of state.nodes) {
    const [oldest] = byAge(state.pods.get(node.metadata.name!) ?? []);
    const {run, stay} = shouldRun(state.set, node);
    // A pod that may stay is still wanted, though it would not be made now.
    if (!run && !(stay && oldest)) {
      counts.misscheduled += oldest ? 1 : 0;
      continue;
    }
    counts.desired++;
    if (!oldest) continue;
    counts.current++;
    if (isPodReady(oldest)) counts.ready++;
    if (isPodReady(oldest) && isAvailable(oldest, state)) counts.available++;
    if (hashOf(oldest) === state.hash) counts.updated++;
  }
  const unavailable = counts.desired - counts.available;
  return {
    observedGeneration: state.set.metadata.generation,
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    ...(counts.updated > 0 && {updatedNumberScheduled: counts.updated}),
    ...(counts.available > 0 && {numberAvailable: counts.available}),
    ...(unavailable > 0 && {numberUnavailable: unavailable}),
    ...(collisionCount !== undefined && {collisionCount}),
    ...(state.set.status?.conditions && {conditions: state.set.status.conditions}),
  };
}
