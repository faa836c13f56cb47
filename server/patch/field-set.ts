import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {canonicalElement, compareElements} from './path-element.ts';

/**
 * A set of fields in the very form managedFields store it (FieldsV1), so that nothing is parsed or encoded: keys are path elements (`f:name`,
 * `k:{"name":"c"}`, `v:"x"`, `i:0`), a child that is empty or has the key `.` is a member itself. The root is never a member.
 * Sets are immutable and their keys sorted; every operation returns its first argument where the result is the same.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** A set under construction. */
export interface MutableFieldSet {
  [element: string]: FieldSet;
}

export const EMPTY: FieldSet = Object.freeze({});
/** A member without children. */
export const LEAF: FieldSet = Object.freeze({});
const SELF = '.';

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

export const isMember = (node: FieldSet): boolean => SELF in node || isEmpty(node);

export function hasChildren(node: FieldSet): boolean {
  for (const element in node) if (element !== SELF) return true;
  return false;
}

/** `node` as a member with the children it has. */
export const withMember = (node: FieldSet): FieldSet => (isMember(node) ? node : {[SELF]: LEAF, ...node});

/** `node` no longer a member; undefined if nothing is left of it. */
export function withoutMember(node: FieldSet): FieldSet | undefined {
  if (!isMember(node)) return node;
  if (!hasChildren(node)) return undefined;
  const {[SELF]: _self, ...children} = node;
  return children;
}

/** The set of one path and what lies below: `setOf('f:metadata', 'f:name')`. */
export const setOf = (...path: string[]): FieldSet => path.reduceRight<FieldSet>((node, element) => ({[element]: node}), LEAF);

export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || isEmpty(right)) return left;
  if (isEmpty(left)) return right;
  return uniteChildren(left, right);
}

function uniteNodes(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right) return left;
  if (!hasChildren(right)) return withMember(left);
  if (!hasChildren(left)) return withMember(right);
  return uniteChildren(left, right);
}

function uniteChildren(left: FieldSet, right: FieldSet): FieldSet {
  let result: MutableFieldSet | undefined;
  let grown = false;
  for (const element in right) {
    const mine = left[element];
    const united = mine === undefined ? right[element]! : uniteNodes(mine, right[element]!);
    if (united === mine) continue;
    result ??= {...left};
    result[element] = united;
    grown ||= mine === undefined;
  }
  if (!result) return left;
  return grown ? sortChildren(result) : result;
}

/** What is in `left` and not in `right`; a parent in `right` does not take its children along. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return left === right ? EMPTY : differChildren(left, right, false);
}

/** Like `difference`, but a member of `right` takes all that lies below it. */
export const recursiveDifference = (left: FieldSet, right: FieldSet): FieldSet => differChildren(left, right, true);

function differChildren(left: FieldSet, right: FieldSet, recursive: boolean): FieldSet {
  let result: MutableFieldSet | undefined;
  for (const element in right) {
    const mine = left[element];
    if (mine === undefined || element === SELF) continue;
    const rest = differNodes(mine, right[element]!, recursive);
    if (rest === mine) continue;
    result ??= {...left};
    if (rest === undefined) delete result[element];
    else result[element] = rest;
  }
  return result ?? left;
}

/** undefined: nothing is left. */
function differNodes(left: FieldSet, right: FieldSet, recursive: boolean): FieldSet | undefined {
  const minus = isMember(right);
  if (minus && recursive) return undefined;
  const wasMember = isMember(left);
  const children = hasChildren(left) && hasChildren(right) ? differChildren(left, right, recursive) : left;
  if (minus && wasMember) return hasChildren(children) ? withoutMember(children) : undefined;
  if (hasChildren(children)) return children;
  return wasMember ? (children === left ? left : LEAF) : undefined;
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right) return left;
  const result: MutableFieldSet = {};
  for (const element in left) {
    const other = right[element];
    if (other === undefined || element === SELF) continue;
    const both = intersectNodes(left[element]!, other);
    if (both !== undefined) result[element] = both;
  }
  return result;
}

function intersectNodes(left: FieldSet, right: FieldSet): FieldSet | undefined {
  if (left === right) return left;
  const member = isMember(left) && isMember(right);
  const children = intersection(left, right);
  if (isEmpty(children)) return member ? LEAF : undefined;
  return member ? withMember(children) : children;
}

export function has(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) {
    node = node[element];
    if (node === undefined) return false;
  }
  return path.length > 0 && isMember(node);
}

/** The paths of all members, in order: a parent before its children. */
export function* paths(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  for (const element in set) {
    if (element === SELF) continue;
    const node = set[element]!;
    const path = [...prefix, element];
    if (isMember(node)) yield path;
    yield* paths(node, path);
  }
}

/** Brings a set that was built in any order into the sorted form. */
export function sorted(set: FieldSet): FieldSet {
  let changed: MutableFieldSet | undefined;
  for (const element in set) {
    const node = set[element]!;
    const ordered = sorted(node);
    if (ordered === node) continue;
    changed ??= {...set};
    changed[element] = ordered;
  }
  return sortChildren(changed ?? set);
}

function sortChildren(set: FieldSet): FieldSet {
  let previous = '';
  for (const element in set) {
    if (previous !== '' && compareElements(previous, element) > 0) return inOrder(set);
    previous = element;
  }
  return set;
}

function inOrder(set: FieldSet): FieldSet {
  const result: MutableFieldSet = {};
  for (const element of Object.keys(set).sort(compareElements)) result[element] = set[element]!;
  return result;
}

/** Reads FieldsV1 from a client: keys in their one spelling, those of an unknown form dropped. Throws Error for what is no field set. */
export function parseFields(fields: Json | undefined): FieldSet {
  const node = parseNode(isObject(fields) ? fields : {});
  return sorted(withoutMember(node) ?? EMPTY);
}

function parseNode(fields: JsonObject): FieldSet {
  const node: MutableFieldSet = {};
  for (const key of Object.keys(fields)) {
    if (key === SELF) node[SELF] = LEAF;
    const element = key === SELF ? undefined : canonicalElement(key);
    if (element === undefined) continue;
    const value = fields[key];
    if (!isObject(value) && value !== null) throw new Error(`field ${key} is not an object`);
    node[element] = parseNode(value ?? {});
  }
  return hasChildren(node) ? node : LEAF;
}
