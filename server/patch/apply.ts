import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {ApiError} from '../api/status.ts';
import {badRequest, unknownError} from '../api/status.ts';
import type {Conflicts} from './conflicts.ts';
import {applyConflict, withoutFields} from './conflicts.ts';
import type {VersionedObject} from './conversions.ts';
import {ConversionError, step} from './conversions.ts';
import {jsonEqual} from './equal.ts';
import type {FieldSet} from './field-set.ts';
import {difference, intersection, isEmpty, union} from './field-set.ts';
import {allowedByLastApplied, KUBECTL, withLastApplied} from './last-applied.ts';
import type {ApplyOptions} from './manage-options.ts';
import type {Manager, Managers} from './managed-entries.ts';
import {managerOf, writeEntries} from './managed-entries.ts';
import type {Comparer, ManagedResource} from './ownership.ts';
import {findConflicts, giveWay, ownVersion, reconcile, stripMetadata} from './ownership.ts';
import {TypedError} from './path-element.ts';
import {resetFields} from './reset-fields.ts';
import {fieldsOf, removeFields, withNamedFields} from './typed-fields.ts';
import {merge} from './typed-merge.ts';
import {joinErrors, typedErrors} from './typed-validate.ts';

/**
 * Server-side apply (sigs.k8s.io/structured-merge-diff/merge/update.go): merges, removes what this manager applied last time and no longer
 * does unless someone else owns it, and settles who owns what.
 */
export function applyConfiguration(comparer: Comparer, managers: Managers, options: ApplyOptions): KubeObject {
  const {applied, live, resource} = options;
  checkConfiguration(applied, resource);
  try {
    return resolve(comparer, managers, options);
  } catch (error) {
    if (error instanceof TypedError) throw typedFailure('live', live ?? {}, resource, error.message);
    if (error instanceof ConversionError) throw unknownError(error.message);
    throw error;
  }
}

function resolve(comparer: Comparer, managers: Managers, options: ApplyOptions): KubeObject {
  const {live, resource, manager, force} = options;
  const result = attempt(comparer, managers, options, force);
  if (!result.conflicts) return result.object;
  const rest = manager === KUBECTL && live ? withoutFields(result.conflicts, allowedByLastApplied(live, resource)) : result.conflicts;
  const forced = rest.size === 0 ? attempt(comparer, managers, options, true) : result;
  if (forced.conflicts) throw applyConflict(rest);
  return forced.object;
}

