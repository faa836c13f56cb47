import {invalid, invalidObject} from '../api/field.ts';
import type {JsonObject} from '../api/json.ts';
import type {KubeObject, ManagedFieldsEntry} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import {formatLabelRequirements, formatLabelSelector, labelSetRequirements} from '../api/selectors.ts';
import {formatTime} from '../api/time.ts';
import {parentEntries, scaleEntries} from '../patch/scale.ts';
import {decodeBodyAs} from '../request/body.ts';
import {managerName} from '../request/manager.ts';
import type {WriteQuery} from '../request/options.ts';
import {writeQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {scaleResource} from '../resources/scale.ts';
import type {Environment} from '../verbs/environment.ts';
import {existing} from '../verbs/get.ts';
import {modify} from '../verbs/modify.ts';
import type {Patch, PatchTarget} from '../verbs/patch.ts';
import {ensurePatchedName, readPatch} from '../verbs/patch.ts';

const SCALE = {group: 'autoscaling', version: 'v1', kind: 'Scale'};

/** GET of an object's scale: replicas and selector in the one form that all scalable kinds share. */
export function getScale(environment: Environment, {info}: RequestContext, resource: Resource): ApiResponse {
  const {object} = existing(environment, resource, info.namespace, info.name);
  return {status: 200, headers: {}, body: {type: 'object', object: scaleOf(object), resource: scaleResource}};
}

/** PUT of a scale: sets spec.replicas of the object behind it. */
export async function updateScale(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'UpdateOptions');
  const scale = await decodeBodyAs(environment, context, SCALE, query.fieldValidation);
  return changeScale(environment, context, resource, {query, apply: false, transform: () => scale}, 'UpdateOptions');
}

/** PATCH of a scale: the patch is laid over the scale, not over the object. */
export async function patchScale(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const target = scaleTarget(environment, resource.custom);
  return changeScale(environment, context, resource, await readPatch(environment, context, target), 'PatchOptions');
}

const scaleTarget = ({schemas}: Environment, custom: boolean): PatchTarget => ({
  ...SCALE,
  schema: schemas.forKind(SCALE)!,
  custom,
  strategy: {},
});

async function changeScale(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  {query, apply, transform}: Patch,
  optionsKind: 'UpdateOptions' | 'PatchOptions',
): Promise<ApiResponse> {
  const {name, namespace} = context.info;
  const target = scaleTarget(environment, resource.custom);
  const apiVersion = formatGroupVersion(resource);
  const paths = {[apiVersion]: ['spec', 'replicas']};
  const response = await modify(environment, context, {
    resource,
    namespace,
    name,
    subresource: 'scale',
    rules: resource.strategy,
    query,
    optionsKind,
    owned: true,
    transform: live => {
      const liveScale = scaleOf(live);
      const entries = scaleEntries(live.metadata.managedFields, paths);
      if (entries) liveScale.metadata.managedFields = entries;
      const scale = transform(liveScale);
      checkScale(scale, name);
      const object = structuredClone(live);
      const replicas = (scale.spec as JsonObject | undefined)?.replicas ?? 0;
      object.spec = {...(object.spec as JsonObject), replicas};
      // The version of the scale is the object's own; without one the write is unconditional.
      if (scale.metadata.resourceVersion) object.metadata.resourceVersion = scale.metadata.resourceVersion;
      else delete object.metadata.resourceVersion;
      const owners = apply ? scale.metadata.managedFields : ownersOf(environment, context, query, target, liveScale, scale);
      const managedFields = parentEntries(live.metadata.managedFields, owners, apiVersion, paths);
      if (managedFields) object.metadata.managedFields = managedFields;
      else delete object.metadata.managedFields;
      return object;
    },
  });
  const {body} = response;
  const object = body.type === 'entry' ? body.entry.object : body.type === 'object' ? (body.object as KubeObject) : undefined;
  return object === undefined ? response : {...response, body: {type: 'object', object: scaleOf(object), resource: scaleResource}};
}

const ownersOf = (
  {fieldManager, clock}: Environment,
  context: RequestContext,
  query: WriteQuery,
  resource: PatchTarget,
  live: KubeObject,
  object: KubeObject,
): ManagedFieldsEntry[] | undefined =>
  fieldManager.update({
    live,
    object,
    resource,
    manager: managerName(context, query),
    subresource: 'scale',
    time: formatTime(clock.now()),
  });

function checkScale(scale: KubeObject, name: string): void {
  ensurePatchedName(scale, name);
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
