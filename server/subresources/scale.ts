import {klona} from 'klona/json';
import {invalid, invalidObject} from '../api/field.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import {formatLabelRequirements, formatLabelSelector, labelSetRequirements} from '../api/selectors.ts';
import {badRequest, internalError, isApiError} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {printerColumns} from '../extensions/printer-columns.ts';
import {parentEntries, scaleEntries} from '../patch/scale.ts';
import {decodeBodyAs} from '../request/body.ts';
import {managerName} from '../request/manager.ts';
import type {WriteQuery} from '../request/options.ts';
import {writeQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource, ScalePaths} from '../resources/resource.ts';
import type {ScaleForm} from '../resources/scale.ts';
import type {Environment} from '../verbs/environment.ts';
import {existing} from '../verbs/get.ts';
import {ensureNamespace} from '../verbs/metadata.ts';
import {modify} from '../verbs/modify.ts';
import type {Patch, PatchTarget} from '../verbs/patch.ts';
import {ensurePatchedName, readPatch} from '../verbs/patch.ts';
import {storedToRules} from '../verbs/stored-form.ts';
import {checkPreconditions} from '../verbs/update.ts';
import {subresourceRequest} from './admission.ts';

const SPEC_REPLICAS = ['spec', 'replicas'];
/** Stands for replicas that a custom object does not have: a patch that leaves them alone is refused. */
const NO_REPLICAS = -(2 ** 31);
const SCALE = {group: 'autoscaling', version: 'v1', kind: 'Scale'};

/** GET of an object's scale: replicas and selector in the one form that all scalable kinds share. */
export async function getScale(environment: Environment, {info}: RequestContext, resource: Resource): Promise<ApiResponse> {
  const object = await storedToRules(resource, existing(environment, resource, info.namespace, info.name).object);
  const {scale} = resource;
  if (scale && valueAt(object, scale.specReplicas) === undefined) {
    throw internalError(`the spec replicas field ${shownPath(scale)} does not exist`);
  }
  return {
    status: 200,
    headers: {},
    body: {type: 'object', object: scaleOf(object, resource.scale), resource: formOf(environment, resource)},
  };
}

/** Scales of custom kinds are printed by paths, as custom objects are. */
const CUSTOM_COLUMNS = printerColumns(
  [
    {name: 'Desired', type: 'integer', jsonPath: '.spec.replicas', description: ''},
    {name: 'Available', type: 'integer', jsonPath: '.status.replicas', description: ''},
    {name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: ''},
  ],
  () => '',
);

const formOf = ({registry}: Environment, {custom}: Resource): ScaleForm =>
  custom ? {...registry.scale, columns: CUSTOM_COLUMNS} : registry.scale;

const shownPath = ({specReplicas}: ScalePaths): string => JSON.stringify(`.${specReplicas.join('.')}`);

/** PUT of a scale: sets spec.replicas of the object behind it. */
export async function updateScale(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'UpdateOptions');
  const scale = await decodeScale(environment, context, resource, query);
  return changeScale(environment, context, resource, {query, apply: false, transform: () => scale});
}

/** The server of custom resources cannot even say what is wrong with a Scale. */
async function decodeScale(environment: Environment, context: RequestContext, {custom}: Resource, query: WriteQuery): Promise<KubeObject> {
  try {
    return await decodeBodyAs(environment, context, SCALE, query.fieldValidation);
  } catch (error) {
    const undecodable = custom && isApiError(error, 'BadRequest') && error.message.includes(' cannot be handled as a Scale: ');
    throw undecodable ? badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"') : error;
  }
}

