import {invalid, invalidObject} from '../api/field.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import {formatGroupVersion, parseGroupVersion} from '../api/object.ts';
import {ApiError, badRequest, conflict, unsupportedMediaType} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {formatGoValue} from '../patch/go-format.ts';
import {applyJsonPatch} from '../patch/json.ts';
import {applyMergePatch} from '../patch/merge.ts';
import type {ManagedResource} from '../patch/ownership.ts';
import {applyStrategicPatch} from '../patch/strategic.ts';
import {conversionError} from '../patch/unstructured.ts';
import {authorizeCreation} from '../request/authorize.ts';
import {decodeDocumentAs, readBody} from '../request/body.ts';
import type {WriteQuery} from '../request/options.ts';
import {writeQuery} from '../request/options.ts';
import type {PatchBody} from '../request/patch-body.ts';
import {operationErrors, parsePatchJson, parsePatchYaml} from '../request/patch-body.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import {warnStrictly} from '../request/strict.ts';
import type {Resource, ResourceCodec} from '../resources/resource.ts';
import type {Document} from '../schema/document.ts';
import {createObject} from './create.ts';
import type {Environment} from './environment.ts';
import {ensureNamespace} from './metadata.ts';
import {modify} from './modify.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** What a PATCH is laid over: a resource, or what a subresource has instead (a Scale). */
export interface PatchTarget extends ManagedResource {
  /** Without strategic patches. */
  readonly custom: boolean;
  readonly codec?: ResourceCodec;
  readonly strategy: NonNullable<ManagedResource['strategy']> & {defaults?(object: KubeObject): void};
}

export interface Patch {
  readonly query: WriteQuery;
  /** Server-side apply: also creates, and settles managedFields itself. */
  readonly apply: boolean;
  /** The patched object, decoded and with defaults. `live` is undefined where apply creates. Throws ApiError. */
  transform(live: KubeObject | undefined): KubeObject | Promise<KubeObject>;
}

/** PATCH in its four forms. */
export async function patch(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const {name, namespace, subresource} = context.info;
  const {query, apply, transform} = await readPatch(environment, context, resource);
  const settle = async (live: KubeObject | undefined): Promise<KubeObject> => {
    const object = await transform(live);
    ensurePatchedName(object, name);
    ensureNamespace(resource, object.metadata, namespace);
    return object;
  };
  return modify(environment, context, {
    resource,
    namespace,
    name,
    subresource,
    query,
    owned: apply,
    transform: settle,
    ...(apply &&
      subresource === '' && {
        create: async () => {
          await authorizeCreation(environment.authorizer, context.identity, context.info);
          const object = await settle(undefined);
          refuseUid(resource, object);
          delete object.metadata.resourceVersion;
          return createObject(environment, context, resource, object, query, true);
        },
      }),
  });
}

/** Reads what a PATCH asks for; its body is looked at only when there is an object to lay it over. */
export async function readPatch(environment: Environment, context: RequestContext, target: PatchTarget): Promise<Patch> {
  const type = patchType(context, target);
  const apply = type === APPLY_PATCH;
  const query = writeQuery(context.request.query, 'PatchOptions', apply);
  const body = await readBody(context);
  const transform = apply
    ? (live: KubeObject | undefined) => applyPatch(environment, context, target, query, body, live)
    : (live: KubeObject | undefined) => mergePatch(environment, context, target, query, type, body, live!);
  return {query, apply, transform};
}

function patchType({request}: RequestContext, {custom}: PatchTarget): string {
  const type = String(request.headers['content-type'] ?? '')
    .split(';')[0]!
    .trim()
    .toLowerCase();
  const known = [JSON_PATCH, MERGE_PATCH, ...(custom ? [] : [STRATEGIC_PATCH]), APPLY_PATCH];
  if (known.includes(type)) return type;
  // Custom resources do not know the strategic patch, and say so in another place than the one for unknown types.
  if (type === STRATEGIC_PATCH) {
    throw unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${known.join(', ')}`);
  }
  throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

/** The object must (still) be the one the URL names. */
export function ensurePatchedName({metadata}: KubeObject, name: string): void {
  if (metadata.name === name) return;
  throw badRequest(
    metadata.name
      ? `the name of the object (${metadata.name}) does not match the name on the URL (${name})`
      : `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
  );
}

/** A configuration that names a uid means an object that is there. */
function refuseUid(resource: Resource, {metadata}: KubeObject): void {
  if (!metadata.uid) return;
  throw conflict(
    resource,
    metadata.name!,
    `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`,
  );
}

type Body = Buffer | JsonObject | Json[];

