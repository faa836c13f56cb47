import type {AdmissionRequest} from '../admission/admission.ts';
import type {DeleteOptions} from '../api/client.ts';
import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {conflict} from '../api/status.ts';
import {formatTime, parseTime} from '../api/time.ts';
import {deleteOptions} from '../request/delete-options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {RevisionMismatch} from '../storage/store.ts';
import type {Entry} from '../storage/types.ts';
import {canonicalObject} from './canonical.ts';
import type {Environment} from './environment.ts';
import {existing} from './get.ts';
import {fromStored, storedToRules} from './stored-form.ts';
import {warn} from './strategy-context.ts';

/** DELETE of one object: at once, or by marking it for those who hold it (k8s.io/apiserver/pkg/registry/rest/delete.go). */
export async function remove(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const options = await deleteOptions(environment, context);
  warnOfOrphans(context, resource, options);
  const {object, gone} = await deleteObject(environment, context, resource, context.info.name, options);
  const asObject = !gone || resource.strategy.returnDeletedObject === true;
  // 202: the client asked to wait for dependents in the old way, and the object is still there.
  const status = !gone && options.orphanDependents === false ? 202 : 200;
  return {
    status,
    headers: {},
    body: {type: 'object', object: asObject ? await fromStored(resource, object) : deletedStatus(resource, object), resource},
  };
}

/** Kinds that leave their dependents behind unless told otherwise may say so. */
export function warnOfOrphans(
  context: RequestContext,
  {strategy}: Resource,
  {propagationPolicy, orphanDependents}: DeleteOptions & {orphanDependents?: boolean},
): void {
  if (strategy.orphanWarning && propagationPolicy === undefined && orphanDependents === undefined) warn(context, strategy.orphanWarning);
}

export interface Deleted {
  object: KubeObject;
  /** The object is no longer there (or, in a dry run, would not be). */
  gone: boolean;
}

/** Deletes one object under the options; also behind deletecollection. Retries lost races. `admitted`: admission was asked in another form. */
export async function deleteObject(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  name: string,
  options: DeleteOptions & {orphanDependents?: boolean},
  namespace = context.info.namespace,
  admitted = false,
): Promise<Deleted> {
  for (;;) {
    const entry = existing(environment, resource, namespace, name);
    checkPreconditions(resource, entry.object, options);
    if (isUnderWay(resource, entry.object, options)) return {object: entry.object, gone: false};
    if (!admitted) await admitDeletion(environment, context, resource, await storedToRules(resource, entry.object), options);
    try {
      return await attempt(environment, resource, entry, options);
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error;
    }
  }
}

async function attempt(
  environment: Environment,
  resource: Resource,
  entry: Entry,
  options: DeleteOptions & {orphanDependents?: boolean},
): Promise<Deleted> {
  const storage = environment.storage(resource);
  const old = entry.object;
  const grace = graceOf(resource, old, options);
  const finalizers = deletionFinalizers(resource, old, options);
  const held = finalizers.length > 0 || (resource.strategy.deletionHeld?.(old) ?? false);
  if (!held && grace === 0) {
    if (options.dryRun) return {object: old, gone: true};
    // Kinds with graceful deletion show watchers that they are going, even when there is no time left.
    const {deletionTimestamp, deletionGracePeriodSeconds = 0} = old.metadata;
    const begins = resource.strategy.gracePeriod !== undefined && (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0);
    const marked = begins ? mark(environment, resource, old, 0, finalizers)! : undefined;
    const last = marked ? await storage.write(entry.key, canonicalObject(environment, resource, marked), entry.revision) : entry;
    const removed = await storage.remove(last.key, last.revision);
    await environment.allocators.get(resource.storagePrefix!)?.removed(old);
    return {object: markDeleted(resource, removed.object, environment), gone: true};
  }
  const marked = mark(environment, resource, old, grace, finalizers);
  if (marked === undefined) return {object: old, gone: false};
  const object = canonicalObject(environment, resource, marked);
  if (options.dryRun) return {object, gone: false};
  return {object: (await storage.write(entry.key, object, entry.revision)).object, gone: false};
}

/** Does the object go already, and no later than it is asked to? Then nobody is asked, and nothing changes. */
function isUnderWay({strategy}: Resource, {metadata}: KubeObject, {gracePeriodSeconds}: DeleteOptions): boolean {
  const {deletionTimestamp, deletionGracePeriodSeconds: left = 0} = metadata;
  if (!strategy.gracePeriod || deletionTimestamp === undefined || left === 0) return false;
  return gracePeriodSeconds === undefined || atLeastNow(gracePeriodSeconds) >= left;
}

/** Seconds of grace this deletion leaves; 0: at once. What goes already has the time it is asked to take, whatever it would have had at first. */
function graceOf({strategy}: Resource, object: KubeObject, options: DeleteOptions): number {
  const {deletionTimestamp, deletionGracePeriodSeconds: left = 0} = object.metadata;
  if (!strategy.gracePeriod || (deletionTimestamp !== undefined && left === 0)) return 0;
  return (deletionTimestamp === undefined ? strategy.gracePeriod(object, options) : atLeastNow(options.gracePeriodSeconds ?? left)) ?? 0;
}

