import equal from 'fast-deep-equal';
import type {Deployment, PodTemplateSpec, ReplicaSet} from '../server/api/kinds.generated.ts';
import {parseTime} from '../server/api/time.ts';
import {scaledValue} from './support/int-or-percent.ts';

// A Deployment's ReplicaSets: which is which, and the annotations that remember it (pkg/controller/deployment/util).

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
const ROLLBACK_TO = 'deprecated.deployment.rollback.to';
const MAX_HISTORY_LENGTH = 2000;

/** Annotations that a ReplicaSet does not take over from its Deployment. */
const OWN_ANNOTATIONS = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  ROLLBACK_TO,
]);

export const replicasOf = (object: {spec?: {replicas?: number}} | undefined): number => object?.spec?.replicas ?? 0;
export const wishedTotal = (sets: readonly (ReplicaSet | undefined)[]): number => sets.reduce((sum, set) => sum + replicasOf(set), 0);
export const isActive = (set: ReplicaSet): boolean => replicasOf(set) > 0;

const creation = ({metadata}: ReplicaSet): number => (metadata.creationTimestamp ? parseTime(metadata.creationTimestamp) : 0);
const byName = (a: ReplicaSet, b: ReplicaSet): number => (a.metadata.name! < b.metadata.name! ? -1 : 1);

export const olderFirst = (sets: readonly ReplicaSet[]): ReplicaSet[] =>
  [...sets].sort((a, b) => creation(a) - creation(b) || byName(a, b));
export const newerFirst = (sets: readonly ReplicaSet[]): ReplicaSet[] => olderFirst(sets).reverse();

/** Largest first, among equals the newer or the older. */
export const bySize = (sets: readonly ReplicaSet[], newer: boolean): ReplicaSet[] =>
  (newer ? newerFirst(sets) : olderFirst(sets)).sort((a, b) => replicasOf(b) - replicasOf(a));

/** The oldest ReplicaSet with the Deployment's template, its hash label apart. */
export function findNew({spec}: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return olderFirst(sets).find(set => sameTemplate(set.spec?.template, spec!.template));
}

export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec): boolean {
  return equal(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const {[HASH_LABEL]: _hash, ...labels} = template?.metadata?.labels ?? {};
  return {...template, metadata: {...template?.metadata, labels}};
}

const revisionOf = ({metadata}: ReplicaSet): bigint => parseRevision(metadata.annotations?.[REVISION] ?? '0') ?? 0n;

/** Revisions are 64 bits wide; undefined: not a number. */
const parseRevision = (text: string): bigint | undefined => (/^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined);

export function nextRevision(old: readonly ReplicaSet[]): bigint {
  let highest = 0n;
  for (const set of old) if (revisionOf(set) > highest) highest = revisionOf(set);
  return highest + 1n;
}

/** The revision that an annotation asks to have back, 0 for the last one. */
export const rollbackOf = ({metadata}: Deployment): bigint | undefined => parseRevision(metadata.annotations?.[ROLLBACK_TO] ?? '');

/** The revision before the highest; 0: none. */
export const lastRevision = (sets: readonly ReplicaSet[]): bigint =>
  sets.map(revisionOf).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))[1] ?? 0n;

export const setOfRevision = (sets: readonly ReplicaSet[], revision: bigint): ReplicaSet | undefined =>
  sets.find(set => revisionOf(set) === revision);

/** The Deployment with a request to roll back done with: the template and the annotations of a ReplicaSet, if there is one. */
export function rolledBack(deployment: Deployment, set: ReplicaSet | undefined): Deployment {
  const {[ROLLBACK_TO]: _done, ...annotations} = deployment.metadata.annotations ?? {};
  if (!set) return {...deployment, metadata: {...deployment.metadata, annotations}};
  const isOwn = ([key]: [string, string]): boolean => OWN_ANNOTATIONS.has(key);
  const kept = Object.entries(annotations).filter(isOwn);
  const restored = Object.entries(set.metadata.annotations ?? {}).filter(entry => !isOwn(entry));
  const metadata = {...deployment.metadata, annotations: Object.fromEntries([...kept, ...restored])};
  return {...deployment, metadata, spec: {...deployment.spec!, template: withoutHash(set.spec?.template)}};
}

export const desiredReplicas = (set: ReplicaSet): number | undefined => integerAnnotation(set, DESIRED_REPLICAS);
export const maxReplicas = (set: ReplicaSet): number | undefined => integerAnnotation(set, MAX_REPLICAS);

function integerAnnotation({metadata}: ReplicaSet, name: string): number | undefined {
  const text = metadata.annotations?.[name];
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

export const isRolling = ({spec}: Deployment): boolean => spec?.strategy?.type === 'RollingUpdate';

/** maxSurge and maxUnavailable in pods; both nothing would never get on, so that one may be unavailable (ResolveFenceposts). */
export function fenceposts(deployment: Deployment): {surge: number; unavailable: number} {
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment)) return {surge: 0, unavailable: 0};
  const {maxSurge, maxUnavailable} = deployment.spec!.strategy!.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, replicas, true);
  const unavailable = scaledValue(maxUnavailable, replicas, false) || (surge === 0 ? 1 : 0);
  return {surge, unavailable: Math.min(unavailable, replicas)};
}

/** The annotations that tell a ReplicaSet how large its Deployment is. */
export const sizeAnnotations = (deployment: Deployment): {[key: string]: string} => ({
  [DESIRED_REPLICAS]: String(replicasOf(deployment)),
  [MAX_REPLICAS]: String(replicasOf(deployment) + fenceposts(deployment).surge),
});

/** The annotations of the new ReplicaSet: the Deployment's, its revision, the revisions it had before. */
export function newSetAnnotations(deployment: Deployment, set: ReplicaSet | undefined, revision: bigint): {[key: string]: string} {
  const annotations = {...set?.metadata.annotations};
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!OWN_ANNOTATIONS.has(key)) annotations[key] = value;
  }
  const before = annotations[REVISION];
  const former = parseRevision(before ?? '0');
  if (former === undefined) return annotations;
  if (former < revision) {
    annotations[REVISION] = String(revision);
    if (before !== undefined) {
      const history = extendHistory(annotations[REVISION_HISTORY], before);
      if (history !== undefined) annotations[REVISION_HISTORY] = history;
    }
  }
  return set ? annotations : {...annotations, ...sizeAnnotations(deployment)};
}

function extendHistory(history: string | undefined, revision: string): string | undefined {
  if (!history) return revision;
  const revisions = [...history.split(','), revision];
  while (revisions.length > 1 && revisions.join(',').length > MAX_HISTORY_LENGTH) revisions.shift();
  return revisions.join(',');
}

/** The old ReplicaSets that a full history pushes out, oldest revision first. */
export function surplusHistory({spec}: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = spec?.revisionHistoryLimit;
  if (limit === undefined || limit === 2147483647) return [];
  const cleanable = old.filter(({metadata}) => !metadata.deletionTimestamp);
  const surplus = olderFirst(cleanable)
    .sort((a, b) => Number(revisionOf(a) - revisionOf(b)))
    .slice(0, Math.max(0, cleanable.length - limit));
  return surplus.filter(
    ({metadata, spec: own, status}) =>
      !status?.replicas && !own?.replicas && (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0),
  );
}