function mergePatch(
  environment: Environment,
  context: RequestContext,
  target: PatchTarget,
  query: WriteQuery,
  type: string,
  body: Body,
  live: KubeObject,
): KubeObject {
  const patchBody = parsePatchJson(body, type === STRATEGIC_PATCH ? '' : 'error decoding patch: ');
  const {value, strictErrors} = patchBody;
  if (type === STRATEGIC_PATCH) {
    const patched = applyStrategicPatch(live, value, target.schema);
    const failure = conversionError(patched, target.schema);
    if (failure !== undefined) throw undecodable(formatGoValue(value), failure);
    return decodePatched(environment, context, target, query, patched, {...patchBody, duplicates: undefined}, formatGoValue(value));
  }
  if (type === MERGE_PATCH) {
    const patched = applyMergePatch(live, value);
    return decodePatched(environment, context, target, query, patched, {value, strictErrors, duplicates: undefined});
  }
  const patched = applyJsonPatch(live, value);
  return decodePatched(environment, context, target, query, patched, {...patchBody, strictErrors: operationErrors(patchBody)});
}

function decodePatched(
  environment: Environment,
  context: RequestContext,
  target: PatchTarget,
  {fieldValidation}: WriteQuery,
  patched: Json,
  {strictErrors, duplicates}: PatchBody,
  shown?: string,
): KubeObject {
  try {
    if (!isObject(patched)) throw new Error(`json: cannot unmarshal ${Array.isArray(patched) ? 'array' : typeof patched} into Go value`);
    const document = {value: patched, duplicates, strictErrors, literals: false};
    if (target.codec) refuseOtherVersion(environment, context, document, target, fieldValidation);
    const object = decodeDocumentAs(environment, context, document, target, target.schema, fieldValidation, target.codec);
    target.strategy.defaults?.(object);
    return object;
  } catch (error) {
    if (error instanceof ApiError && error.status.code === 422) throw error;
    const reason = error instanceof ApiError ? error.message.replace(/^.*? cannot be handled as an? \S+: /s, '') : (error as Error).message;
    throw undecodable(shown ?? JSON.stringify(patched), reason);
  }
}

/** A custom object that a patch moved to another version: it loses what that version does not know before it is refused. */
function refuseOtherVersion(
  {registry}: Environment,
  context: RequestContext,
  document: Document,
  target: PatchTarget,
  fieldValidation: WriteQuery['fieldValidation'],
): void {
  const {apiVersion, kind, metadata, ...rest} = document.value as JsonObject;
  const expected = formatGroupVersion(target);
  if (apiVersion === expected || typeof apiVersion !== 'string' || apiVersion === '') return;
  const own: GroupVersionKind = {...(parseGroupVersion(apiVersion) ?? target), kind: String(kind ?? target.kind)};
  if (own.group === target.group && own.kind === target.kind) {
    const {codec} = registry.findKind(own) ?? {};
    const unknown = Object.keys(rest).sort();
    const strictErrors = codec ? codec.decode(document).strictErrors : unknown.map(name => `unknown field ${JSON.stringify(name)}`);
    if (strictErrors.length > 0 && fieldValidation === 'Strict') throw new Error(`strict decoding error: ${strictErrors.join(', ')}`);
    if (fieldValidation === 'Warn') warnStrictly(context, strictErrors);
  }
  const {name} = isObject(metadata) ? metadata : {};
  throw invalidObject(own, String(name ?? ''), [invalid('apiVersion', apiVersion, `must be ${expected}`)]);
}

/** A patched object that does not decode is a 422 without a name that shows it, or a strategic patch itself (patch.go). */
const undecodable = (shown: string, reason: string): ApiError =>
  invalidObject({group: '', kind: ''}, '', [invalid('patch', shown, reason)]);

async function applyPatch(
  environment: Environment,
  context: RequestContext,
  target: PatchTarget,
  {fieldManager, fieldValidation, force}: WriteQuery,
  body: Body,
  live: KubeObject | undefined,
): Promise<KubeObject> {
  const {subresource} = context.info;
  const {object: applied, strictErrors} = parsePatchYaml(body);
  const time = formatTime(environment.clock.now());
  const value = await environment.fieldManager.apply({live, applied, resource: target, manager: fieldManager, force, subresource, time});
  if (strictErrors.length > 0 && fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${strictErrors.join(', ')}`);
  if (fieldValidation === 'Warn') warnStrictly(context, strictErrors);
  const document = {value, duplicates: undefined, strictErrors: [], literals: false};
  const codec = target.codec && {...target.codec, decode: target.codec.decodeApplied};
  const object = decodeDocumentAs(environment, context, document, target, target.schema, 'Ignore', codec);
  target.strategy.defaults?.(object);
  return object;
}
