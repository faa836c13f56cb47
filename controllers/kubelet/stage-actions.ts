import {load} from 'js-yaml';
import type {ApiClient, Patch} from '../../server/api/client.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';
import {isObject} from '../../server/api/json.ts';
import type {Pod} from '../../server/api/kinds.generated.ts';
import {pods} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import type {Host} from './hosts.ts';
import type {Stage, StagePatch} from './stages/stage.ts';

/** Writes what a Stage's template made of a pod; nothing if it made nothing. */
export async function sendPatch(
  pod: Pod,
  {subresource, root, type, username}: StagePatch,
  value: Json,
  host: Host,
  client: ApiClient,
): Promise<void> {
  const content = typeof value === 'string' ? (load(value) as Json | undefined) : value;
  if (content === null || content === undefined) return;
  const {namespace, name, uid} = pod.metadata;
  const body = root === '' ? content : {[root]: content};
  const patch = (
    type === 'json' ? {type, patch: body} : {type, patch: {...(body as JsonObject), metadata: {uid, ...metadataOf(body)}}}
  ) as Patch;
  const actor = username ? client.as({name: username, groups: ['system:authenticated']}, 'kubelet') : host.client;
  await actor.patch(pods, {namespace, name: name!}, patch, subresource ? {subresource} : {});
}

export async function changeFinalizers(pod: Pod, change: NonNullable<Stage['next']['finalizers']>, host: Host): Promise<void> {
  const {namespace, name, uid, finalizers = []} = pod.metadata;
  const removed = new Set((change.remove ?? []).map(({value}) => value));
  const kept = change.empty ? [] : finalizers.filter(value => !removed.has(value));
  const all = [...new Set([...kept, ...(change.add ?? []).map(({value}) => value)])];
  if (all.join('\0') === finalizers.join('\0')) return;
  await host.client.patch(pods, {namespace, name: name!}, {type: 'merge', patch: {metadata: {uid, finalizers: all}}});
}

/** Deletes a pod for good, as a kubelet does when its containers are gone. */
export async function removePod({metadata: {namespace, name, uid}}: Pod, host: Host): Promise<void> {
  const done = {gracePeriodSeconds: 0, preconditions: {uid}};
  await host.client.delete(pods, {namespace, name: name!}, done).catch(error => {
    if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
  });
}

const metadataOf = (body: Json): JsonObject => (isObject(body) && isObject(body.metadata) ? body.metadata : {});
