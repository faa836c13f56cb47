import {invalid, invalidObject} from '../api/field.ts';
import type {JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {formatLabelRequirements, formatLabelSelector, labelSetRequirements} from '../api/selectors.ts';
import {badRequest} from '../api/status.ts';
import {applyJsonPatch} from '../patch/json.ts';
import {applyMergePatch} from '../patch/merge.ts';
import {decodeBodyAs, readBody} from '../request/body.ts';
import type {WriteQuery} from '../request/options.ts';
import {writeQuery} from '../request/options.ts';
import {parsePatchJson} from '../request/patch-body.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {existing} from '../verbs/get.ts';
import {modify} from '../verbs/modify.ts';

const SCALE = {group: 'autoscaling', version: 'v1', kind: 'Scale'};

/** GET of an object's scale: replicas and selector in the one form that all scalable kinds share. */
export function getScale(environment: Environment, {info}: RequestContext, resource: Resource): ApiResponse {
  const {object} = existing(environment, resource, info.namespace, info.name);
  return {status: 200, headers: {}, body: {type: 'object', object: scaleOf(object)}};
}

/** PUT of a scale: sets spec.replicas of the object behind it. */
export async function updateScale(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'UpdateOptions');
  const scale = await decodeBodyAs(environment, context, SCALE, query.fieldValidation);
  return changeScale(environment, context, resource, query, 'UpdateOptions', () => scale);
}

/** PATCH of a scale: the patch is laid over the scale, not over the object. */
export async function patchScale(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'PatchOptions');
  const json = String(context.request.headers['content-type']).startsWith('application/json-patch+json');
  const body = parsePatchJson(await readBody(context), json);
  return changeScale(environment, context, resource, query, 'PatchOptions', live => {
    const scale = scaleOf(live);
    const patched = json ? applyJsonPatch(scale, body) : applyMergePatch(scale, body as JsonObject);
    if (!isObject(patched)) throw badRequest('the patched scale is not an object');
    return patched as KubeObject;
  });
}

async function changeScale(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  query: WriteQuery,
  optionsKind: 'UpdateOptions' | 'PatchOptions',
  wanted: (live: KubeObject) => KubeObject,
): Promise<ApiResponse> {
  const {name, namespace} = context.info;
  const response = await modify(environment, context, {
    resource,
    namespace,
    name,
    subresource: 'scale',
    rules: resource.strategy,
    query,
    optionsKind,
    transform: live => {
      const scale = wanted(live);
      checkScale(scale, name);
      const object = structuredClone(live);
      const replicas = (scale.spec as JsonObject | undefined)?.replicas ?? 0;
      object.spec = {...(object.spec as JsonObject), replicas};
      // The version of the scale is the object's own; without one the write is unconditional.
      if (scale.metadata.resourceVersion) object.metadata.resourceVersion = scale.metadata.resourceVersion;
      else delete object.metadata.resourceVersion;
      return object;
    },
  });
  const {body} = response;
  const object = body.type === 'entry' ? body.entry.object : body.type === 'object' ? (body.object as KubeObject) : undefined;
  return object === undefined ? response : {...response, body: {type: 'object', object: scaleOf(object)}};
}

function checkScale(scale: KubeObject, name: string): void {
  if (scale.metadata.name !== name) {
    throw badRequest(
      scale.metadata.name
        ? `the name of the object (${scale.metadata.name}) does not match the name on the URL (${name})`
        : `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  const replicas = (scale.spec as {replicas?: number} | undefined)?.replicas ?? 0;
  if (replicas < 0) throw invalidObject(SCALE, name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')]);
}

/** autoscaling/v1 Scale of any object with spec.replicas, status.replicas and a selector. */
function scaleOf({metadata, spec, status}: KubeObject): KubeObject {
  const {name, namespace, uid, resourceVersion, creationTimestamp} = metadata;
  const {replicas, selector} = spec as {replicas?: number; selector?: JsonObject};
  const text =
    selector === undefined
      ? ''
      : isPlainSet(selector)
        ? formatLabelRequirements(labelSetRequirements(selector as {[key: string]: string}))
        : formatLabelSelector(selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      ...(name !== undefined && {name}),
      ...(namespace !== undefined && {namespace}),
      ...(uid !== undefined && {uid}),
      ...(resourceVersion !== undefined && {resourceVersion}),
      ...(creationTimestamp && {creationTimestamp}),
    },
    spec: {...(replicas && {replicas})},
    status: {replicas: (status as {replicas?: number} | undefined)?.replicas ?? 0, ...(text !== '' && {selector: text})},
  };
}

/** A ReplicationController's selector is a plain map of labels. */
const isPlainSet = (selector: JsonObject): boolean =>
  !('matchLabels' in selector) && !('matchExpressions' in selector) && Object.keys(selector).length > 0;
