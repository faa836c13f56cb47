import {klona} from 'klona/json';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject, setOwn} from '../api/json.ts';
import type {Structural} from './structural.ts';
import {memberOf} from './structural.ts';

/** Fills defaults in place, parents before children (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting). */
export function applyDefaults(value: Json | undefined, schema: Structural): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applyDefaults(item, schema.items);
    return;
  }
  if (!isObject(value)) return;
  for (const [name, property] of schema.properties) {
    if (property.default !== undefined && isMissing(value, name, property)) setOwn(value, name, klona(property.default));
    if (Object.hasOwn(value, name)) applyDefaults(value[name], property);
  }
  const {additionalProperties} = schema;
  if (typeof additionalProperties !== 'object') return;
  for (const name of Object.keys(value)) {
    if (schema.properties.has(name)) continue;
    if (value[name] === null && !additionalProperties.nullable && additionalProperties.default !== undefined)
      setOwn(value, name, klona(additionalProperties.default));
    applyDefaults(value[name], additionalProperties);
  }
}

/** Absent, or null where null is not allowed. */
const isMissing = (object: JsonObject, name: string, schema: Structural): boolean =>
  !Object.hasOwn(object, name) || object[name] === undefined || (object[name] === null && !schema.nullable);

/** Drops nulls where the schema does not allow them (PruneNonNullableNullsWithoutDefaults): what has a default gets it then. */
export function dropNulls(value: Json | undefined, schema: Structural): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) dropNulls(item, schema.items);
    return;
  }
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) {
    const member = memberOf(schema, name);
    if (!member) continue;
    if (value[name] === null && !member.nullable) delete value[name];
    else dropNulls(value[name], member);
  }
}
