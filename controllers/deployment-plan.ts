import type {Deployment, ReplicaSet} from '../server/api/kinds.generated.ts';
import {
  bySize,
  desiredReplicas,
  fenceposts,
  isActive,
  isRolling,
  maxReplicas,
  newerFirst,
  olderFirst,
  replicasOf,
  wishedTotal,
} from './deployment-replicasets.ts';

/** A ReplicaSet and the size it should have. */
export interface Scale {
  set: ReplicaSet;
  replicas: number;
}

const availableTotal = (sets: readonly (ReplicaSet | undefined)[]): number =>
  sets.reduce((sum, set) => sum + (set?.status?.availableReplicas ?? 0), 0);

/** The ReplicaSets still have the size of an earlier spec.replicas. */
export const isScalingEvent = (deployment: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.filter(isActive).some(set => {
    const desired = desiredReplicas(set);
    return desired !== undefined && desired !== replicasOf(deployment);
  });

/** The size of the new ReplicaSet as far as surge allows (NewRSNewReplicas). `sets` are all ReplicaSets. */
export function newSetSize(deployment: Deployment, sets: readonly ReplicaSet[], current: number): number {
  if (!isRolling(deployment)) return replicasOf(deployment);
  const room = replicasOf(deployment) + fenceposts(deployment).surge - wishedTotal(sets);
  return room <= 0 ? current : current + Math.min(room, replicasOf(deployment) - current);
}

/** One step of the new ReplicaSet in a rolling update. */
export function planNewSet(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const [now, wished] = [replicasOf(newSet), replicasOf(deployment)];
  const replicas = now >= wished ? wished : newSetSize(deployment, [...old, newSet], now);
  return replicas === now ? [] : [{set: newSet, replicas}];
}

/** One step of the old ReplicaSets in a rolling update: first pods that are not available anyway, then as many as may be missed. */
export function planOldSets(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  if (wishedTotal(old) === 0) return [];
  const minimum = replicasOf(deployment) - fenceposts(deployment).unavailable;
  const newUnavailable = replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
  let unhealthy = wishedTotal([...old, newSet]) - minimum - newUnavailable;
  if (unhealthy <= 0) return [];

  const sizes = new Map(olderFirst(old.filter(isActive)).map(set => [set, replicasOf(set)]));
  for (const [set, size] of sizes) {
    const down = Math.min(unhealthy, size - (set.status?.availableReplicas ?? 0));
    if (down <= 0) continue;
    unhealthy -= down;
    sizes.set(set, size - down);
  }
  // Upstream looks at availability alone; a status that lags behind its size counts pods that are gone, so sizes bound it here.
  let healthy = Math.min(availableTotal([...old, newSet]) - minimum, unhealthy);
  for (const [set, size] of sizes) {
    if (healthy <= 0) break;
    const down = Math.min(healthy, size);
    healthy -= down;
    sizes.set(set, size - down);
  }
  return [...sizes].filter(([set, size]) => size !== replicasOf(set)).map(([set, replicas]) => ({set, replicas}));
}

/**
 * Follows a change of spec.replicas (deployment.scale): the only active ReplicaSet takes it, a finished rollout loses its old ones, and
 * in the middle of a rolling update the change is shared in proportion. Sizes that stay are given too: their annotations may change.
 */
export function planScale(deployment: Deployment, newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): Scale[] {
  const wished = replicasOf(deployment);
  const all = newSet ? [...old, newSet] : [...old];
  const single = activeOrLatest(newSet, old);
  if (single) return replicasOf(single) === wished ? [] : [{set: single, replicas: wished}];
  if (isSaturated(deployment, newSet)) return old.filter(isActive).map(set => ({set, replicas: 0}));
  return isRolling(deployment) ? shareInProportion(deployment, all.filter(isActive)) : [];
}

/** The one ReplicaSet that has pods, or the newest when none has (FindActiveOrLatest). */
function activeOrLatest(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = (newSet ? [...old, newSet] : old).filter(isActive);
  if (active.length === 0) return newSet ?? newerFirst(old)[0];
  return active.length === 1 ? active[0] : undefined;
}

function isSaturated(deployment: Deployment, newSet: ReplicaSet | undefined): boolean {
  const wished = replicasOf(deployment);
  return (
    newSet !== undefined &&
    replicasOf(newSet) === wished &&
    desiredReplicas(newSet) === wished &&
    (newSet.status?.availableReplicas ?? 0) === wished
  );
}

function shareInProportion(deployment: Deployment, active: readonly ReplicaSet[]): Scale[] {
  const allowed = replicasOf(deployment) > 0 ? replicasOf(deployment) + fenceposts(deployment).surge : 0;
  const toAdd = allowed - wishedTotal(active);
  const sorted = toAdd === 0 ? [...active] : bySize(active, toAdd > 0);
  let added = 0;
  const scales = sorted.map(set => {
    const share = proportion(deployment, set, toAdd, added);
    added += share;
    return {set, replicas: replicasOf(set) + share};
  });
  if (toAdd !== 0 && scales[0]) scales[0].replicas = Math.max(0, scales[0].replicas + toAdd - added);
  return scales;
}

function proportion(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  if (toAdd === 0 || replicasOf(set) === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, set);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

function fractionOf(deployment: Deployment, set: ReplicaSet): number {
  if (replicasOf(deployment) === 0) return -replicasOf(set);
  const before = maxReplicas(set) || deployment.status?.replicas || 0;
  if (before === 0) return 0;
  const after = replicasOf(deployment) + fenceposts(deployment).surge;
  return Math.round((replicasOf(set) * after) / before) - replicasOf(set);
}
