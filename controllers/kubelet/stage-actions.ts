import {load} from 'js-yaml';
import type {ApiClient, KubeObject, Patch, ResourceType} from '../../server/api/client.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';
import {isObject} from '../../server/api/json.ts';
import {isApiError} from '../../server/api/status.ts';
import type {Stage, StagePatch} from './stages/stage.ts';

/** The object that a Stage is played for. */
export interface StageTarget {
  type: ResourceType<KubeObject>;
  object: KubeObject;
  /** Acts as whoever sees to the object. */
  own: ApiClient;
  /** Acts as an administrator, for patches under another name. */
  client: ApiClient;
}

const keyOf = ({type, object: {metadata}}: StageTarget) => ({
  name: metadata.name!,
  ...(type.namespaced && {namespace: metadata.namespace!}),
});

/** Writes what a Stage's template made of an object; nothing if it made nothing. */
export async function sendPatch(target: StageTarget, {subresource, root, type, username}: StagePatch, value: Json): Promise<void> {
  const content = typeof value === 'string' ? (load(value) as Json | undefined) : value;
  if (content === null || content === undefined) return;
  const {uid} = target.object.metadata;
  const body = root === '' ? content : {[root]: content};
  const patch = (
    type === 'json' ? {type, patch: body} : {type, patch: {...(body as JsonObject), metadata: {uid, ...metadataOf(body)}}}
  ) as Patch;
  const actor = username ? target.client.as({name: username, groups: ['system:authenticated']}, 'kubelet') : target.own;
  const send = (how: Patch) => actor.patch(target.type, keyOf(target), how, subresource ? {subresource} : {});
  await send(patch).catch(error => {
    // Custom resources have no strategic patches.
    if (patch.type !== 'strategic' || !isApiError(error, 'UnsupportedMediaType')) throw error;
    return send({...patch, type: 'merge'});
  });
}

export async function changeFinalizers(target: StageTarget, change: NonNullable<Stage['next']['finalizers']>): Promise<void> {
  const {uid, finalizers = []} = target.object.metadata;
  const removed = new Set((change.remove ?? []).map(({value}) => value));
  const kept = change.empty ? [] : finalizers.filter(value => !removed.has(value));
  const all = [...new Set([...kept, ...(change.add ?? []).map(({value}) => value)])];
  if (all.join('\0') === finalizers.join('\0')) return;
  await target.own.patch(target.type, keyOf(target), {type: 'merge', patch: {metadata: {uid: uid!, finalizers: all}}});
}

/** Deletes an object for good, as a kubelet does with a pod when its containers are gone. */
export async function removeObject(target: StageTarget): Promise<void> {
  const done = {gracePeriodSeconds: 0, preconditions: {uid: target.object.metadata.uid!}};
  await target.own.delete(target.type, keyOf(target), done).catch(error => {
    if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
  });
}

const metadataOf = (body: Json): JsonObject => (isObject(body) && isObject(body.metadata) ? body.metadata : {});
