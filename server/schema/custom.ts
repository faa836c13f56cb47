import type {Json, JsonObject} from '../api/json.ts';
import {isObject, setOwn} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import type {Decoded} from './decode.ts';
import {decodeDocument} from './decode.ts';
import type {Document} from './document.ts';
import {DecodeError, plainJson} from './document.ts';
import {prune} from './prune.ts';
import type {Schema} from './schema.ts';
import type {LooseField} from './struct-schema.ts';
import {structSchema} from './struct-schema.ts';
import type {Structural} from './structural.ts';
import {memberOf} from './structural.ts';

/** Reads a custom object: metadata as for every kind, the rest as it is but for what the schema does not know. */
export function decodeCustom(document: Document, schema: Structural, metadata: Schema): Decoded {
  const duplicates = duplicateErrors(document);
  const object = plainJson(document) as JsonObject;
  const meta = decodeMetadata(document, object, metadata);
  const {metadata: _metadata, ...rest} = object;
  const unknown = [...meta.unknown, ...prune(rest, schema, true), ...coerceEmbedded(rest, schema, '', metadata)];
  return {
    object: {...rest, metadata: meta.value} as KubeObject,
    strictErrors: [...document.strictErrors, ...duplicates, ...unknown.map(path => `unknown field ${JSON.stringify(path)}`)],
  };
}

function decodeMetadata(document: Document, {metadata: sent}: JsonObject, schema: Schema): {value: JsonObject; unknown: string[]} {
  if (sent !== undefined && sent !== null && !isObject(sent)) {
    const type = Array.isArray(sent) ? 'array' : typeof sent === 'boolean' ? 'bool' : typeof sent;
    throw new DecodeError(`json: cannot unmarshal ${type} into Go value of type v1.ObjectMeta`);
  }
  const field: LooseField = {
    name: 'metadata',
    schema,
    pointer: false,
    omitempty: false,
    omitzero: false,
    required: false,
    goType: 'v1.ObjectMeta',
    goPath: 'metadata',
  } as LooseField;
  const only = structSchema('v1.ObjectMeta', () => [field]);
  const {object, strictErrors} = rewording(
    () => decodeDocument({...document, value: {metadata: sent ?? {}}, duplicates: undefined, strictErrors: []}, only),
    message => message.replace('ObjectMeta.metadatametadata.', 'ObjectMeta.'),
  );
  return {
    value: (object.metadata ?? {}) as JsonObject,
    unknown: strictErrors.map(error => /^unknown field "(.*)"$/.exec(error)?.[1]).filter(path => path !== undefined),
  };
}

/** Metadata of embedded objects is read like any; what it does not know is dropped. */
function coerceEmbedded(value: Json | undefined, schema: Structural, path: string, metadata: Schema): string[] {
  if (Array.isArray(value))
    return schema.items ? value.flatMap((item, index) => coerceEmbedded(item, schema.items!, `${path}[${index}]`, metadata)) : [];
  if (!isObject(value)) return [];
  const unknown: string[] = [];
  if (schema.embeddedResource) refuseUntyped(value, path);
  if (schema.embeddedResource && value.metadata !== undefined && value.metadata !== null) {
    const meta = rewording(
      () => decodeMetadata({value, duplicates: undefined, strictErrors: [], literals: false}, value, metadata),
      message => `${path}.metadata: Invalid value: ${JSON.stringify(value.metadata)}: ${message}`,
    );
    value.metadata = meta.value;
    unknown.push(...meta.unknown.map(name => `${path}.${name}`));
  }
  for (const name of Object.keys(value)) {
    const member = memberOf(schema, name);
    if (member) unknown.push(...coerceEmbedded(value[name], member, path === '' ? name : `${path}.${name}`, metadata));
  }
  return unknown;
}

