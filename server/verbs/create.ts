import type {AdmissionRequest} from '../admission/admission.ts';
import {invalidObject, tooLong} from '../api/field.ts';
import type {KubeObject} from '../api/object.ts';
import {ApiError, alreadyExists, beingDeleted, methodNotAllowed, unknownError} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {decodeBody, ownable} from '../request/body.ts';
import {managerName} from '../request/manager.ts';
import type {WriteQuery} from '../request/options.ts';
import {shownOptions, writeQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import {validateObjectMeta} from '../resources/metadata.ts';
import type {Resource} from '../resources/resource.ts';
import {RevisionMismatch} from '../storage/store.ts';
import {canonicalObject} from './canonical.ts';
import type {Environment} from './environment.ts';
import {storageKey} from './environment.ts';
import {parseResourceVersion} from './get.ts';
import {dedupeOwners, ensureNamespace, fillSystemMetadata, generateName, initialGeneration, wipeSystemMetadata} from './metadata.ts';
import {fromStored, toRules, toStored} from './stored-form.ts';
import {strategyContext, warn} from './strategy-context.ts';

// k8s.io/apiserver/pkg/registry/generic/registry/store.go: maxNameGenerationCreateAttempts.
const NAME_ATTEMPTS = 8;
// Some kinds' names have no bound of their own; the keys of the store have.
const MAX_NAME = 1024;

/** POST of a new object. */
export async function create(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const query = writeQuery(context.request.query, 'CreateOptions');
  const object = await decodeBody(environment, context, resource, query.fieldValidation);
  ensureNamespace(resource, object.metadata, context.info.namespace);
  return createObject(environment, context, resource, object, query);
}

/** Runs a decoded, defaulted object in the resource's version through admission and validation into storage; also behind apply and PUT. */
export async function createObject(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  body: KubeObject,
  query: WriteQuery,
  owned = false,
): Promise<ApiResponse> {
  if (resource.storagePrefix === undefined) throw methodNotAllowed(resource, 'create');
  const {fieldManager, clock} = environment;
  wipeSystemMetadata(body.metadata);
  dedupeOwners(body.metadata, message => warn(context, message));
  if (!owned) {
    body.metadata.managedFields = await fieldManager.update({
      live: undefined,
      object: ownable(resource, body),
      resource,
      manager: managerName(context, query),
      subresource: context.info.subresource,
      time: formatTime(clock.now()),
    });
  }
  const object = toRules(resource, body);
  const request = admissionRequest(context, resource, object, query);
  await environment.admission.admit(request);
  dedupeOwners(object.metadata, message => warn(context, message), true);
  // What a PUT of a status creates takes nothing from shared pools.
  const allocator = context.info.subresource === '' ? environment.allocators.get(resource.storagePrefix) : undefined;
  const reservation = allocator?.reserve(object, undefined, query.dryRun);
  try {
    const generated = !object.metadata.name;
    prepareForCreate(environment, context, resource, object, query.dryRun);
    await environment.admission.validate(request);
    const {resourceVersion = ''} = object.metadata;
    const stored = await toStored(resource, canonicalObject(environment, resource, object));
    if (query.dryRun) {
      await underFreeName(environment, resource, stored, generated, async () => {});
      reservation?.release();
      return {status: 201, headers: {}, body: {type: 'object', object: await fromStored(resource, stored), resource}};
    }
    if (parseResourceVersion(resourceVersion)) throw unknownError('resourceVersion should not be set on objects to be created');
    const entry = await underFreeName(environment, resource, stored, generated, key => environment.storage(resource).write(key, stored, 0));
    await reservation?.commit();
    return {status: 201, headers: {}, body: {type: 'entry', resource, entry}};
  } catch (error) {
    reservation?.release();
    throw error;
  }
}

function prepareForCreate(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  object: KubeObject,
  dryRun: boolean,
): void {
  const {strategy} = resource;
  const {metadata} = object;
  fillSystemMetadata(metadata, environment.clock, environment.random);
  if (!metadata.name && metadata.generateName) metadata.name = generateName(metadata.generateName, environment.random);
  const hooks = strategyContext(environment, context, dryRun);
  if (resource.subresources.has('status') && strategy.isolateStatus !== false) delete object.status;
  strategy.prepareForCreate?.(object, hooks);
  const generation = initialGeneration(strategy, object);
  if (generation !== undefined) metadata.generation = generation;
  const errors = [...validateObjectMeta(metadata, resource, 'metadata', object), ...(strategy.validate?.(object, hooks) ?? [])];
  if (errors.length === 0 && Buffer.byteLength(metadata.name ?? '') > MAX_NAME) errors.push(tooLong('metadata.name', MAX_NAME));
  if (errors.length > 0) throw invalidObject({...resource.view.hub, kind: object.kind ?? resource.kind}, metadata.name ?? '', errors);
  for (const message of strategy.warnings?.(object, undefined) ?? []) warn(context, message);
  strategy.canonicalize?.(object);
}

/** Stores under the object's name; where that was made up, under another one while it is taken. */
async function underFreeName<T>(
  environment: Environment,
  resource: Resource,
  object: KubeObject,
  generated: boolean,
  store: (key: string) => Promise<T>,
): Promise<T> {
  const {metadata} = object;
  for (let attempt = 1; ; attempt++) {
    const key = storageKey(resource, metadata.namespace ?? '', metadata.name!);
    try {
      refuseExisting(environment, resource, object);
      return await store(key);
    } catch (error) {
      const taken = error instanceof RevisionMismatch ? alreadyExists(resource, metadata.name!) : error;
      if (!(taken instanceof ApiError) || taken.reason !== 'AlreadyExists' || !metadata.generateName) throw taken;
      // Who names an object and gives a prefix as well is told the same as one whose prefix was of no use.
      if (!generated || attempt === NAME_ATTEMPTS) throw nameExhausted(taken);
      metadata.name = generateName(metadata.generateName, environment.random);
    }
  }
}

function refuseExisting(environment: Environment, resource: Resource, {metadata}: KubeObject): void {
  const entry = environment.storage(resource).get(storageKey(resource, metadata.namespace ?? '', metadata.name!));
  if (entry === undefined) return;
  throw entry.object.metadata.deletionTimestamp === undefined
    ? alreadyExists(resource, metadata.name!)
    : beingDeleted(resource, metadata.name!);
}

function nameExhausted(taken: ApiError): ApiError {
  const {message, details} = taken.status;
  return new ApiError(409, 'AlreadyExists', `${message}, the server was not able to generate a unique name for the object`, {
    ...details,
    retryAfterSeconds: 1,
  });
}

function admissionRequest(context: RequestContext, resource: Resource, object: KubeObject, query: WriteQuery): AdmissionRequest {
  return {
    operation: 'CREATE',
    resource,
    subresource: '',
    kind: {group: resource.group, version: resource.version, kind: resource.kind},
    namespace: resource.namespaced ? context.info.namespace : '',
    name: object.metadata.name ?? '',
    object,
    old: undefined,
    options: shownOptions('CreateOptions', query),
    dryRun: query.dryRun,
    identity: context.identity,
    warn: message => warn(context, message),
    audit: () => {},
  };
}
