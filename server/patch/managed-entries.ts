import type {ManagedFieldsEntry} from '../api/object.ts';
import {jsonEqual} from './equal.ts';
import type {FieldSet} from './field-set.ts';
import {isEmpty, parseFields, union} from './field-set.ts';

/** What one manager owns. Immutable: a change makes a new one. */
export interface Manager {
  /** Tells managers apart: name, operation and subresource, for updates the version too (BuildManagerIdentifier). */
  readonly id: string;
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly set: FieldSet;
  /** The entry it was read from, if it still says the same. */
  readonly entry?: ManagedFieldsEntry;
}

/** By id. */
export type Managers = Map<string, Manager>;

const MAX_UPDATE_MANAGERS = 10;
const ANCIENT = 'ancient-changes';

export function managerOf(
  name: string,
  operation: 'Apply' | 'Update',
  apiVersion: string,
  subresource: string,
  time: string | undefined,
  set: FieldSet,
): Manager {
  const manager = name === '' ? 'unknown' : name;
  return {id: managerId(manager, operation, apiVersion, subresource), name: manager, operation, apiVersion, subresource, time, set};
}

const managerId = (manager: string, operation: string, apiVersion: string, subresource: string): string =>
  JSON.stringify({
    ...(manager && {manager}),
    operation,
    ...(operation === 'Update' && {apiVersion}),
    ...(subresource && {subresource}),
  });

/** The manager with another set: its entry no longer says the same. */
export const withSet = (manager: Manager, set: FieldSet): Manager => {
  if (set === manager.set) return manager;
  const {entry: _entry, ...rest} = manager;
  return {...rest, set};
};

/** Reads stored entries, whose fields are in canonical form. */
export function readEntries(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) add(managers, entry, entry.fieldsV1 as FieldSet | undefined);
  return managers;
}

/** Reads entries that a client sent. Throws Error where one is malformed. */
export function parseEntries(entries: readonly ManagedFieldsEntry[]): Managers {
  const managers: Managers = new Map();
  for (const entry of entries) {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') throw new Error('operation must be `Apply` or `Update`');
    if (!entry.apiVersion) throw new Error('apiVersion must not be empty');
    if (entry.fieldsType !== 'FieldsV1') throw new Error(`invalid fieldsType ${JSON.stringify(entry.fieldsType ?? '')}`);
    add(managers, entry, parseFields(entry.fieldsV1));
  }
  return managers;
}

function add(managers: Managers, entry: ManagedFieldsEntry, set: FieldSet = {}): void {
  const {manager = '', operation = 'Update', apiVersion = '', subresource = '', time} = entry;
  const id = managerId(manager, operation, apiVersion, subresource);
  managers.set(id, {id, name: manager, operation, apiVersion, subresource, time, set, entry});
}

/**
 * The managers an update starts from: those of the object the client sent, unless it sent none or bad ones; then those of the live one.
 * `[]` and `[{}]` give up all ownership. Writes to a subresource cannot touch the entries.
 */
export function managersForUpdate(
  live: readonly ManagedFieldsEntry[] | undefined,
  sent: readonly ManagedFieldsEntry[] | undefined,
  subresource: string,
): Managers {
  if (subresource !== '' || !sent || sent === live) return readEntries(live);
  if (sent.length === 0 || (sent.length === 1 && jsonEqual(sent[0]!, {}))) return new Map();
  if (live && jsonEqual(sent as ManagedFieldsEntry[], live as ManagedFieldsEntry[])) return readEntries(live);
  try {
    return parseEntries(sent);
  } catch {
    return readEntries(live);
  }
}

/** The entries as they are stored: by operation, time, name. undefined where there is none. */
export function writeEntries(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].sort(compareManagers).map(manager => manager.entry ?? writeEntry(manager));
}

const writeEntry = ({name, operation, apiVersion, subresource, time, set}: Manager): ManagedFieldsEntry => ({
  ...(name && {manager: name}),
  operation,
  ...(apiVersion && {apiVersion}),
  ...(time !== undefined && {time}),
  fieldsType: 'FieldsV1',
  fieldsV1: set,
  ...(subresource && {subresource}),
});

/** Times are RFC 3339 in UTC and whole seconds: their texts are in their order; none is the oldest. */
const compareManagers = (left: Manager, right: Manager): number =>
  compareTexts(left.operation, right.operation) ||
  compareTexts(left.time ?? '', right.time ?? '') ||
  compareTexts(left.name, right.name) ||
  compareTexts(left.apiVersion, right.apiVersion) ||
  compareTexts(left.subresource, right.subresource);

const compareTexts = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

export function dropEmpty(managers: Managers): void {
  for (const [id, {set}] of managers) if (isEmpty(set)) managers.delete(id);
}

/** Folds the oldest updates into one entry per version, so that an object has no more than ten (capmanagers.go). */
export function capUpdates(managers: Managers): void {
  const updates = [...managers.values()].filter(({operation}) => operation === 'Update');
  let surplus = updates.length - MAX_UPDATE_MANAGERS;
  if (surplus <= 0) return;
  updates.sort((left, right) => compareTexts(left.time ?? '', right.time ?? '') || compareTexts(left.id, right.id));
  const firsts = new Map<string, Manager>();
  for (const manager of updates) {
    if (surplus <= 0) return;
    const {apiVersion, time} = manager;
    const first = firsts.get(apiVersion);
    if (!first) {
      firsts.set(apiVersion, manager);
      continue;
    }
    const empty = managerOf(ANCIENT, 'Update', apiVersion, '', time, {});
    const bucket = managers.get(empty.id) ?? first;
    managers.delete(bucket.id);
    managers.delete(manager.id);
    managers.set(empty.id, {...empty, set: union(bucket.set, manager.set)});
    surplus--;
  }
}