/** What names an embedded object has to be text. */
function refuseUntyped(value: JsonObject, path: string): void {
  for (const field of ['apiVersion', 'kind']) {
    const text = value[field];
    if (text !== undefined && typeof text !== 'string')
      throw new DecodeError(`${path}.${field}: Invalid value: ${JSON.stringify(text)}: must be a string`);
  }
}

/** Runs `decode`; what it refuses is told in other words. */
function rewording<T>(decode: () => T, reword: (message: string) => string): T {
  try {
    return decode();
  } catch (error) {
    throw error instanceof DecodeError ? new DecodeError(reword(error.message)) : error;
  }
}

/** Keys that occur twice, by their paths. */
function duplicateErrors({value, duplicates}: Document): string[] {
  if (duplicates === undefined) return [];
  const errors: string[] = [];
  const walk = (node: Json | undefined, path: string): void => {
    if (Array.isArray(node)) return void node.forEach((item, index) => void walk(item, `${path}[${index}]`));
    if (!isObject(node)) return;
    const seen = new Map<string, number>();
    for (const [name] of duplicates.get(node) ?? []) seen.set(name, (seen.get(name) ?? 0) + 1);
    for (const name of Object.keys(node)) {
      const own = path === '' ? name : `${path}.${name}`;
      if ((seen.get(name) ?? 0) > 1) errors.push(`duplicate field ${JSON.stringify(own)}`);
      walk(node[name], own);
    }
  };
  walk(value, '');
  return errors;
}

/** Maps of Go are written with sorted keys: so is a custom object, whole. */
export function sortKeys<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map(sortKeys) as T;
  if (!isObject(value)) return value;
  const sorted: JsonObject = {};
  for (const name of Object.keys(value).sort()) if (value[name] !== undefined) setOwn(sorted, name, sortKeys(value[name]!));
  return sorted as T;
}

/** The same schema for those who own, merge and apply fields. `metadata` is what every object has; `whole` is the schema of a whole object. */
export function toSchema(schema: Structural, metadata: Schema, whole = false): Schema {
  const isResource = whole || schema.embeddedResource;
  if (schema.preserveUnknownFields && schema.properties.size === 0 && !isResource) return {type: 'any'};
  if (schema.intOrString) return {type: 'intOrString'};
  if (schema.type === 'array') {
    const listType = schema.listType === 'set' || schema.listType === 'map' ? schema.listType : 'atomic';
    return {
      type: 'list',
      items: schema.items ? toSchema(schema.items, metadata) : {type: 'any'},
      listType,
      ...(listType === 'map' && {keys: schema.listMapKeys}),
    };
  }
  if (schema.type === 'object' || schema.properties.size > 0 || isResource) return objectSchema(schema, metadata, isResource);
  const scalar = {string: 'string', integer: 'int64', number: 'double', boolean: 'bool'}[schema.type];
  return {type: scalar ?? 'any'} as Schema;
}

function objectSchema(schema: Structural, metadata: Schema, isResource: boolean): Schema {
  const atomic = schema.mapType === 'atomic';
  if (schema.properties.size === 0 && !isResource) {
    const {additionalProperties} = schema;
    return {
      type: 'map',
      values: typeof additionalProperties === 'object' ? toSchema(additionalProperties, metadata) : {type: 'any'},
      atomic,
    };
  }
  const fields = new Map<string, LooseField>();
  const add = (name: string, own: Schema, fallback?: Json): void => {
    fields.set(name, {
      name,
      schema: own,
      pointer: true,
      omitempty: true,
      omitzero: false,
      required: schema.required.includes(name),
      ...(fallback !== undefined && {default: fallback}),
    } as LooseField);
  };
  if (isResource) {
    add('apiVersion', {type: 'string'});
    add('kind', {type: 'string'});
    add('metadata', metadata);
  }
  for (const [name, property] of schema.properties) {
    if (!fields.has(name)) add(name, toSchema(property, metadata), property.default);
  }
  return structSchema('custom', () => fields.values(), {atomic, ...(schema.preserveUnknownFields && {undeclared: {type: 'any'}})});
}
