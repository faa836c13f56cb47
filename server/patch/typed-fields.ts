import type {Json, JsonObject} from '../api/json.ts';
import {isObject, setOwn} from '../api/json.ts';
import type {ListSchema, Schema} from '../schema/schema.ts';
import type {FieldSet, MutableFieldSet} from './field-set.ts';
import {EMPTY, hasChildren, isEmpty, isMember, LEAF, sorted, withMember} from './field-set.ts';
import {listElement} from './path-element.ts';
import {elementSchema, hasItems, hasMembers, isDeclared, memberElement, memberSchema, shapeOf} from './typed.ts';

/** The fields a configuration names: leaves, items and map keys, but not the structs and lists they lie in. Throws TypedError. */
export const fieldsOf = (value: Json, schema: Schema): FieldSet => sorted(ownedNode(value, schema) ?? EMPTY);

/** undefined: the value owns nothing by itself. */
function ownedNode(value: Json, schema: Schema): FieldSet | undefined {
  const shape = shapeOf(schema);
  if (shape === 'items') return Array.isArray(value) ? ownedItems(value, schema as ListSchema) : undefined;
  if (shape === 'fields') return isObject(value) ? ownedMembers(value, schema) : undefined;
  if (shape === 'deduced' && isObject(value)) return ownedMembers(value, schema);
  return LEAF;
}

function ownedMembers(object: JsonObject, schema: Schema): FieldSet | undefined {
  const node: MutableFieldSet = {};
  for (const key in object) {
    const value = object[key];
    if (value === undefined) continue;
    const owned = ownedNode(value, memberSchema(schema, key));
    const isSet = value === null || (isObject(value) && !hasMembers(value)) || !isDeclared(schema, key);
    if (owned !== undefined) node[`f:${key}`] = isSet ? withMember(owned) : owned;
    else if (isSet) node[`f:${key}`] = LEAF;
  }
  return isEmpty(node) ? undefined : node;
}

function ownedItems(list: readonly Json[], schema: ListSchema): FieldSet | undefined {
  const node: MutableFieldSet = {};
  const seen = new Set<string>();
  for (const item of list) {
    const element = listElement(schema, item);
    // Items with the same keys are owned together, without what is inside.
    const owned = seen.has(element) ? undefined : ownedNode(item, schema.items);
    node[element] = owned ? withMember(owned) : LEAF;
    seen.add(element);
  }
  return isEmpty(node) ? undefined : node;
}

/** A member and all that lies below it, structs and lists included: what an update owns of a value that was not there before. */
export function allFields(value: Json, schema: Schema): FieldSet {
  const shape = shapeOf(schema);
  if (shape === 'items') return hasItems(value) ? allItems(value, schema as ListSchema) : LEAF;
  return shape !== 'leaf' && hasMembers(value) ? allMembers(value, schema) : LEAF;
}

function allMembers(object: JsonObject, schema: Schema): FieldSet {
  const node: MutableFieldSet = {'.': LEAF};
  // In the order of sets, so that nothing has to be sorted later.
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    if (value !== undefined) node[memberElement(schema, key)] = allFields(value, memberSchema(schema, key));
  }
  return node;
}

function allItems(list: readonly Json[], schema: ListSchema): FieldSet {
  const node: MutableFieldSet = {'.': LEAF};
  for (const item of list) {
    const element = listElement(schema, item);
    node[element] = element in node ? LEAF : allFields(item, schema.items);
  }
  return node;
}

/** The set with every declared field on the way to its members as a member, too. */
export function withNamedFields(set: FieldSet, schema: Schema): FieldSet {
  let result: MutableFieldSet | undefined;
  for (const element in set) {
    const node = set[element]!;
    if (element === '.' || !hasChildren(node)) continue;
    let named = withNamedFields(node, elementSchema(schema, element));
    if (element[0] === 'f' && isDeclared(schema, element.slice(2))) named = withMember(named);
    if (named === node) continue;
    result ??= {...set};
    result[element] = named;
  }
  return result ?? set;
}

/** Fields below what the schema (now) says to be owned as a whole become that whole. */
export function reconcileWithSchema(set: FieldSet, schema: Schema): FieldSet {
  let result: MutableFieldSet | undefined;
  for (const element in set) {
    const node = set[element]!;
    if (element === '.' || !hasChildren(node)) continue;
    const below = elementSchema(schema, element);
    if (shapeOf(below) === 'deduced') continue;
    const whole = shapeOf(below) === 'leaf' && (below.type === 'list' || below.type === 'struct' || below.type === 'map');
    const reconciled = whole ? LEAF : reconcileWithSchema(node, below);
    if (reconciled === node) continue;
    result ??= {...set};
    result[element] = reconciled;
  }
  return result ?? set;
}

/** Removes fields and items from a value. What loses everything becomes null; leaves below a removed part stay untouched. */
export function removeFields(value: Json, removed: FieldSet, schema: Schema): Json {
  const shape = shapeOf(schema);
  if (shape === 'items') return hasItems(value) ? removeItems(value, removed, schema as ListSchema) : null;
  if (shape === 'fields' || (shape === 'deduced' && isObject(value)))
    return hasMembers(value) ? removeMembers(value, removed, schema) : null;
  // Parts of what is owned as a whole cannot be removed; upstream gives up the whole.
  return typeof value === 'object' ? null : value;
}

function removeMembers(object: JsonObject, removed: FieldSet, schema: Schema): Json {
  const rest: JsonObject = {...object};
  for (const element in removed) {
    const key = element.slice(2);
    const value = element[0] === 'f' && Object.hasOwn(rest, key) ? rest[key] : undefined;
    if (value === undefined) continue;
    const node = removed[element]!;
    if (isMember(node)) delete rest[key];
    else setOwn(rest, key, removeFields(value, node, memberSchema(schema, key)));
  }
  return hasMembers(rest) ? rest : null;
}

function removeItems(list: readonly Json[], removed: FieldSet, schema: ListSchema): Json {
  const rest: Json[] = [];
  for (const item of list) {
    const node = removed[listElement(schema, item)];
    if (node === undefined) rest.push(item);
    else if (!isMember(node)) rest.push(removeFields(item, node, schema.items));
  }
  return rest.length > 0 ? rest : null;
}
