import type {Json, JsonObject} from '../api/json.ts';
import {getOwn, isObject, setOwn} from '../api/json.ts';
import {badRequest} from '../api/status.ts';
import {jsonTypeName} from './go-format.ts';
import {sortedCopy} from './json.ts';

/**
 * Applies an RFC 7386 merge patch; returns a new value that shares what the patch did not touch. Throws 400 for a patch that is no object.
 */
export function applyMergePatch(object: Json, patch: Json): Json {
  if (patch === null) throw badRequest('Invalid JSON Patch');
  if (!isObject(patch)) {
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonTypeName(patch)} into Go value of type map[string]interface {}`);
  }
  return isObject(object) ? mergeObjects(object, patch) : prune(patch);
}

/** Keys come out sorted where something was merged, as Go encodes what it has opened. */
function mergeObjects(object: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = {...object};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    if (value === null) delete merged[key];
    else setOwn(merged, key, mergeValue(getOwn(object, key), value));
  }
  return sortedCopy(merged);
}

function mergeValue(current: Json | undefined, patch: Json): Json {
  if (!isObject(current)) return prune(patch);
  // Only here a list keeps the nulls of its objects.
  return isObject(patch) ? mergeObjects(current, patch) : patch;
}

/** Drops the nulls of objects at any depth; those of lists stay. */
function prune(value: Json): Json {
  if (Array.isArray(value)) return value.map(prune);
  if (!isObject(value)) return value;
  const pruned: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== null && member !== undefined) setOwn(pruned, key, prune(member));
  }
  return pruned;
}
