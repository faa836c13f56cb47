import type {AdmissionRequest} from '../admission/admission.ts';
import {invalid, invalidObject} from '../api/field.ts';
import type {KubeObject} from '../api/object.ts';
import {conflict, notFound, OBJECT_MODIFIED, unknownError} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {jsonEqual} from '../patch/equal.ts';
import {keepTimes} from '../patch/keep-times.ts';
import {ownable} from '../request/body.ts';
import {managerName} from '../request/manager.ts';
import type {WriteQuery} from '../request/options.ts';
import {shownOptions} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import {validateObjectMetaUpdate} from '../resources/metadata.ts';
import type {Resource, UpdateStrategy} from '../resources/resource.ts';
import {RevisionMismatch} from '../storage/store.ts';
import type {Entry} from '../storage/types.ts';
import {canonicalObject} from './canonical.ts';
import type {Environment, Reservation} from './environment.ts';
import {storageKey} from './environment.ts';
import {dedupeOwners, isFullyDeleted, keepSystemMetadata, movesGeneration} from './metadata.ts';
import {fromStored, toRules, toStored} from './stored-form.ts';
import {strategyContext, warn} from './strategy-context.ts';

/** How an update comes to its new object. */
export interface Modification {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  /** '' for the object itself, or a subresource that takes the same kind (`status`, `resize` …). */
  readonly subresource: string;
  /** Other rules than those the strategy has for the subresource. */
  readonly rules?: UpdateStrategy;
  readonly query: WriteQuery;
  /** The new object in the resource's version: a private copy, decoded and defaulted. `live` is frozen. Runs again after a lost race. */
  transform(live: KubeObject): KubeObject | Promise<KubeObject>;
  /** Nobody comes to own anything by it: managedFields are as `transform` left them (server-side apply settles them itself). */
  readonly owned?: boolean;
  /** Admission has seen, or need not see, what the request is about: this is how the server carries it out. */
  readonly admitted?: boolean;
  /** Stored as it is, whatever the rules of its kind are. */
  readonly unchecked?: boolean;
  /** A missing object: creates it instead of 404. */
  create?(): Promise<ApiResponse>;
}

/** Read, transform, compare, store; again from the start when somebody else wrote first. */
export async function modify(environment: Environment, context: RequestContext, change: Modification): Promise<ApiResponse> {
  const {resource, namespace, name} = change;
  const storage = environment.storage(resource);
  const key = storageKey(resource, namespace, name);
  for (;;) {
    const entry = storage.get(key);
    if (entry === undefined) {
      if (change.create) return change.create();
      throw notFound(resource, name);
    }
    const wanted = await transformed(environment, context, change, entry);
    let reservation: Reservation | undefined;
    try {
      const object = await prepare(environment, context, change, wanted, reserving => {
        reservation = reserving;
      });
      const response = await commit(environment, change, entry, object, key);
      if (change.query.dryRun) reservation?.release();
      else await reservation?.commit();
      return response;
    } catch (error) {
      reservation?.release();
      // The next round compares the version that the client named, if it named one: a patch's result carries the live object's.
      if (!(error instanceof RevisionMismatch)) throw error;
    }
  }
}

interface Wanted {
  /** Both in the version in which the resource's rules work. */
  object: KubeObject;
  old: KubeObject;
}

async function transformed(environment: Environment, context: RequestContext, change: Modification, entry: Entry): Promise<Wanted> {
  const {resource, query, subresource} = change;
  const live = await fromStored(resource, entry.object);
  const body = await change.transform(live);
  dedupeOwners(body.metadata, message => warn(context, message));
  checkVersion(resource, change.name, body, entry);
  if (!change.owned) {
    body.metadata.managedFields = await environment.fieldManager.update({
      live,
      object: ownable(resource, body),
      resource,
      manager: managerName(context, query),
      subresource,
      time: formatTime(environment.clock.now()),
    });
  }
  return {object: toRules(resource, body), old: resource.custom ? live : entry.object};
}

/** Admission and the kind's rules over the new object; `onReserve` is told of what it claims from shared pools. */
async function prepare(
  environment: Environment,
  context: RequestContext,
  change: Modification,
  {object, old}: Wanted,
  onReserve: (reservation: Reservation | undefined) => void,
): Promise<KubeObject> {
  const {resource} = change;
  const request = change.admitted ? undefined : admissionRequest(context, change, object, old);
  if (request) await environment.admission.admit(request);
  dedupeOwners(object.metadata, message => warn(context, message), true);
  if (change.subresource === '') onReserve(environment.allocators.get(resource.storagePrefix!)?.reserve(object, old, change.query.dryRun));
  prepareForUpdate(environment, context, change, object, old);
  if (request) await environment.admission.validate(request);
  return toStored(resource, canonicalObject(environment, resource, object));
}

