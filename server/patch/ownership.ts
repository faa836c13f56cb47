import type {JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';
import type {StructSchema} from '../schema/schema.ts';
import type {ConvertNow, VersionedObject} from './conversions.ts';
import {step} from './conversions.ts';
import type {FieldSet} from './field-set.ts';
import {difference, EMPTY, intersection, isEmpty, setOf, sorted, union} from './field-set.ts';
import type {Manager, Managers} from './managed-entries.ts';
import {dropEmpty, withSet} from './managed-entries.ts';
import type {FieldFilter, ResettingResource} from './reset-fields.ts';
import {zeroValue} from './typed.ts';
import {compare} from './typed-compare.ts';
import {reconcileWithSchema} from './typed-fields.ts';

/** What ownership has to know of a kind; any served resource will do. */
export interface ManagedResource extends GroupVersionKind, ResettingResource {
  /** Of this version's objects. */
  readonly schema: StructSchema;
  /** Its objects are checked against the schema only after their owners have been settled. */
  readonly custom?: boolean;
}

/** What a write does to an object, as far as the endpoint lets anyone own it. */
export interface Changes {
  readonly removed: FieldSet;
  /** Modified or added. */
  readonly changed: FieldSet;
}

/** The changes as a version sees them; undefined: there is no such version. */
export type ChangesIn = (apiVersion: string) => Changes | undefined;

export const ownVersion = (resource: ManagedResource): string => formatGroupVersion(resource);

const NO_CHANGES: Changes = {removed: EMPTY, changed: EMPTY};

/** The comparing part of ownership. */
export interface Comparer {
  changes(resource: ManagedResource, live: KubeObject | undefined, object: KubeObject, filter: FieldFilter): ChangesIn;
  /** The object in another version. */
  view(resource: ManagedResource, object: KubeObject, apiVersion: string): VersionedObject | undefined;
}

/** `zeros` keeps each kind's empty object. */
export function createComparer(zeros: WeakMap<StructSchema, KubeObject>, convert: ConvertNow): Comparer {
  const zero = (schema: StructSchema): KubeObject => {
    const known = zeros.get(schema);
    if (known) return known;
    const object: KubeObject = {metadata: {}, ...zeroValue(schema)};
    zeros.set(schema, object);
    return object;
  };
  const view: Comparer['view'] = (resource, object, apiVersion) => {
    if (apiVersion === (object.apiVersion ?? ownVersion(resource))) return {object, schema: resource.schema};
    // A kind in two groups (Event): neither knows the other's versions.
    if (!resource.custom && !isOfGroup(apiVersion, resource.group)) return undefined;
    return convert(resource, object, apiVersion);
  };
  return {
    view,
    changes(resource, live, object, filter) {
      const known = new Map<string, Changes | undefined>();
      const compareIn = (apiVersion: string): Changes | undefined => {
        const before = live && step('failed to convert old object', () => view(resource, live, apiVersion));
        const after = step('failed to convert new object', () => view(resource, object, apiVersion));
        return after && compareObjects(before?.object ?? zero(after.schema), after, filter);
      };
      return apiVersion => {
        if (!known.has(apiVersion)) known.set(apiVersion, compareIn(apiVersion));
        return known.get(apiVersion);
      };
    },
  };
}

const isOfGroup = (apiVersion: string, group: string): boolean => apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/'))) === group;

function compareObjects(live: KubeObject, {object, schema}: VersionedObject, filter: FieldFilter): Changes {
  const differences = compare(ownable(live), ownable(object), schema);
  if (!differences) return NO_CHANGES;
  const {removed = EMPTY, modified = EMPTY, added = EMPTY} = differences;
  return {removed: filter(removed), changed: filter(sorted(union(modified, added)))};
}

/** The object without what nobody ever owns. */
function ownable(object: KubeObject): JsonObject {
  const {apiVersion: _apiVersion, kind: _kind, ...rest} = object;
  const {
    name: _name,
    namespace: _namespace,
    creationTimestamp: _creationTimestamp,
    selfLink: _selfLink,
    uid: _uid,
    generation: _generation,
    managedFields: _managedFields,
    resourceVersion: _resourceVersion,
    ...metadata
  } = isObject(object.metadata) ? object.metadata : {};
  return {...rest, metadata};
}

const NEVER_OWNED: FieldSet = [
  setOf('f:apiVersion'),
  setOf('f:kind'),
  setOf('f:metadata'),
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map(
    field => setOf('f:metadata', `f:${field}`),
  ),
].reduce((set, path) => union(set, path));

/** The set without metadata that the server writes or that names the object (stripmeta.go). */
export const stripMetadata = (set: FieldSet): FieldSet => difference(set, NEVER_OWNED);

/** Brings sets of entries written under an older schema in line with the present one of their version; those of versions that are no more go. */
export function reconcile({view}: Comparer, managers: Managers, resource: ManagedResource, live: KubeObject | undefined): void {
  for (const [id, manager] of managers) {
    const {apiVersion} = manager;
    const schema = apiVersion === ownVersion(resource) ? resource.schema : live && view(resource, live, apiVersion)?.schema;
    if (schema) managers.set(id, withSet(manager, reconcileWithSchema(manager.set, schema)));
    else if (live) managers.delete(id);
  }
}

/** Fields that the changes take from other managers than `except`. */
export function findConflicts(managers: Managers, changesIn: ChangesIn, except: string): Map<Manager, FieldSet> {
  const result = new Map<Manager, FieldSet>();
  for (const [id, manager] of managers) {
    if (id === except) continue;
    const set = intersection(manager.set, changesIn(manager.apiVersion)?.changed ?? EMPTY);
    if (!isEmpty(set)) result.set(manager, set);
  }
  return result;
}

/** Takes what has changed or gone from all managers but `except`; entries of versions that are no more, and emptied ones, go. */
export function giveWay(managers: Managers, changesIn: ChangesIn, except: string): void {
  for (const [id, manager] of managers) {
    if (id === except) continue;
    const changes = changesIn(manager.apiVersion);
    if (!changes) managers.delete(id);
    else managers.set(id, withSet(manager, difference(difference(manager.set, changes.changed), changes.removed)));
  }
  dropEmpty(managers);
}