/** PATCH of a scale: the patch is laid over the scale, not over the object. */
export async function patchScale(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const target = scaleTarget(environment, resource.custom);
  return changeScale(environment, context, resource, await readPatch(environment, context, target));
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
): Promise<ApiResponse> {
  const {name, namespace} = context.info;
  const target = scaleTarget(environment, resource.custom);
  const apiVersion = formatGroupVersion(resource);
  const paths = {[apiVersion]: resource.scale?.specReplicas ?? SPEC_REPLICAS};
  const response = await modify(environment, context, {
    resource,
    namespace,
    name,
    subresource: 'scale',
    rules: resource.strategy,
    query,
    owned: true,
    admitted: true,
    async transform(live) {
      const liveScale = scaleOf(live, resource.scale);
      if (resource.scale && valueAt(live, resource.scale.specReplicas) === undefined) liveScale.spec = {replicas: NO_REPLICAS};
      const entries = scaleEntries(live.metadata.managedFields, paths);
      if (entries) liveScale.metadata.managedFields = entries;
      const scale = await transform(liveScale);
      ensureNamespace(resource, scale.metadata, namespace);
      checkPreconditions(resource, {uid: scale.metadata.uid}, live, query.dryRun);
      await admitScale(environment, context, resource, {object: scale, old: liveScale, query});
      checkScale(scale, name, resource.custom);
      const object = klona(live);
      const replicas = (scale.spec as JsonObject | undefined)?.replicas ?? 0;
      if (resource.scale && replicas === NO_REPLICAS)
        throw badRequest(`the spec replicas field ${shownPath(resource.scale)} cannot be empty`);
      setAt(object, resource.scale?.specReplicas ?? SPEC_REPLICAS, replicas);
      // The version of the scale is the object's own; without one the write is unconditional.
      if (scale.metadata.resourceVersion) object.metadata.resourceVersion = scale.metadata.resourceVersion;
      else if (resource.strategy.allowUnconditionalUpdate !== false) delete object.metadata.resourceVersion;
      const owners = apply ? scale.metadata.managedFields : await ownersOf(environment, context, query, target, liveScale, scale);
      const managedFields = parentEntries(live.metadata.managedFields, owners, apiVersion, paths);
      if (managedFields) object.metadata.managedFields = managedFields;
      else delete object.metadata.managedFields;
      return object;
    },
  });
  const {body} = response;
  const object =
    body.type === 'entry'
      ? await storedToRules(resource, body.entry.object)
      : body.type === 'object'
        ? (body.object as KubeObject)
        : undefined;
  return object === undefined
    ? response
    : {...response, body: {type: 'object', object: scaleOf(object, resource.scale), resource: formOf(environment, resource)}};
}

/** Admission sees the scale, not the object behind it. */
async function admitScale(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  scales: Parameters<typeof subresourceRequest>[3],
): Promise<void> {
  const request = subresourceRequest(context, resource, SCALE, scales);
  await environment.admission.admit(request);
  await environment.admission.validate(request);
}

const ownersOf = (
  {fieldManager, clock}: Environment,
  context: RequestContext,
  query: WriteQuery,
  resource: PatchTarget,
  live: KubeObject,
  object: KubeObject,
): ReturnType<Environment['fieldManager']['update']> =>
  fieldManager.update({
    live,
    object,
    resource,
    manager: managerName(context, query),
    subresource: 'scale',
    time: formatTime(clock.now()),
  });

/** A custom kind's own rules judge its replicas. */
function checkScale(scale: KubeObject, name: string, custom: boolean): void {
  ensurePatchedName(scale, name);
  if (custom) return;
  const replicas = (scale.spec as {replicas?: number} | undefined)?.replicas ?? 0;
  if (replicas < 0) throw invalidObject(SCALE, name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')]);
}

/** autoscaling/v1 Scale of an object: replicas and selector from where its kind has them. */
function scaleOf({metadata, ...rest}: KubeObject, paths?: ScalePaths): KubeObject {
  const {name, namespace, uid, resourceVersion, creationTimestamp} = metadata;
  const replicas = valueAt(rest, paths?.specReplicas ?? SPEC_REPLICAS) as number | undefined;
  const observed = valueAt(rest, paths?.statusReplicas ?? ['status', 'replicas']) as number | undefined;
  const selector = paths
    ? ((paths.labelSelector && valueAt(rest, paths.labelSelector)) ?? '')
    : selectorText(valueAt(rest, ['spec', 'selector']) as JsonObject | undefined);
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
    status: {replicas: observed ?? 0, ...(selector !== '' && {selector})},
  };
}

function selectorText(selector: JsonObject | undefined): string {
  if (selector === undefined) return '';
  return isPlainSet(selector)
    ? formatLabelRequirements(labelSetRequirements(selector as {[key: string]: string}))
    : formatLabelSelector(selector);
}

function valueAt(object: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const name of path) value = isObject(value) ? value[name] : undefined;
  return value;
}

function setAt(object: JsonObject, path: readonly string[], value: Json): void {
  let node = object;
  for (const name of path.slice(0, -1)) {
    if (!isObject(node[name])) node[name] = {};
    node = node[name] as JsonObject;
  }
  node[path.at(-1)!] = value;
}

/** A ReplicationController's selector is a plain map of labels. */
const isPlainSet = (selector: JsonObject): boolean =>
  !('matchLabels' in selector) && !('matchExpressions' in selector) && Object.keys(selector).length > 0;
