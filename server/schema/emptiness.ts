import type {Json, JsonObject} from '../api/json.ts';
import {zeroScalar} from './scalars.ts';
import type {Field, Schema, StructSchema} from './schema.ts';

/**
 * Fields whose rules tell an empty list or map from none, by the Go type that holds them. Of metadata only that of templates is looked at so.
 */
const EMPTIES: {readonly [type: string]: readonly string[]} = {
  ConfigMap: ['data', 'binaryData'],
  EphemeralContainer: ['ports', 'resizePolicy', 'restartPolicyRules'],
  HPAScalingRules: ['policies'],
  IngressSpec: ['rules'],
  JSONSchemaProps: ['dependencies'],
  ObjectMeta: ['labels', 'finalizers', 'ownerReferences'],
  PodSecurityContext: ['supplementalGroups'],
  PodSpec: ['overhead'],
  ResourceRequirements: ['claims'],
  ResourceSliceSpec: ['devices', 'sharedCounters'],
  ServiceCIDRSpec: ['cidrs'],
};

/** Kinds whose generation counts every empty list or map as a change (their strategies use reflect.DeepEqual). */
const COUNTED = new Set(['MutatingWebhookConfiguration', 'NetworkPolicy', 'ValidatingWebhookConfiguration']);

/** Kinds of which messages show what may not change as Go has it, empty lists and maps too; but for types that have names for JSON there. */
const SHOWN = new Set(['CSINode', 'Job', 'ResourceClaim', 'ResourceClaimTemplate']);
const NAMED_FOR_JSON = new Set(['LabelSelector', 'LabelSelectorRequirement']);

/** A pair on the way: the object itself and its field `metadata`. */
const OBJECT_METADATA_DEPTH = 2;

/** Is this empty list or map of a field told from none? `depth`: the length of the way to its owner from `root`. */
export function keepsEmpty(read: Json, {name, schema}: Field, owner: StructSchema, root: StructSchema, depth: number): boolean {
  const type = typeName(owner);
  const kind = typeName(root);
  if (type !== 'ObjectMeta' && (COUNTED.has(kind) || (SHOWN.has(kind) && !NAMED_FOR_JSON.has(type))))
    return isEmptyCollection(read, schema);
  if (!Object.hasOwn(EMPTIES, type) || !EMPTIES[type]!.includes(name) || !isEmptyCollection(read, schema)) return false;
  return type !== 'ObjectMeta' || depth > OBJECT_METADATA_DEPTH;
}

const typeName = ({name}: StructSchema): string => name.slice(name.lastIndexOf('.') + 1);

/** omitempty looks at nil pointers, false, 0, "" and what has no length; a struct is never empty, unless omitzero says so. */
export function isEmpty(read: Json, field: Field): boolean {
  switch (field.schema.type) {
    case 'string':
    case 'bool':
    case 'int32':
    case 'int64':
    case 'double':
      return !field.pointer && (read === '' || read === 0 || read === false);
    case 'bytes':
      return read === '';
    case 'list':
      return (read as Json[]).length === 0;
    case 'map':
      return hasNoKeys(read as JsonObject);
    case 'struct':
      return field.omitzero && !field.pointer && hasNoKeys(read as JsonObject);
    default:
      return false;
  }
}

const hasNoKeys = (object: JsonObject): boolean => {
  for (const _key in object) return false;
  return true;
};

/** A list or map without items. */
export const isEmptyCollection = (read: Json, {type}: Schema): boolean =>
  (type === 'list' && (read as Json[]).length === 0) || (type === 'map' && hasNoKeys(read as JsonObject));

/** What an absent field is written as. */
export const zeroField = ({pointer, schema}: Field): Json => (pointer ? null : zeroOf(schema));

/** A struct of which nothing is said. */
export function zeroStruct(schema: StructSchema): JsonObject {
  const object: JsonObject = {};
  for (const field of schema.written) object[field.name] = zeroField(field);
  return object;
}

/** A list's or map's item where the text says null. */
export function zeroOf(schema: Schema): Json {
  if (schema.type === 'struct') return zeroStruct(schema);
  return schema.type === 'list' || schema.type === 'map' ? null : zeroScalar(schema.type);
}
