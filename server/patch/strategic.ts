import {klona} from 'klona/json';
import type {Json, JsonObject} from '../api/json.ts';
import {getOwn, isObject, setOwn} from '../api/json.ts';
import {badRequest, unknownError} from '../api/status.ts';
import type {Field, Schema, StructSchema} from '../schema/schema.ts';
import {formatGoValue, goTypeName, jsonTypeName} from './go-format.ts';
import {badArgument, unknownDirective} from './strategic-errors.ts';
import {deleteFromList, mergeInOrder, orderElements, replaceMarked, validateOrder} from './strategic-lists.ts';
import {unprocessable} from './unprocessable.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM_LIST = '$deleteFromPrimitiveList';
const SET_ELEMENT_ORDER = '$setElementOrder';

/**
 * Applies a strategic merge patch (k8s.io/apimachinery/pkg/util/strategicpatch): lists merge by the schema's merge keys, `$patch`,
 * `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…` direct it. Returns a new object; neither argument is changed.
 * Throws 400 for what is no object and malformed directives, 500 without a reason for what does not fit the object.
 */
export function applyStrategicPatch(object: JsonObject, patch: Json, schema: StructSchema): JsonObject {
  if (patch === null) return object;
  if (!isObject(patch)) {
    throw badRequest(`json: cannot unmarshal ${jsonTypeName(patch)} into Go value of type map[string]interface {}`);
  }
  return mergeObject(object, klona(patch), schema);
}

/** Merges into a shallow copy of `original`; `patch` is private and used up. */
function mergeObject(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive !== undefined) return directed(directive, patch);
  const merged: JsonObject = {...original};
  retainKeys(merged, patch);
  for (const key of Object.keys(patch)) if (key.startsWith(SET_ELEMENT_ORDER)) setElementOrder(merged, patch, key, schema);
  for (const key of Object.keys(patch)) mergeKey(merged, key, patch[key]!, schema);
  return merged;
}

function directed(directive: Json, patch: JsonObject): JsonObject {
  if (directive === 'replace') {
    delete patch[DIRECTIVE];
    return patch;
  }
  if (directive === 'delete') return {};
  throw unknownDirective(directive, patch);
}

/** `$retainKeys`: the object keeps only the keys it names; the patch may set no other. */
function retainKeys(merged: JsonObject, patch: JsonObject): void {
  const retained = patch[RETAIN_KEYS];
  if (retained === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(retained)) throw badRequest('invalid patch format of retainKeys');
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith(DELETE_FROM_LIST) || key.startsWith(SET_ELEMENT_ORDER)) continue;
    if (!retained.includes(key)) throw badRequest('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key];
}

/** `$setElementOrder/list`: merges the list at once and brings it in the order given; what the order does not name keeps its place. */
function setElementOrder(merged: JsonObject, patch: JsonObject, key: string, schema: Schema | undefined): void {
  const order = patch[key]!;
  delete patch[key];
  if (!Array.isArray(order)) throw badArgument('[]interface {}', order);
  const name = listName(key, SET_ELEMENT_ORDER, 'invalid patch format of setElementOrder list');
  const current = listOrNothing(getOwn(merged, name));
  const change = listOrNothing(getOwn(patch, name));
  const list = lookupList(schema, name);
  validateOrder(change ?? [], order, list.mergeKey);
  if (!current && !change) return;
  let result = current ?? (withoutDirectives(change!) as Json[]);
  if (current && change) result = mergeList(current, change, list, false);
  setOwn(merged, name, orderElements(result, order, current ?? [], change ?? [], list.mergeKey));
  delete patch[name];
}

const listOrNothing = (value: Json | undefined): Json[] | undefined => {
  if (value !== undefined && !Array.isArray(value)) throw badArgument('[]interface {}', value);
  return value;
};

