import type {ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet, StatefulSetStatus} from '../server/api/kinds.generated.ts';
import {statefulSets as setType} from '../server/api/resource-types.generated.ts';
import {controllerReference} from './support/owners.ts';
import {isPodAvailable, isPodReady} from './support/pods.ts';
import {templateOf} from './support/revisions.ts';

export const REVISION_LABEL = 'controller-revision-hash';
export const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

/** The number at the end of a pod's name, if the rest is the set's; else -1. */
export function ordinalOf(set: StatefulSet, {metadata}: Pod): number {
  const match = /^(.*)-(\d+)$/.exec(metadata.name!);
  return match && match[1] === set.metadata.name ? Number(match[2]) : -1;
}

export const startOrdinal = ({spec}: StatefulSet): number => spec?.ordinals?.start ?? 0;
export const replicasOf = ({spec}: StatefulSet): number => spec?.replicas ?? 0;
export const isMonotonic = ({spec}: StatefulSet): boolean => spec?.podManagementPolicy !== 'Parallel';

export const isInRange = (set: StatefulSet, ordinal: number): boolean =>
  ordinal >= startOrdinal(set) && ordinal < startOrdinal(set) + replicasOf(set);

export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod);
const isTerminating = ({metadata}: Pod): boolean => metadata.deletionTimestamp !== undefined;
export const revisionNameOf = ({metadata}: Pod): string => metadata.labels?.[REVISION_LABEL] ?? '';

export interface SetState {
  set: StatefulSet;
  /** By position; undefined: to be made. */
  replicas: (Pod | undefined)[];
  /** Outside the range, highest ordinal first. */
  condemned: Pod[];
  updateRevision: string;
  now: number;
}

/** Sorts pods into those that belong and those that have to go. */
export function partitionPods(set: StatefulSet, pods: readonly Pod[]): {replicas: (Pod | undefined)[]; condemned: Pod[]} {
  const replicas: (Pod | undefined)[] = Array.from({length: replicasOf(set)}, () => undefined);
  const condemned: Pod[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (isInRange(set, ordinal)) replicas[ordinal - startOrdinal(set)] = pod;
    else if (ordinal >= 0) condemned.push(pod);
  }
  condemned.sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  return {replicas, condemned};
}

export type Action =
  | {do: 'create'; ordinal: number}
  /** Missing claims, identity and the owners of claims are brought in order. */
  | {do: 'fix'; pod: Pod}
  | {do: 'delete'; pod: Pod};

const isAvailable = (pod: Pod, {set, now}: SetState): boolean =>
  isRunningAndReady(pod) && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now);

const isUnavailable = (pod: Pod | undefined, state: SetState): boolean => !pod || !isAvailable(pod, state) || isTerminating(pod);

/**
 * What to do now (stateful_set_control.go, updateStatefulSet): first missing and finished replicas, in order and one at a time unless
 * Parallel; then pods outside the range from the highest down; then pods of an old revision.
 */
export function planStatefulSet(state: SetState): Action[] {
  const {set, replicas, condemned} = state;
  if (set.metadata.deletionTimestamp) return [];
  const monotonic = isMonotonic(set);
  const actions: Action[] = [];
  for (const [index, pod] of replicas.entries()) {
    const {action, blocks} = planReplica(state, pod, index + startOrdinal(set));
    if (action) actions.push(action);
    if (blocks && monotonic) return actions;
  }
  const firstUnavailable =
    replicas.find(pod => isUnavailable(pod, state)) ?? [...condemned].reverse().find(pod => isUnavailable(pod, state));
  for (const pod of condemned) {
    actions.push({do: 'fix', pod});
    if (isTerminating(pod) && !monotonic) continue;
    const waits = isTerminating(pod) || (!isAvailable(pod, state) && pod !== firstUnavailable);
    if (monotonic && waits) return actions;
    actions.push({do: 'delete', pod});
    if (monotonic) return actions;
  }
  return [...actions, ...planUpdate(state)];
}

function planReplica(state: SetState, pod: Pod | undefined, ordinal: number): {action?: Action; blocks: boolean} {
  if (!pod) return {action: {do: 'create', ordinal}, blocks: true};
  const {phase} = pod.status ?? {};
  if (phase === 'Failed' || phase === 'Succeeded') {
    return isTerminating(pod) ? {blocks: true} : {action: {do: 'delete', pod}, blocks: true};
  }
  const blocks = isTerminating(pod) || !isAvailable(pod, state);
  // A pending pod may lack a claim.
  return {...((phase === 'Pending' || !blocks) && {action: {do: 'fix', pod}}), blocks};
}

