import type {Json, JsonObject} from '../api/json.ts';
import {getOwn} from '../api/json.ts';

/** Are two JSON values the same? Keys in any order; `undefined` counts as absent; safe for keys like `constructor` and `valueOf`. */
export function jsonEqual(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left)) return Array.isArray(right) && listsEqual(left, right);
  return !Array.isArray(right) && objectsEqual(left, right);
}

function listsEqual(left: readonly Json[], right: readonly Json[]): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (!jsonEqual(left[index], right[index])) return false;
  return true;
}

function objectsEqual(left: JsonObject, right: JsonObject): boolean {
  let surplus = 0;
  for (const key in right) if (right[key] !== undefined) surplus++;
  for (const key in left) {
    const value = left[key];
    if (value === undefined) continue;
    const other = getOwn(right, key);
    if (other === undefined || !jsonEqual(value, other)) return false;
    surplus--;
  }
  return surplus === 0;
}
