import type {ManagedFieldsEntry} from '../api/object.ts';
import {difference, has, isEmpty, setOf} from './field-set.ts';
import type {Manager, Managers} from './managed-entries.ts';
import {managerOf, readEntries, withSet, writeEntries} from './managed-entries.ts';

/** Where a kind has its replicas, by its apiVersions: `{'apps/v1': ['spec', 'replicas']}`; undefined where a version has no scale. */
export interface ReplicasPaths {
  readonly [apiVersion: string]: readonly string[] | undefined;
}

const SCALE_VERSION = 'autoscaling/v1';
const REPLICAS = ['f:spec', 'f:replicas'];

/** The entries of a kind as its Scale shows them: who owns the replicas (scalehandler.go, ToSubresource). */
export function scaleEntries(entries: readonly ManagedFieldsEntry[] | undefined, paths: ReplicasPaths): ManagedFieldsEntry[] | undefined {
  const owners: Managers = new Map();
  for (const [id, manager] of readEntries(entries)) {
    const path = paths[manager.apiVersion];
    if (path && has(manager.set, elements(path))) owners.set(id, renamed(manager, SCALE_VERSION, REPLICAS, manager.time));
  }
  return writeEntries(owners);
}

/**
 * The kind's entries after a write to its Scale, whose entries are `scale`: who lost the replicas there loses them here. Entries that
 * come from the Scale have no time (scalehandler.go, ToParent).
 */
export function parentEntries(
  entries: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const parents = readEntries(entries);
  const scaled = readEntries(scale);
  const result: Managers = new Map();
  for (const [id, manager] of parents) {
    if (!Object.hasOwn(paths, manager.apiVersion)) continue;
    const path = paths[manager.apiVersion];
    const kept = path && has(manager.set, elements(path)) && !scaled.delete(id) ? without(manager, elements(path)) : manager;
    if (!isEmpty(kept.set)) result.set(id, kept);
  }
  const path = elements(paths[apiVersion] ?? []);
  for (const [id, manager] of scaled) {
    if (has(manager.set, REPLICAS)) result.set(id, renamed(manager, apiVersion, path, parents.get(id)?.time));
  }
  return writeEntries(result);
}

const elements = (path: readonly string[]): string[] => path.map(name => `f:${name}`);

const without = (manager: Manager, path: readonly string[]): Manager => withSet(manager, difference(manager.set, setOf(...path)));

/** The manager as the owner of one field in another version. */
const renamed = ({name, operation, subresource}: Manager, apiVersion: string, path: readonly string[], time: string | undefined): Manager =>
  managerOf(name, operation, apiVersion, subresource, time, setOf(...path));