function mergeKey(merged: JsonObject, patchKey: string, value: Json, schema: Schema | undefined): void {
  const deletes = patchKey.startsWith(DELETE_FROM_LIST);
  const key = deletes ? listName(patchKey, DELETE_FROM_LIST, 'invalid patch format of primitive list') : patchKey;
  if (value === null) {
    delete merged[key];
    return;
  }
  const current = getOwn(merged, key);
  if (current === undefined || goTypeName(current) !== goTypeName(value)) {
    if (!deletes) assign(merged, key, withoutDirectives(withoutNulls(value)));
  } else if (Array.isArray(value)) setOwn(merged, key, mergeList(current as Json[], value, lookupList(schema, key), deletes));
  else if (isObject(value)) {
    const field = lookup(schema, key);
    setOwn(merged, key, field.strategy === 'replace' ? value : mergeObject(current as JsonObject, value, field.schema));
  } else assign(merged, key, value);
}

function assign(merged: JsonObject, key: string, value: Json | undefined): void {
  if (value === undefined) delete merged[key];
  else setOwn(merged, key, value);
}

/** How a field merges. */
interface Merging {
  readonly schema: Schema | undefined;
  /** `merge`, `replace` or ''. */
  readonly strategy: string;
  readonly mergeKey: string;
}

function mergeList(original: Json[], patch: Json[], {schema, strategy, mergeKey}: Merging, deletes: boolean): Json[] {
  if (strategy !== 'merge' && !deletes) return patch;
  if (original.length === 0 && patch.length === 0) return original;
  if (!isObject(elementOf(original, patch))) return deletes ? deleteFromList(original, patch) : mergeInOrder(original, patch, '');
  if (mergeKey === '') throw unknownError(`cannot merge lists without merge key for ${goKind(schema)}`);
  const {kept, rest} = replaceMarked(original, patch as JsonObject[], mergeKey);
  return mergeInOrder(kept, rest, mergeKey, (left, right) => mergeObject(left, right, schema));
}

/** Any element of both lists, which must all be of one type and no lists. */
function elementOf(original: Json[], patch: Json[]): Json {
  const all = [...original, ...patch];
  const type = goTypeName(all[0]);
  if (Array.isArray(all[0])) throw unprocessable();
  if (all.some(element => goTypeName(element) !== type)) {
    throw unknownError(`list element types are not identical: [${formatGoValue(original)} ${formatGoValue(patch)}]`);
  }
  return all[0]!;
}

function lookupList(schema: Schema | undefined, key: string): Merging {
  const field = lookup(schema, key);
  if (field.schema && field.schema.type !== 'list') throw unknownError(`expected slice or array type, but got: ${goKind(schema)}`);
  return {...field, schema: field.schema?.items};
}

function lookup(schema: Schema | undefined, key: string): Merging {
  if (schema?.type === 'map') return {schema: schema.values, strategy: '', mergeKey: ''};
  const field = schema?.type === 'struct' ? schema.fields.get(key) : undefined;
  if (field) return {schema: field.schema, strategy: strategyOf(field), mergeKey: field.patchMergeKey ?? ''};
  const name = (schema && schema.type !== 'list' && schema.name) || '';
  throw unknownError(
    `unable to find api field in struct ${name.slice(name.lastIndexOf('.') + 1)} for the json field ${JSON.stringify(key)}`,
  );
}

/** Without `retainKeys`, which only tells clients to send the directive. */
const strategyOf = ({patchStrategy = ''}: Field): string =>
  patchStrategy
    .split(',')
    .filter(strategy => strategy !== 'retainKeys')
    .join(',');

const goKind = (schema: Schema | undefined): string =>
  schema?.type === 'list' ? 'slice' : schema?.type === 'map' ? 'map' : schema?.type === 'string' ? 'string' : 'struct';

function listName(key: string, prefix: string, message: string): string {
  if (!key.startsWith(`${prefix}/`)) throw badRequest(message);
  return key.slice(prefix.length + 1);
}

/** A patch's value for a field that the object lacks: without nulls in its objects. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) value.forEach(withoutNulls);
  else if (isObject(value)) {
    for (const key of Object.keys(value)) {
      if (value[key] === null) delete value[key];
      else withoutNulls(value[key]!);
    }
  }
  return value;
}

/** Without the objects that are directives; undefined if the value is one itself. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter(element => element !== undefined);
  if (!isObject(value)) return value;
  if (value[DIRECTIVE] !== undefined) return undefined;
  for (const key of Object.keys(value)) assign(value, key, withoutDirectives(value[key]!));
  return value;
}