/** From the highest ordinal down: the first pod of an old revision goes, whatever its state; one that is not available yet is waited for. */
function planUpdate(state: SetState): Action[] {
  const {set, replicas, updateRevision} = state;
  const {type, rollingUpdate} = set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  for (const pod of replicas.slice(rollingUpdate?.partition ?? 0).reverse()) {
    if (pod && revisionNameOf(pod) !== updateRevision && !isTerminating(pod)) return [{do: 'delete', pod}];
    if (isUnavailable(pod, state)) return [];
  }
  return [];
}

/** The pod of an ordinal as a revision makes it. */
export function podOf(set: StatefulSet, revision: ControllerRevision, ordinal: number): Pod {
  const {metadata = {}, spec} = templateOf(revision);
  const name = `${set.metadata.name}-${ordinal}`;
  return {
    metadata: {
      name,
      namespace: set.metadata.namespace,
      labels: {...metadata.labels, [REVISION_LABEL]: revision.metadata.name!, ...identityLabels(name, ordinal)},
      ...(metadata.annotations && {annotations: metadata.annotations}),
      ...(metadata.finalizers && {finalizers: metadata.finalizers}),
      ownerReferences: [controllerReference(setType as never, set)],
    },
    spec: {
      ...spec!,
      hostname: name,
      ...(set.spec?.serviceName && {subdomain: set.spec.serviceName}),
      volumes: volumesOf(set, ordinal, spec?.volumes),
    },
  };
}

export const identityLabels = (name: string, ordinal: number): {[key: string]: string} => ({
  [POD_NAME]: name,
  [POD_INDEX]: String(ordinal),
});

/** The revision of which a missing pod is made: below the partition the current one. */
export function revisionFor(
  set: StatefulSet,
  ordinal: number,
  current: ControllerRevision,
  update: ControllerRevision,
): ControllerRevision {
  const {type, rollingUpdate} = set.spec?.updateStrategy ?? {};
  const kept = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status?.currentReplicas ?? 0);
  return type === 'RollingUpdate' && ordinal < startOrdinal(set) + kept ? current : update;
}

const claimName = (set: StatefulSet, template: string, ordinal: number): string => `${template}-${set.metadata.name}-${ordinal}`;

/** The claims of an ordinal, as they would be made. */
export const claimsOf = (set: StatefulSet, ordinal: number): PersistentVolumeClaim[] =>
  (set.spec?.volumeClaimTemplates ?? []).map(({metadata, spec}) => ({
    metadata: {
      name: claimName(set, metadata.name!, ordinal),
      namespace: set.metadata.namespace,
      labels: {...metadata.labels, ...set.spec!.selector.matchLabels},
      ...(metadata.annotations && {annotations: metadata.annotations}),
      ...(metadata.finalizers && {finalizers: metadata.finalizers}),
    },
    spec,
  }));

type Volumes = NonNullable<Pod['spec']>['volumes'];

/** The volumes of the claims, then the template's that no claim replaces. */
export function volumesOf(set: StatefulSet, ordinal: number, volumes: Volumes = []): Volumes {
  const names = (set.spec?.volumeClaimTemplates ?? []).map(({metadata}) => metadata.name!);
  const claimed = names.map(name => ({name, persistentVolumeClaim: {claimName: claimName(set, name, ordinal)}}));
  const all = [...claimed, ...volumes.filter(({name}) => !names.includes(name))];
  return all.length > 0 ? all : undefined;
}

/** Counts pods; with all updated and ready, the update revision becomes the current one. */
export function statefulSetStatus(
  set: StatefulSet,
  pods: readonly Pod[],
  current: string,
  update: string,
  collisionCount: number,
  now: number,
): StatefulSetStatus {
  const ready = pods.filter(isRunningAndReady);
  const living = pods.filter(pod => !isTerminating(pod));
  const ofRevision = (name: string) => living.filter(pod => revisionNameOf(pod) === name).length;
  const status = {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter(pod => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)).length,
    currentReplicas: ofRevision(current),
    updatedReplicas: ofRevision(update),
    currentRevision: current,
    updateRevision: update,
    collisionCount,
  };
  const isRolled = [status.updatedReplicas, status.readyReplicas, status.replicas].every(count => count === replicasOf(set));
  if (isRolled && set.spec?.updateStrategy?.type === 'RollingUpdate')
    return {...status, currentReplicas: status.updatedReplicas, currentRevision: update};
  return status;
}
