import type {Clock} from '../api/clock.ts';
import type {KubeObject, ObjectMeta} from '../api/object.ts';
import type {Random} from '../api/random.ts';
import {randomSuffix} from '../api/random.ts';
import {badRequest} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {jsonEqual} from '../patch/equal.ts';
import type {Resource, Strategy} from '../resources/resource.ts';
import {semanticEqual} from '../resources/rules.ts';

// validation.maxGeneratedNameLength: 63 less the five random characters.
const MAX_GENERATED_BASE = 58;

/** `base` cut to 58 characters and five random ones (k8s.io/apiserver/pkg/storage/names). */
export const generateName = (base: string, random: Random): string => base.slice(0, MAX_GENERATED_BASE) + randomSuffix(random);

/** The namespace of the body must be the URL's, or empty; a cluster-scoped object's is dropped (rest.EnsureObjectNamespaceMatchesRequestNamespace). */
export function ensureNamespace(resource: Resource, metadata: ObjectMeta, namespace: string): void {
  const own = metadata.namespace ?? '';
  if (!resource.namespaced) {
    delete metadata.namespace;
    return;
  }
  if (own === '') metadata.namespace = namespace;
  else if (own !== namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Owners are kept once each; who sends one twice is told. `after`: mutating admission has made it so. */
export function dedupeOwners(metadata: ObjectMeta, warn: (message: string) => void, after = false): void {
  const owners = metadata.ownerReferences;
  if (!owners || owners.length < 2) return;
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const kept = owners.filter(({uid}) => {
    if (seen.has(uid)) repeated.add(uid);
    return !seen.has(uid) && seen.add(uid);
  });
  if (repeated.size === 0) return;
  metadata.ownerReferences = kept;
  const where = after ? ' after mutating admission happens' : '';
  warn(
    `.metadata.ownerReferences contains duplicate entries${where}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; ` +
      `please fix your requests; duplicate UID(s) observed: ${[...repeated].join(', ')}`,
  );
}

/** What a new object cannot bring along (rest.WipeObjectMetaSystemFields). A generation it may, where its kind has none of its own. */
export function wipeSystemMetadata(metadata: ObjectMeta): void {
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
}

/** What the server owns in a new object's metadata (rest.FillObjectMetaSystemFields). */
export function fillSystemMetadata(metadata: ObjectMeta, clock: Clock, random: Random): void {
  metadata.creationTimestamp = formatTime(clock.now());
  metadata.uid = random.uuid();
}

/** Keeps what an update may not touch, and what it left out (ValidateObjectMetaAccessorUpdate). */
export function keepSystemMetadata(metadata: ObjectMeta, old: ObjectMeta): void {
  if (old.generation === undefined) delete metadata.generation;
  else metadata.generation = old.generation;
  if (!metadata.uid) metadata.uid = old.uid!;
  if (old.creationTimestamp) metadata.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.deletionTimestamp;
  if (metadata.deletionGracePeriodSeconds === undefined && old.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  }
}

/** metadata.generation of a new object. */
export function initialGeneration(strategy: Strategy, object: KubeObject): number | undefined {
  if (strategy.generation === 'none') return undefined;
  return strategy.initialGeneration ?? (strategy.generation === undefined && object.spec === undefined ? undefined : 1);
}

/** Does this update move metadata.generation? */
export function movesGeneration(strategy: Strategy, object: KubeObject, old: KubeObject): boolean {
  const {generation} = strategy;
  if (generation === 'none' || generation === 'create') return false;
  if (generation !== undefined) return generation(object, old);
  return !jsonEqual(object.spec, old.spec) && !semanticEqual(object.spec, old.spec);
}

/** Deletion may finish: nothing holds the object any more. */
export const isFullyDeleted = (object: KubeObject, strategy: Strategy): boolean =>
  object.metadata.deletionTimestamp !== undefined &&
  (object.metadata.finalizers ?? []).length === 0 &&
  (object.metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
  !(strategy.deletionHeld?.(object) ?? false);
