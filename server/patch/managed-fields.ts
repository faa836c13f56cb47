import type {Json} from '../api/json.ts';
import type {KubeObject, ManagedFieldsEntry} from '../api/object.ts';
import type {StructSchema} from '../schema/schema.ts';
import {applyConfiguration} from './apply.ts';
import type {Convert} from './conversions.ts';
import {ConversionError, withConversions} from './conversions.ts';
import {isEmpty, union} from './field-set.ts';
import type {ApplyOptions, UpdateOptions} from './manage-options.ts';
import type {Managers} from './managed-entries.ts';
import {capUpdates, managerOf, managersForUpdate, writeEntries} from './managed-entries.ts';
import type {Comparer} from './ownership.ts';
import {createComparer, giveWay, ownVersion, reconcile, stripMetadata} from './ownership.ts';
import {TypedError} from './path-element.ts';
import {resetFields} from './reset-fields.ts';
import {typedErrors} from './typed-validate.ts';

/** Who owns which fields of an object, and server-side apply (k8s.io/apimachinery/pkg/util/managedfields). */
export interface FieldManager {
  /** The entries after a create, update or patch; undefined: none. Never fails: an object that cannot be read has none. */
  update(options: UpdateOptions): ManagedFieldsEntry[] | undefined | Promise<ManagedFieldsEntry[] | undefined>;
  /**
   * Server-side apply: the live object with the configuration laid over it and metadata.managedFields settled. It is raw (nulls, the
   * client's spelling of values) and has to be decoded and defaulted. Throws or rejects with an ApiError: 400, 409 with the conflicts, 500.
   */
  apply(options: ApplyOptions): KubeObject | Promise<KubeObject>;
}

/** Without `convert`, fields are taken to be called the same in all versions of a kind. Both wait only if conversions have to be waited for. */
export function createFieldManager(convert: Convert = unchanged): FieldManager {
  const zeros = new WeakMap<StructSchema, KubeObject>();
  const withComparer = <T>(run: (comparer: Comparer) => T): T | Promise<T> =>
    withConversions(convert, ready => run(createComparer(zeros, ready)));
  return {
    update: options => withComparer(comparer => updateEntries(comparer, options)),
    apply: options => withComparer(comparer => applyConfiguration(comparer, withOwners(comparer, options), options)),
  };
}

const unchanged: Convert = ({schema}, object) => ({object, schema});

function updateEntries(comparer: Comparer, options: UpdateOptions): ManagedFieldsEntry[] | undefined {
  const {live, object, subresource, resource} = options;
  // What an endpoint ignores of a custom object need not fit: nothing is better than owners that cannot be trusted.
  if (subresource !== '' && resource.custom && typedErrors(object as Json, resource.schema).length > 0) return undefined;
  const managers = managersForUpdate(live?.metadata.managedFields, object.metadata.managedFields, subresource);
  // An object that nobody tracks stays so.
  if (managers.size === 0 && live?.metadata.uid) return undefined;
  try {
    updateManagers(comparer, managers, options);
    return writeEntries(managers);
  } catch (error) {
    if (error instanceof TypedError || error instanceof ConversionError) return undefined;
    throw error;
  }
}

/** What the write changes belongs to its manager, and only to it. */
function updateManagers(comparer: Comparer, managers: Managers, options: UpdateOptions): void {
  const {live, object, resource, manager, subresource, time, filter = resetFields(resource, subresource)} = options;
  const apiVersion = ownVersion(resource);
  const changesIn = comparer.changes(resource, live, object, filter);
  reconcile(comparer, managers, resource, live);
  giveWay(managers, changesIn, '');
  const taken = stripMetadata(changesIn(apiVersion)!.changed);
  if (!isEmpty(taken)) {
    const mine = managerOf(manager, 'Update', apiVersion, subresource, time, taken);
    const previous = managers.get(mine.id);
    managers.set(mine.id, previous ? {...mine, set: union(previous.set, taken)} : mine);
  }
  capUpdates(managers);
}

/** The owners of a live object; where there are none, all of it belongs to `before-first-apply` from now on (skipnonapplied.go). */
function withOwners(comparer: Comparer, options: ApplyOptions): Managers {
  const {live} = options;
  const managers = managersForUpdate(live?.metadata.managedFields, undefined, options.subresource);
  if (live && managers.size === 0) {
    updateManagers(comparer, managers, {...options, live: undefined, object: live, manager: 'before-first-apply'});
  }
  return managers;
}