/** Negative times count as a second. */
const atLeastNow = (seconds: number): number => (seconds < 0 ? 1 : seconds);

/** The returned form of an object of a kind with graceful deletion shows that its grace was 0. */
function markDeleted(resource: Resource, object: KubeObject, {clock}: Environment): KubeObject {
  if (!resource.strategy.gracePeriod || object.metadata.deletionTimestamp !== undefined) return withZeroGrace(object);
  const metadata = {...object.metadata, deletionTimestamp: formatTime(clock.now()), deletionGracePeriodSeconds: 0};
  if (metadata.generation) metadata.generation++;
  return {...object, metadata};
}

const withZeroGrace = (object: KubeObject): KubeObject =>
  object.metadata.deletionGracePeriodSeconds ? {...object, metadata: {...object.metadata, deletionGracePeriodSeconds: 0}} : object;

/** The object with deletion begun, or with less time left; undefined if nothing changes. */
function mark({clock}: Environment, resource: Resource, old: KubeObject, grace: number, finalizers: string[]): KubeObject | undefined {
  const {metadata} = old;
  const finalizersChange = finalizers.join() !== (metadata.finalizers ?? []).join();
  const next: KubeObject = {...old, metadata: {...metadata}};
  if (finalizersChange) next.metadata.finalizers = finalizers;
  if (metadata.deletionTimestamp === undefined) {
    next.metadata.deletionTimestamp = formatTime(clock.now() + grace * 1000);
    // What its own finalizers hold (a namespace) has no time to count, and is what it was.
    if (!resource.strategy.deletionHeld) {
      next.metadata.deletionGracePeriodSeconds = grace;
      if (metadata.generation) next.metadata.generation = metadata.generation + 1;
    }
    resource.strategy.beginDeletion?.(next, formatTime(clock.now()));
    return next;
  }
  // Grace may only be shortened, counted from when deletion began.
  const before = metadata.deletionGracePeriodSeconds ?? 0;
  if (grace < before) {
    const begun = parseTime(metadata.deletionTimestamp) - before * 1000;
    next.metadata.deletionTimestamp = formatTime(begun + grace * 1000);
    next.metadata.deletionGracePeriodSeconds = grace;
    return next;
  }
  return finalizersChange ? next : undefined;
}

/** The object's finalizers with `orphan` or `foregroundDeletion` as the propagation asks (deletionFinalizersForGarbageCollection). */
function deletionFinalizers(resource: Resource, {metadata}: KubeObject, options: DeleteOptions & {orphanDependents?: boolean}): string[] {
  const present = metadata.finalizers ?? [];
  const rest = present.filter(finalizer => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  const wanted = propagation(resource, present, options);
  if (wanted === 'Orphan')
    return present.includes('orphan') ? present.filter(finalizer => finalizer !== 'foregroundDeletion') : [...rest, 'orphan'];
  if (wanted === 'Foreground')
    return present.includes('foregroundDeletion') ? present.filter(finalizer => finalizer !== 'orphan') : [...rest, 'foregroundDeletion'];
  return rest;
}

function propagation(
  resource: Resource,
  present: string[],
  {propagationPolicy, orphanDependents}: DeleteOptions & {orphanDependents?: boolean},
): string {
  if (propagationPolicy !== undefined) return propagationPolicy;
  if (orphanDependents !== undefined) return orphanDependents ? 'Orphan' : 'Background';
  if (present.includes('orphan')) return 'Orphan';
  if (present.includes('foregroundDeletion')) return 'Foreground';
  return resource.strategy.defaultPropagation ?? 'Background';
}

function checkPreconditions(resource: Resource, {metadata}: KubeObject, {preconditions}: DeleteOptions): void {
  const {uid, resourceVersion} = preconditions ?? {};
  // These two name the Kind where other conflicts name the resource.
  const what = {group: resource.group, resource: resource.kind};
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      what,
      metadata.name!,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      what,
      metadata.name!,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

const deletedStatus = (resource: Resource, {metadata}: KubeObject): JsonObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {name: metadata.name!, ...(resource.group !== '' && {group: resource.group}), kind: resource.resource, uid: metadata.uid!},
});

async function admitDeletion(
  environment: Environment,
  context: RequestContext,
  resource: Resource,
  old: KubeObject,
  options: DeleteOptions,
): Promise<void> {
  const {dryRun = false, ...rest} = options;
  const request: AdmissionRequest = {
    operation: 'DELETE',
    resource,
    subresource: '',
    kind: {group: resource.group, version: resource.version, kind: resource.kind},
    namespace: resource.namespaced ? (old.metadata.namespace ?? '') : '',
    // Who deletes a collection names nothing.
    name: context.info.name,
    object: undefined,
    old,
    options: {
      kind: 'DeleteOptions',
      apiVersion: 'meta.k8s.io/v1',
      ...(rest as JsonObject),
      // What was not said is settled by then.
      ...(resource.strategy.gracePeriod && {gracePeriodSeconds: graceOf(resource, old, options)}),
      ...(dryRun && {dryRun: ['All']}),
    },
    dryRun,
    identity: context.identity,
    warn: message => warn(context, message),
    audit: () => {},
  };
  await environment.admission.admit(request);
  await environment.admission.validate(request);
}
