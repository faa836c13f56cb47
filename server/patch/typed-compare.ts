import type {Json, JsonObject} from '../api/json.ts';
import {getOwn, isObject} from '../api/json.ts';
import type {ListSchema, Schema} from '../schema/schema.ts';
import {jsonEqual} from './equal.ts';
import type {FieldSet, MutableFieldSet} from './field-set.ts';
import {LEAF} from './field-set.ts';
import {listElement, sameKeys} from './path-element.ts';
import {DEDUCED, hasItems, hasMembers, memberElement, memberSchema, shapeOf} from './typed.ts';
import {allFields} from './typed-fields.ts';

/** What differs between two values; a part without differences is absent. Keys are in no order. */
export interface Comparison {
  readonly removed?: FieldSet;
  readonly modified?: FieldSet;
  readonly added?: FieldSet;
}

interface MutableComparison {
  removed?: MutableFieldSet;
  modified?: MutableFieldSet;
  added?: MutableFieldSet;
}

const MODIFIED: Comparison = {modified: LEAF};

/** Compares two values that both are there; undefined: nothing differs. Throws TypedError for items without keys. */
export function compare(left: Json, right: Json, schema: Schema): Comparison | undefined {
  if (left === right) return undefined;
  switch (shapeOf(schema)) {
    case 'fields':
      return hasMembers(left) || hasMembers(right) ? compareMembers(membersOf(left), membersOf(right), schema) : compareLeaves(left, right);
    case 'items':
      return hasItems(left) || hasItems(right)
        ? compareLists(itemsOf(left), itemsOf(right), schema as ListSchema)
        : compareLeaves(left, right);
    case 'deduced':
      return compareDeduced(left, right);
    default:
      return compareLeaves(left, right);
  }
}

const membersOf = (value: Json): JsonObject => (isObject(value) ? value : {});
const itemsOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);

const compareLeaves = (left: Json, right: Json): Comparison | undefined => (jsonEqual(left, right) ? undefined : MODIFIED);

/** A value that turns into an object, or out of one, is modified and its members come and go; null is no value of its own. */
function compareDeduced(left: Json, right: Json): Comparison | undefined {
  if (!hasMembers(left) && !hasMembers(right)) return compareLeaves(left, right);
  const members = compareMembers(membersOf(left), membersOf(right), DEDUCED);
  const sameKind = (isObject(left) || left === null) && (isObject(right) || right === null);
  return sameKind ? members : {...members, modified: LEAF};
}

function compareMembers(left: JsonObject, right: JsonObject, schema: Schema): Comparison | undefined {
  let result: MutableComparison | undefined;
  for (const key in right) {
    const value = right[key];
    if (value === undefined) continue;
    const previous = getOwn(left, key);
    if (value !== previous) result = attach(result, memberElement(schema, key), compareMember(previous, value, memberSchema(schema, key)));
  }
  for (const key in left) {
    const value = left[key];
    if (value === undefined || getOwn(right, key) !== undefined) continue;
    result = attach(result, memberElement(schema, key), {removed: allFields(value, memberSchema(schema, key))});
  }
  return result;
}

const compareMember = (left: Json | undefined, right: Json | undefined, schema: Schema): Comparison | undefined => {
  if (left === undefined) return right === undefined ? undefined : {added: allFields(right, schema)};
  return right === undefined ? {removed: allFields(left, schema)} : compare(left, right, schema);
};

function attach(result: MutableComparison | undefined, element: string, part: Comparison | undefined): MutableComparison | undefined {
  if (!part) return result;
  const target = result ?? {};
  for (const kind of ['removed', 'modified', 'added'] as const) {
    const node = part[kind];
    if (!node) continue;
    target[kind] ??= {};
    target[kind][element] = node;
  }
  return target;
}

function compareLists(left: readonly Json[], right: readonly Json[], schema: ListSchema): Comparison | undefined {
  return samePlaces(left, right, schema) ? compareByPlace(left, right, schema) : compareByKey(left, right, schema);
}

/** Most updates leave the items where they are. */
function samePlaces(left: readonly Json[], right: readonly Json[], schema: ListSchema): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index] && !sameKeys(schema, left[index], right[index])) return false;
  }
  return true;
}

function compareByPlace(left: readonly Json[], right: readonly Json[], schema: ListSchema): Comparison | undefined {
  let result: MutableComparison | undefined;
  for (let index = 0; index < left.length; index++) {
    const part = compareMember(left[index], right[index], schema.items);
    if (!part) continue;
    if (!result && new Set(right.map(item => listElement(schema, item))).size < right.length) return compareByKey(left, right, schema);
    result = attach(result, listElement(schema, right[index]), part);
  }
  return result;
}

function compareByKey(left: readonly Json[], right: readonly Json[], schema: ListSchema): Comparison | undefined {
  const before = groupByElement(left, schema);
  const after = groupByElement(right, schema);
  let result: MutableComparison | undefined;
  for (const [element, items] of before) result = attach(result, element, compareGroups(items, after.get(element) ?? [], schema.items));
  for (const [element, items] of after) if (!before.has(element)) result = attach(result, element, compareGroups([], items, schema.items));
  return result;
}

function groupByElement(list: readonly Json[], schema: ListSchema): Map<string, Json[]> {
  const groups = new Map<string, Json[]>();
  for (const item of list) {
    const element = listElement(schema, item);
    const group = groups.get(element);
    if (group) group.push(item);
    else groups.set(element, [item]);
  }
  return groups;
}

/** Items with the same keys on one side or both: several of them are one leaf. */
function compareGroups(before: Json[], after: Json[], schema: Schema): Comparison | undefined {
  if (before.length < 2 && after.length < 2) return compareMember(before[0], after[0], schema);
  if (before.length > 1 && after.length > 1) return compareLeaves(before, after);
  if (before.length > 1) return {removed: LEAF, ...(after.length === 1 && {added: allFields(after[0]!, schema)})};
  const previous = before.length === 1 ? {removed: allFields(before[0]!, schema)} : {};
  return {added: LEAF, ...previous};
}
