import {klona} from 'klona/json';
import type {Json} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {isApiError} from '../api/status.ts';
import {applyJsonPatch, isFailedTest, patchFailure} from '../patch/json.ts';
import {memberSchema, shapeOf} from '../patch/typed.ts';
import {merge} from '../patch/typed-merge.ts';
import {joinErrors, typedErrors} from '../patch/typed-validate.ts';
import type {Schema} from '../schema/schema.ts';

/**
 * An object with the patch of a policy, a JSON patch or a configuration as apply takes it (k8s.io/apiserver/pkg/admission/plugin/policy/
 * mutating/patch). A text says why that is not possible.
 */
export function patched(type: string, object: KubeObject, patch: Json, schema: Schema): KubeObject | string {
  try {
    return type === 'JSONPatch' ? withOperations(object, patch) : withConfiguration(object, patch, schema);
  } catch (error) {
    if (isApiError(error)) return error.message;
    throw error;
  }
}

/** Operations behind a test that fails, and those before it, are not meant. */
function withOperations(object: KubeObject, operations: Json): KubeObject | string {
  try {
    return applyJsonPatch(klona(object) as unknown as Json, operations) as unknown as KubeObject;
  } catch (error) {
    if (!isApiError(error)) throw error;
    return isFailedTest(error) ? object : `JSONPath: ${patchFailure(error)}`;
  }
}

function withConfiguration(object: KubeObject, configuration: Json, schema: Schema): KubeObject | string {
  const errors = typedErrors(configuration, schema);
  if (errors.length > 0) return `error applying patch: failed to convert patch object to typed object: ${joinErrors(errors)}`;
  const atomics = atomicPaths(configuration, schema, '');
  if (atomics.length === 0) return merge(klona(object) as unknown as Json, configuration, schema) as unknown as KubeObject;
  return `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`;
}

/** Where a configuration has what can only be set as a whole: who means to add to it would lose the rest. */
function atomicPaths(value: Json, schema: Schema, path: string): string[] {
  const shape = shapeOf(schema);
  if (Array.isArray(value)) {
    if (schema.type !== 'list') return shape === 'deduced' ? [path] : [];
    const inside = value.flatMap((item, index) => atomicPaths(item, schema.items, `${path}[${index}]`));
    return shape === 'leaf' ? [path, ...inside] : inside;
  }
  if (!isObject(value) || (schema.type !== 'struct' && schema.type !== 'map')) return [];
  const members = schema.type === 'map' ? [] : Object.entries(value).filter(([name]) => schema.fields.has(name));
  const inside = members.flatMap(([name, member]) => atomicPaths(member!, memberSchema(schema, name), `${path}.${name}`));
  return shape === 'leaf' ? [path, ...inside] : inside;
}
