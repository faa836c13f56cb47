import {invalid, invalidObject} from '../api/field.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {ApiError, badRequest, unsupportedMediaType} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {applyJsonPatch} from '../patch/json.ts';
import {applyMergePatch} from '../patch/merge.ts';
import {applyStrategicPatch} from '../patch/strategic.ts';
import {authorizeCreation} from '../request/authorize.ts';
import {decodeObject, readBody} from '../request/body.ts';
import type {WriteQuery} from '../request/options.ts';
import {writeQuery} from '../request/options.ts';
import {parsePatchJson, parsePatchYaml} from '../request/patch-body.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {createObject} from './create.ts';
import type {Environment} from './environment.ts';
import {ensureNamespace} from './metadata.ts';
import {modify} from './modify.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** PATCH in its four forms. */
export async function patch(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const type = patchType(context, resource);
  const query = writeQuery(context.request.query, 'PatchOptions', type === APPLY_PATCH);
  const body = await readBody(context);
  return type === APPLY_PATCH
    ? apply(environment, context, resource, query, body)
    : merge(environment, context, resource, query, type, body);
}

function patchType({request}: RequestContext, resource: Resource): string {
  const type = String(request.headers['content-type'] ?? '')
    .split(';')[0]!
    .trim()
    .toLowerCase();
  const known = [JSON_PATCH, MERGE_PATCH, ...(resource.custom ? [] : [STRATEGIC_PATCH]), APPLY_PATCH];
  if (known.includes(type)) return type;
  // Custom resources do not know the strategic patch, and say so in another place than the one for unknown types.
  if (type === STRATEGIC_PATCH) {
    throw unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${known.join(', ')}`);
  }
  throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

async function merge(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  query: WriteQuery,
  type: string,
  body: Buffer | JsonObject | Json[],
): Promise<ApiResponse> {
  const {name, namespace, subresource} = context.info;
  const patchBody = parsePatchJson(body, type === JSON_PATCH);
  return modify(environment, context, {
    resource,
    namespace,
    name,
    subresource,
    query,
    optionsKind: 'PatchOptions',
    transform: live => {
      const patched = applyPatch(live, patchBody, type, resource);
      const object = decodePatched(environment, context, resource, patched, query);
      if (object.metadata.name !== name) {
        throw badRequest(
          object.metadata.name
            ? `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`
            : `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
        );
      }
      ensureNamespace(resource, object.metadata, namespace);
      return object;
    },
  });
}

function applyPatch(live: KubeObject, body: Json, type: string, resource: Resource): Json {
  if (type === JSON_PATCH) return applyJsonPatch(live, body);
  if (type === MERGE_PATCH) return applyMergePatch(live, body as JsonObject);
  return applyStrategicPatch(live, body as JsonObject, resource.schema);
}

/** A patched object that does not decode is a 422 without a name that shows the whole of it (patch.go, errors.NewInvalid of an empty kind). */
function decodePatched(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  patched: Json,
  query: WriteQuery,
): KubeObject {
  try {
    if (!isObject(patched)) throw new Error(`json: cannot unmarshal ${Array.isArray(patched) ? 'array' : typeof patched} into Go value`);
    return decodeObject(environment, context, resource, patched, query.fieldValidation);
  } catch (error) {
    const reason = error instanceof ApiError ? error.message.replace(/^.*? cannot be handled as an? \S+: /s, '') : (error as Error).message;
    throw invalidObject({group: '', kind: ''}, '', [invalid('patch', JSON.stringify(patched), reason)]);
  }
}

async function apply(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  query: WriteQuery,
  body: Buffer | JsonObject | Json[],
): Promise<ApiResponse> {
  const {name, namespace, subresource} = context.info;
  const {fieldManager, clock} = environment;
  const {object: applied, strictErrors} = parsePatchYaml(body);
  if (strictErrors.length > 0) reportStrict(context, query, strictErrors);
  const settle = (live: KubeObject | undefined): KubeObject => {
    const merged = fieldManager.apply({
      live,
      applied,
      resource,
      manager: query.fieldManager,
      force: query.force,
      subresource,
      time: formatTime(clock.now()),
    });
    const object = decodeObject(environment, context, resource, merged, 'Ignore');
    if (object.metadata.name !== name) {
      if (!object.metadata.name) object.metadata.name = name;
      else throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
    }
    ensureNamespace(resource, object.metadata, namespace);
    return object;
  };
  return modify(environment, context, {
    resource,
    namespace,
    name,
    subresource,
    query,
    optionsKind: 'PatchOptions',
    owned: true,
    transform: live => settle(live),
    ...(subresource === '' && {
      create: async () => {
        authorizeCreation(environment.authorizer, context.identity, context.info);
        return createObject(environment, context, resource, settle(undefined), query, true);
      },
    }),
  });
}

function reportStrict(context: RequestContext, query: WriteQuery, errors: readonly string[]): void {
  if (query.fieldValidation === 'Strict') throw badRequest(`strict decoding error: ${errors.join(', ')}`);
  if (query.fieldValidation === 'Warn') for (const error of errors) if (!context.warnings.includes(error)) context.warnings.push(error);
}