function checkConfiguration(applied: JsonObject, resource: ManagedResource): void {
  const {group, version} = (typeof applied.apiVersion === 'string' && parseGroupVersion(applied.apiVersion)) || {group: '', version: ''};
  const kind = typeof applied.kind === 'string' ? applied.kind : '';
  if (group !== resource.group || version !== resource.version || kind !== resource.kind) {
    throw badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`);
  }
  if (isObject(applied.metadata) && Array.isArray(applied.metadata.managedFields)) throw badRequest('metadata.managedFields must be nil');
  const errors = typedErrors(applied, resource.schema);
  if (errors.length > 0) throw typedFailure('patch', applied, resource, joinErrors(errors));
}

function typedFailure(what: 'patch' | 'live', object: JsonObject, {group, version, kind}: ManagedResource, message: string): ApiError {
  const {namespace, name} = isObject(object.metadata) ? object.metadata : {};
  const named = `${typeof namespace === 'string' ? namespace : ''}/${typeof name === 'string' ? name : ''}`;
  return unknownError(`failed to create typed ${what} object (${named}; ${group}/${version}, Kind=${kind}): ${message}`);
}

type Attempt = {readonly object: KubeObject; readonly conflicts?: undefined} | {readonly conflicts: Conflicts};

function attempt(comparer: Comparer, owners: Managers, options: ApplyOptions, force: boolean): Attempt {
  const {live, applied, resource, manager, subresource, time, filter = resetFields(resource, subresource)} = options;
  const managers = new Map(owners);
  reconcile(comparer, managers, resource, live);
  const fields = filter(fieldsOf(applied, resource.schema));
  const mine = managerOf(manager, 'Apply', ownVersion(resource), subresource, undefined, fields);
  const last = managers.get(mine.id);
  managers.set(mine.id, mine);
  let object = merge(live ?? {}, applied, resource.schema) as KubeObject;
  if (live) {
    if (last) object = step('failed to prune fields', () => prune(comparer, resource, object, managers, mine, last));
    const changesIn = comparer.changes(resource, live, object, filter);
    const found = force ? undefined : findConflicts(managers, changesIn, mine.id);
    if (found && found.size > 0) return {conflicts: found};
    giveWay(managers, changesIn, mine.id);
  }
  const unchanged = live !== undefined && jsonEqual(object, live);
  own(managers, mine, last, unchanged ? last?.time : time);
  const configured = unchanged ? live : object;
  return {object: withEntries(manager === KUBECTL ? withLastApplied(configured, applied) : configured, managers)};
}

function withEntries(object: KubeObject, managers: Managers): KubeObject {
  const {managedFields: _managedFields, ...metadata} = isObject(object.metadata) ? object.metadata : {};
  const entries = writeEntries(managers);
  return {...object, metadata: {...metadata, ...(entries && {managedFields: entries})}};
}

/** The applier's entry: without what nobody owns; a configuration that changes nothing leaves its time alone, or without one. */
function own(managers: Managers, mine: Manager, last: Manager | undefined, time: string | undefined): void {
  const set = stripMetadata(mine.set);
  if (isEmpty(set)) managers.delete(mine.id);
  else if (last && last.time === time && last.apiVersion === mine.apiVersion && jsonEqual(last.set, set)) managers.set(mine.id, last);
  else managers.set(mine.id, {...mine, set, time});
}

/** Removes what was applied last time and no longer is, and nobody else owns. */
function prune(
  comparer: Comparer,
  resource: ManagedResource,
  object: KubeObject,
  managers: Managers,
  mine: Manager,
  last: Manager,
): KubeObject {
  const isSameVersion = [last, ...managers.values()].every(({apiVersion}) => apiVersion === mine.apiVersion);
  if (isSameVersion && isEmpty(difference(last.set, mine.set))) return object;
  const {apiVersion} = last;
  const merged = step('failed to convert merged object to last applied version', () => comparer.view(resource, object, apiVersion));
  if (!merged) return object;
  const without = remove(merged, withNamedFields(last.set, merged.schema));
  const owned = step('failed add back owned items', () => addBackOwned(comparer, resource, merged, without, managers, apiVersion));
  const {schema} = merged;
  const gone = difference(allNamed(merged), allNamed(owned));
  const result = remove(merged, intersection(gone, withNamedFields(last.set, schema)));
  return comparer.view(resource, result.object, mine.apiVersion)?.object ?? object;
}

/** Puts back what some manager owns, version by version; returns to the version it started from. */
function addBackOwned(
  comparer: Comparer,
  resource: ManagedResource,
  merged: VersionedObject,
  pruned: VersionedObject,
  managers: Managers,
  apiVersion: string,
): VersionedObject {
  const sets = new Map<string, FieldSet>([[apiVersion, {}]]);
  for (const {apiVersion: version, set} of managers.values()) sets.set(version, union(sets.get(version) ?? {}, set));
  let result = pruned;
  for (const [version, set] of sets) {
    const all = step(`failed to convert merged object at version ${version}`, () => comparer.view(resource, merged.object, version));
    const rest = step(`failed to convert pruned object at version ${version}`, () => comparer.view(resource, result.object, version));
    if (!all || !rest) continue;
    result = remove(all, difference(allNamed(all), union(allNamed(rest), withNamedFields(set, all.schema))));
  }
  return comparer.view(resource, result.object, apiVersion) ?? pruned;
}

const allNamed = ({object, schema}: VersionedObject): FieldSet => withNamedFields(fieldsOf(object as Json, schema), schema);

const remove = ({object, schema}: VersionedObject, fields: FieldSet): VersionedObject =>
  isEmpty(fields) ? {object, schema} : {object: (removeFields(object as Json, fields, schema) ?? {}) as KubeObject, schema};