/** Compares the version the object carries, if any; some kinds must carry one. */
function checkVersion(resource: Resource, name: string, {metadata}: KubeObject, entry: Entry): void {
  const {resourceVersion} = metadata;
  if (!resourceVersion || resourceVersion === '0') {
    if (resource.strategy.allowUnconditionalUpdate === false) {
      // Named by its resource: one of the places where upstream has no kind at hand.
      const resourceKind = {group: resource.group, kind: resource.resource};
      throw invalidObject(resourceKind, name, [invalid('metadata.resourceVersion', 0, 'must be specified for an update')]);
    }
    return;
  }
  if (!/^\d{1,19}$/.test(resourceVersion))
    throw unknownError(`strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
  if (Number(resourceVersion) !== entry.revision) throw conflict(resource, name, OBJECT_MODIFIED);
}

function prepareForUpdate(
  environment: Environment,
  context: RequestContext,
  change: Modification,
  object: KubeObject,
  old: KubeObject,
): void {
  const {resource, subresource} = change;
  const {strategy} = resource;
  const rules: UpdateStrategy = change.rules ?? (subresource === '' ? strategy : (strategy.subresources?.[subresource] ?? {}));
  const metadataRules = subresource === '' ? strategy : {metadataOnUpdate: rules.metadataOnUpdate ?? ('update' as const)};
  const hooks = strategyContext(environment, context, change.query.dryRun);
  keepSystemMetadata(object.metadata, old.metadata);
  isolate(resource, subresource, object, old);
  rules.prepareForUpdate?.(object, old, hooks);
  // Neither giving a pod its node nor a status changes what was asked for.
  if (subresource !== 'binding' && subresource !== 'status' && movesGeneration(strategy, object, old))
    object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  const errors = change.unchecked
    ? []
    : [
        ...validateObjectMetaUpdate(object.metadata, old.metadata, 'metadata', resource, metadataRules),
        ...(rules.validateUpdate?.(object, old, hooks) ?? []),
      ];
  if (errors.length > 0) throw invalidObject({...resource.view.hub, kind: object.kind ?? resource.kind}, change.name, errors);
  for (const message of rules.warnings?.(object, old) ?? []) warn(context, message);
  strategy.canonicalize?.(object);
}

/** The main resource keeps its status, `/status` everything else. */
function isolate(resource: Resource, subresource: string, object: KubeObject, old: KubeObject): void {
  const {strategy} = resource;
  if (subresource === '') {
    if (resource.subresources.has('status') && strategy.isolateStatus !== false) replaceField(object, 'status', old);
    return;
  }
  if (subresource !== 'status') return;
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (field !== 'metadata' && field !== 'status' && field !== 'kind' && field !== 'apiVersion') replaceField(object, field, old);
  }
  if (strategy.statusMetadata === 'none') {
    const {managedFields, resourceVersion} = object.metadata;
    const {managedFields: _owners, ...kept} = old.metadata;
    object.metadata = {...kept, ...(resourceVersion !== undefined && {resourceVersion}), ...(managedFields && {managedFields})};
  } else if (strategy.statusMetadata === 'allButLabels') {
    if (old.metadata.labels === undefined) delete object.metadata.labels;
    else object.metadata.labels = old.metadata.labels;
  }
}

function replaceField(object: KubeObject, field: string, from: KubeObject): void {
  if (from[field] === undefined) delete object[field];
  else object[field] = from[field];
}

async function commit(environment: Environment, change: Modification, entry: Entry, object: KubeObject, key: string): Promise<ApiResponse> {
  const {resource, query} = change;
  const storage = environment.storage(resource);
  // The last finalizer of a deleted object is gone: the update is its removal.
  const finished = isFullyDeleted(object, resource.strategy) && entry.object.metadata.deletionTimestamp !== undefined;
  if (query.dryRun) {
    object.metadata.resourceVersion = String(entry.revision);
    return {status: 200, headers: {}, body: {type: 'object', object: await fromStored(resource, object), resource}};
  }
  if (finished) {
    await storage.remove(key, entry.revision);
    await environment.allocators.get(resource.storagePrefix!)?.removed(object);
    object.metadata.resourceVersion = String(entry.revision);
    return {status: 200, headers: {}, body: {type: 'object', object: await fromStored(resource, object), resource}};
  }
  object.metadata.resourceVersion = entry.object.metadata.resourceVersion!;
  // Storage holds none, so only what is not stored shows it (storage.PrepareObjectForStorage).
  delete object.metadata.selfLink;
  keepTimes(object, entry.object);
  const written = jsonEqual(object, entry.object) ? entry : await storage.write(key, object, entry.revision);
  return {status: 200, headers: {}, body: {type: 'entry', resource, entry: written}};
}

function admissionRequest(context: RequestContext, change: Modification, object: KubeObject, old: KubeObject): AdmissionRequest {
  const {resource, query} = change;
  return {
    operation: 'UPDATE',
    resource,
    subresource: change.subresource,
    kind: {group: resource.group, version: resource.version, kind: resource.kind},
    namespace: change.namespace,
    name: change.name,
    object,
    old,
    options: shownOptions('UpdateOptions', query),
    dryRun: query.dryRun,
    identity: context.identity,
    warn: message => warn(context, message),
    audit: () => {},
  };
}
