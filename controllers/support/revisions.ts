import equal from 'fast-deep-equal';
import type {ApiClient, ResourceType} from '../../server/api/client.ts';
import type {JsonObject} from '../../server/api/json.ts';
import type {ControllerRevision, PodTemplateSpec} from '../../server/api/kinds.generated.ts';
import {controllerRevisions as revisionType} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import type {Named} from '../runtime/informer.ts';
import {templateHash} from './hash.ts';
import {controllerReference} from './owners.ts';

// The history of a workload's template as ControllerRevisions (pkg/controller/history).

export const HASH_LABEL = 'controller.kubernetes.io/hash';
const MAX_PREFIX = 223;

/** A workload whose template is kept in revisions. */
export interface Revised extends Named {
  spec?: {template: PodTemplateSpec};
}

/** The template that a revision keeps. */
export function templateOf({data}: ControllerRevision): PodTemplateSpec {
  const {$patch: _directive, ...template} = (data as unknown as {spec: {template: JsonObject}}).spec.template;
  return template as PodTemplateSpec;
}

export const byRevision = (revisions: readonly ControllerRevision[]): ControllerRevision[] =>
  [...revisions].sort((a, b) => a.revision - b.revision || (a.metadata.name! < b.metadata.name! ? -1 : 1));

export interface RevisionSync<T extends Revised> {
  client: ApiClient;
  type: ResourceType<T>;
  owner: T;
  /** The owner's, in order (byRevision). */
  revisions: readonly ControllerRevision[];
  collisionCount: number | undefined;
  /** Under which a revision carries its hash. */
  hashLabel: string;
  wrote(revision: ControllerRevision): void;
}

/** The revision of the owner's present template: the newest as it is, an older one raised to the newest number, or a new one. */
export async function syncRevision<T extends Revised>(
  sync: RevisionSync<T>,
): Promise<{revision: ControllerRevision; collisionCount: number | undefined}> {
  const {client, owner, revisions, collisionCount, wrote} = sync;
  const last = revisions.at(-1);
  const next = (last?.revision ?? 0) + 1;
  const same = revisions.filter(revision => equal(templateOf(revision), owner.spec!.template)).at(-1);
  if (same && same === last) return {revision: same, collisionCount};
  if (same) {
    const revision = await client.update(revisionType, {...same, revision: next});
    wrote(revision);
    return {revision, collisionCount};
  }
  return createRevision(sync, next);
}

async function createRevision<T extends Revised>({client, type, owner, hashLabel, wrote, ...sync}: RevisionSync<T>, revision: number) {
  let {collisionCount} = sync;
  const {namespace, name, annotations} = owner.metadata;
  const {template} = owner.spec!;
  const data = {spec: {template: {...template, $patch: 'replace'}}} as unknown as JsonObject;
  for (;;) {
    const hash = templateHash(template, collisionCount || undefined);
    const wanted: ControllerRevision = {
      metadata: {
        name: `${name!.slice(0, MAX_PREFIX)}-${hash}`,
        namespace,
        labels: {...template.metadata?.labels, [hashLabel]: hash},
        ...(annotations && {annotations}),
        ownerReferences: [controllerReference(type as ResourceType<never>, owner)],
      },
      data,
      revision,
    };
    try {
      const created = await client.create(revisionType, wanted);
      wrote(created);
      return {revision: created, collisionCount};
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
      const other = await client.get(revisionType, {namespace, name: wanted.metadata.name!});
      if (equal(templateOf(other), template) && other.metadata.ownerReferences?.some(({uid}) => uid === owner.metadata.uid)) {
        return {revision: other, collisionCount};
      }
      collisionCount = (collisionCount ?? 0) + 1;
    }
  }
}

/** Deletes the oldest revisions beyond the limit that nothing uses. */
export async function truncateHistory(
  client: ApiClient,
  revisions: readonly ControllerRevision[],
  isUsed: (revision: ControllerRevision) => boolean,
  limit = 10,
): Promise<void> {
  const unused = revisions.filter(revision => !isUsed(revision));
  for (const {metadata} of unused.slice(0, Math.max(0, unused.length - limit))) {
    await client.delete(revisionType, {namespace: metadata.namespace, name: metadata.name!}).catch(error => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }
}
