import {klona} from 'klona/json';
import type {Json, JsonObject} from '../api/json.ts';
import {getOwn, isObject, setOwn} from '../api/json.ts';
import {ApiError, badRequest, requestEntityTooLarge} from '../api/status.ts';
import {jsonEqual} from './equal.ts';
import {jsonTypeName} from './go-format.ts';
import {unprocessable} from './unprocessable.ts';

const MAX_OPERATIONS = 10_000;
/** Bytes that the `copy` operations of one patch may add up to. */
const MAX_COPIED = 3 * 1024 * 1024;

/**
 * Applies an RFC 6902 patch; returns a new value that shares what the patch did not touch, `object` stays as it is. The dialect is that of
 * the library the API server uses (gopkg.in/evanphx/json-patch.v4), where `replace` of a missing key adds it, `test` of a missing key
 * against null passes, negative indexes count from the end and the text before the first slash of a path is ignored.
 * Throws 400 for what is no patch, 413 for too many operations, 422 without details for an operation that fails.
 */
export function applyJsonPatch(object: Json, operations: Json): Json {
  const list = checkOperations(operations);
  if (list.length > MAX_OPERATIONS) {
    throw requestEntityTooLarge(
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${list.length}`,
    );
  }
  const state: State = {root: object, opened: new Set(), copied: 0};
  for (const operation of list) applyOperation(state, operation ?? {});
  for (const container of state.opened) if (!Array.isArray(container)) sortKeys(container);
  return state.root;
}

/** Members of operations that do not exist, as the strict decoder words them: `json patch unknown field "[0].bogus"`. */
export function unknownOperationFields(operations: Json): string[] {
  if (!Array.isArray(operations)) return [];
  return operations.flatMap((operation, index) =>
    isObject(operation)
      ? Object.keys(operation)
          .filter(key => !OPERATION_FIELDS.includes(key))
          .map(key => `json patch unknown field "[${index}].${key}"`)
      : [],
  );
}

const OPERATION_FIELDS: readonly string[] = ['op', 'path', 'from', 'value'];

function checkOperations(operations: Json): (JsonObject | null)[] {
  if (operations === null) return [];
  if (!Array.isArray(operations)) throw cannotUnmarshal(operations, 'value of type []handlers.jsonPatchOp');
  for (const operation of operations) {
    if (operation === null) continue;
    if (!isObject(operation)) throw cannotUnmarshal(operation, 'value of type handlers.jsonPatchOp');
    for (const field of ['op', 'path', 'from']) {
      const value = operation[field] ?? null;
      if (value !== null && typeof value !== 'string') {
        throw cannotUnmarshal(value, `struct field jsonPatchOp.${field} of type string`);
      }
    }
  }
  return operations as (JsonObject | null)[];
}

const cannotUnmarshal = (value: Json, target: string): ApiError =>
  badRequest(`error decoding patch: json: cannot unmarshal ${jsonTypeName(value)} into Go ${target}`);

interface State {
  root: Json;
  /** Containers that are already private copies. */
  readonly opened: Set<Json[] | JsonObject>;
  copied: number;
}

type Container = Json[] | JsonObject;

type Operation = (state: State, operation: JsonObject) => void;

const OPERATIONS = new Map<Json | undefined, Operation>([
  ['add', (state, {path, value}) => add(locate(state, path), value ?? null)],
  ['remove', (state, {path}) => remove(locate(state, path))],
  ['replace', (state, {path, value}) => replace(state, path, value ?? null)],
  ['move', move],
  ['copy', copy],
  ['test', (state, {path, value}) => test(state, path, value)],
]);

function applyOperation(state: State, operation: JsonObject): void {
  const apply = OPERATIONS.get(operation.op);
  if (!apply) throw unprocessable(`Unexpected kind: ${operation.op ?? 'unknown'}`);
  try {
    apply(state, operation);
  } catch (error) {
    if (error instanceof ApiError) error.cause = describeFailure(operation, error.cause as string | undefined);
    throw error;
  }
}

const MISSING = 'missing value';
const NO_PATH = 'no path';
const TEST_FAILED = 'test failed';

/** What the library says of an operation that fails. */
function describeFailure({op, path, from}: JsonObject, why: string = MISSING): string {
  const at = op === 'move' || op === 'copy' ? from : path;
  if (why === TEST_FAILED) return `testing value ${path} failed: ${TEST_FAILED}`;
  if (why !== NO_PATH) return `error in ${op === 'replace' ? 'remove' : op} for path: '${path}': ${why}`;
  const shown = op === 'add' || op === 'remove' ? JSON.stringify(at ?? '') : at;
  const missing = op === 'test' ? 'is missing path' : op === 'move' || op === 'copy' ? 'doc is missing from path' : 'doc is missing path';
  return `${op} operation does not apply: ${missing}: ${shown}: ${MISSING}`;
}

/** Why a patch failed, which is told where it is not the client's own. */
export const patchFailure = ({cause, message}: Error): string => (typeof cause === 'string' ? cause : message);

/** Did a patch fail because something was not as it expects? */
export const isFailedTest = (error: Error): boolean => patchFailure(error).endsWith(`failed: ${TEST_FAILED}`);

function move(state: State, {from, path}: JsonObject): void {
  const source = locate(state, from);
  const value = read(source) ?? null;
  remove(source);
  add(locate(state, path), value);
}

function copy(state: State, {from, path}: JsonObject): void {
  const value = read(locate(state, from)) ?? null;
  const target = locate(state, path);
  state.copied += value === null ? 0 : JSON.stringify(value).length;
  if (state.copied > MAX_COPIED) throw unprocessable();
  add(target, klona(value));
}

/** A place inside a container. */
interface Place {
  readonly container: Container;
  readonly key: string;
}

/** Finds the container a path leads into, copying what lies on the way. */
function locate(state: State, path: Json | undefined): Place {
  if (typeof path !== 'string') throw unprocessable();
  const keys = path.split('/').slice(1).map(unescapeKey);
  const key = keys.pop();
  if (key === undefined) throw unprocessable();
  let container = open(state, state.root);
  state.root = container;
  for (const step of keys) {
    const place = {container, key: step};
    const next = open(state, read(place) ?? null);
    write(place, next);
    container = next;
  }
  return {container, key};
}

const unescapeKey = (key: string): string => key.replace(/~[01]/g, code => (code === '~1' ? '/' : '~'));

/** A private copy of a container. */
function open(state: State, value: Json): Container {
  if (typeof value !== 'object' || value === null) throw unprocessable(NO_PATH);
  if (state.opened.has(value)) return value;
  const copy = Array.isArray(value) ? [...value] : {...value};
  state.opened.add(copy);
  return copy;
}

/** Go encodes the objects it has opened with their keys sorted, which error messages show. */
function sortKeys(object: JsonObject): void {
  const sorted = sortedCopy(object);
  for (const key of Object.keys(object)) delete object[key];
  for (const key of Object.keys(sorted)) setOwn(object, key, sorted[key]);
}

/** A shallow copy with sorted keys. */
export function sortedCopy(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const key of Object.keys(object).sort()) if (object[key] !== undefined) setOwn(copy, key, object[key]);
  return copy;
}

/** The value at a place; undefined for a key that an object lacks, an error for an index that a list lacks. */
const read = ({container, key}: Place): Json | undefined =>
  Array.isArray(container) ? container[listIndex(key, container.length, container.length - 1)]! : getOwn(container, key);

function write({container, key}: Place, value: Json): void {
  if (Array.isArray(container)) container[listIndex(key, container.length, container.length - 1)] = value;
  else setOwn(container, key, value);
}

function add({container, key}: Place, value: Json): void {
  if (!Array.isArray(container)) setOwn(container, key, value);
  else if (key === '-') container.push(value);
  else container.splice(listIndex(key, container.length + 1, container.length), 0, value);
}

function remove(place: Place): void {
  const {container, key} = place;
  if (Array.isArray(container)) container.splice(listIndex(key, container.length, container.length - 1), 1);
  else if (getOwn(container, key) === undefined) throw unprocessable(`Unable to remove nonexistent key: ${key}: ${MISSING}`);
  else delete container[key];
}

function replace(state: State, path: Json | undefined, value: Json): void {
  if (path === '') {
    if (typeof value !== 'object' || value === null) throw unprocessable();
    state.root = value;
  } else write(locate(state, path), value);
}

function test(state: State, path: Json | undefined, expected: Json | undefined): void {
  const actual = path === '' ? state.root : (read(locate(state, path)) ?? null);
  if (!jsonEqual(actual, expected ?? null) || (actual !== null && expected === undefined)) throw unprocessable(TEST_FAILED);
}

/** strconv.Atoi, negative from the end of `size`. */
function listIndex(key: string, size: number, last: number): number {
  if (!/^[+-]?\d+$/.test(key)) throw unprocessable(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  const number = Number(key);
  const index = number < 0 ? number + size : number;
  if (index < 0 || index > last) throw unprocessable(`Unable to access invalid index: ${number}: invalid index referenced`);
  return index;
}
