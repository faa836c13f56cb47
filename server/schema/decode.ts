import type {Json, JsonObject} from '../api/json.ts';
import {isObject, setOwn} from '../api/json.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {DecodeState} from './decode-state.ts';
import {enter, LIST, MAP, misfit, newState, note, typeMessage} from './decode-state.ts';
import type {Document, Parsed} from './document.ts';
import {DecodeError, isLiteral, plainJson} from './document.ts';
import {isEmpty, isEmptyCollection, keepsEmpty, zeroField, zeroOf, zeroStruct} from './emptiness.ts';
import {parseJson} from './parse-json.ts';
import {parseYaml} from './parse-yaml.ts';
import {isInt32, kindOf, scalarValue} from './scalars.ts';
import type {Field, ListSchema, MapSchema, ScalarSchema, Schema, StructSchema} from './schema.ts';

export {DecodeError} from './document.ts';

export type Format = 'json' | 'yaml';

export interface Decoded {
  readonly object: KubeObject;
  /** Unknown and duplicate fields, in the text's order, at most 100: `unknown field "spec.x"`. */
  readonly strictErrors: readonly string[];
  /** There are empty lists or maps that are for rules to look at only. */
  readonly keptEmpties?: boolean;
}

/**
 * Reads the text of a body that holds an object; invalid UTF-8 becomes U+FFFD. Throws DecodeError, worded as by whoever looks for the kind
 * first (patches, which have none, are read with parseJson and parseYaml).
 */
export function parse(text: Buffer | string, format: Format): Document {
  const characters = typeof text === 'string' ? text : text.toString('utf8');
  if (format === 'yaml') return parseYaml(characters);
  try {
    return parseJson(characters);
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`${INTERPRET}${error.message}`);
    throw error;
  }
}

const INTERPRET = "couldn't get version/kind; json parse error: ";

/**
 * Reads a body into canonical form: what Go would encode after decoding. Fields in the schema's order, unknown ones dropped, zero values
 * left out or written as their tags say, map keys sorted, quantities, times and base64 in their one form. Throws DecodeError.
 */
export function decode(text: Buffer | string, format: Format, schema: StructSchema): Decoded {
  return decodeDocument(parse(text, format), schema);
}

/** As `decode`, of text that has been parsed before. `keepsEmpties`: with the empty lists and maps that rules tell from none. */
export function decodeDocument(document: Document, schema: StructSchema, keepsEmpties = false): Decoded {
  const state = newState(document);
  state.keepsEmpties = keepsEmpties;
  const object = document.value === null ? zeroStruct(schema) : guarded(() => decodeValue(document.value, schema, state));
  if (state.failure !== undefined) throw new DecodeError(state.failure);
  const strictErrors = [...document.strictErrors, ...state.strict];
  return {object: (object ?? null) as unknown as KubeObject, strictErrors, keptEmpties: state.keptEmpties};
}

/**
 * The canonical form of a value that is JSON already (built by code in this process): a copy, `undefined` counts as absent, and so do
 * empty lists and maps of built-in kinds, as after storing. Throws DecodeError where a value does not fit its type.
 */
export function canonical(value: Json, schema: Schema): Json {
  const state = newState({value, duplicates: undefined, strictErrors: [], literals: false});
  state.copies = true;
  const result = guarded(() => decodeValue(value, schema, state));
  if (state.failure !== undefined) throw new DecodeError(state.failure);
  return result ?? null;
}

/**
 * What a body says it is (SimpleMetaFactory.Interpret): names of fields count whatever their case, what is missing is empty. Throws
 * DecodeError.
 */
export function interpret(document: Document): GroupVersionKind {
  const {value} = document;
  const into = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  const fail = (text: string): DecodeError => new DecodeError(`${INTERPRET}json: cannot unmarshal ${text}`);
  if (value === null) return {group: '', version: '', kind: ''};
  if (!isObject(value) || isLiteral(value)) throw fail(`${kindOf(value)} into Go value of type ${into}`);
  const found = {apiversion: '', kind: ''};
  for (const [key, item] of document.duplicates?.get(value) ?? Object.entries(value)) {
    const name = key.toLowerCase();
    if ((name !== 'apiversion' && name !== 'kind') || item === null) continue;
    if (typeof item !== 'string')
      throw fail(`${kindOf(item as Parsed)} into Go struct field .${name === 'kind' ? 'kind' : 'apiVersion'} of type string`);
    found[name] = item;
  }
  const groupVersion = found.apiversion === '' || found.apiversion === '/' ? {group: '', version: ''} : parseGroupVersion(found.apiversion);
  if (!groupVersion) throw new DecodeError(`unexpected GroupVersion string: ${found.apiversion}`);
  return {...groupVersion, kind: found.kind};
}

/** Runs out of stack only for types that contain themselves, thousands of levels deep. */
function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw new DecodeError('exceeded max depth');
    throw error;
  }
}

/**
 * undefined: the value did not fit and has been noted. `base` is what an earlier occurrence of the same key was read as: Go reads the
 * next one into it, so that objects merge.
 */
function decodeValue(value: Parsed, schema: Schema, state: DecodeState, base?: Json): Json | undefined {
  switch (schema.type) {
    case 'struct':
      return decodeStruct(value, schema, state, base as JsonObject | undefined);
    case 'map':
      return decodeMap(value, schema, state, base as JsonObject | undefined);
    case 'list':
      return decodeList(value, schema, state, base as Json[] | undefined);
    case 'string':
      return typeof value === 'string' ? value : misfit(value, state);
    case 'bool':
      return typeof value === 'boolean' ? value : misfit(value, state);
    case 'int32':
    case 'int64':
      return isInt32(value) ? value | 0 : decodeScalar(value, schema, state);
    case 'any':
      return arbitrary(value, state);
    case 'schemaOrBool':
    case 'schemaOrArray':
    case 'schemaOrStringArray':
      return decodeSchemaOr(value, schema, state);
    default:
      return decodeScalar(value, schema, state);
  }
}

function decodeScalar(value: Parsed, schema: ScalarSchema, state: DecodeState): Json | undefined {
  const read = scalarValue(schema.type, value);
  if ('value' in read) return read.value;
  const message = read.misfit === undefined ? read.error : typeMessage(read.misfit, state, read.goType);
  if (read.fatal) throw new DecodeError(message);
  state.failure ??= message;
  return undefined;
}

function decodeStruct(value: Parsed, schema: StructSchema, state: DecodeState, base?: JsonObject): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isLiteral(value)) return misfit(value, state) as undefined;
  const {fields} = schema;
  const object: JsonObject = base ? {...base} : {};
  const entries = state.document.duplicates?.get(value) ?? (base && (Object.entries(value) as [string, Parsed][]));
  if (entries) {
    readInto(entries, schema, object, state);
    return inOrder(
      object,
      [...fields.values()].filter(({name}) => object[name] !== undefined),
      schema,
    );
  }
  const found: Field[] = [];
  for (const key of Object.keys(value)) {
    const field = fields.get(key);
    if (!field) {
      if (value[key] !== undefined) note('unknown', key, state);
      continue;
    }
    const read = decodeField(value[key], field, schema, state);
    if (read === undefined) continue;
    object[key] = read;
    found.push(field);
  }
  return inOrder(object, found, schema);
}

/** The object with its fields in the schema's order and what is written though absent; `found` are the fields that it has. */
function inOrder(object: JsonObject, found: Field[], {written}: StructSchema): JsonObject {
  for (const field of written) {
    if (object[field.name] !== undefined) continue;
    object[field.name] = zeroField(field)!;
    found.push(field);
  }
  if (isInOrder(found)) return object;
  found.sort((left, right) => left.place - right.place);
  const ordered: JsonObject = {};
  for (const {name} of found) ordered[name] = object[name];
  return ordered;
}

function isInOrder(fields: readonly Field[]): boolean {
  for (let index = 1; index < fields.length; index++) if (fields[index]!.place < fields[index - 1]!.place) return false;
  return true;
}

/** Each occurrence is read into what is there; null leaves a plain value as it is. */
function readInto(entries: readonly (readonly [string, Parsed])[], schema: StructSchema, found: JsonObject, state: DecodeState): void {
  const seen = new Set<string>();
  for (const [key, value] of entries) {
    const field = schema.fields.get(key);
    if (!field) note('unknown', key, state);
    else {
      if (seen.has(key)) note('duplicate', key, state);
      seen.add(key);
      if (value !== null || field.pointer) found[key] = decodeField(value, field, schema, state, found[key]);
    }
  }
}

/** The field's value; undefined where it is as good as absent. */
function decodeField(value: Parsed | undefined, field: Field, owner: StructSchema, state: DecodeState, base?: Json): Json | undefined {
  if (value === undefined || value === null) return undefined;
  enter(state, owner, field);
  const read = decodeValue(value, field.schema, state, base ?? undefined);
  state.depth -= 2;
  if (read === undefined) return undefined;
  if (field.omitempty && isEmpty(read, field)) {
    if (!state.keepsEmpties || !keepsEmpty(read, field, owner, state.path[0] as StructSchema, state.depth)) return undefined;
    state.keptEmpties = true;
  }
  // Stored as protobuf, lists and maps without items are gone.
  if (state.copies && field.goType !== undefined && isEmptyCollection(read, field.schema)) return undefined;
  return read;
}

function decodeMap(value: Parsed, schema: MapSchema, state: DecodeState, base?: JsonObject): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isLiteral(value)) return misfit(value, state) as undefined;
  const repeated = state.document.duplicates?.get(value);
  if (repeated) {
    const seen = new Set<string>();
    for (const [key] of repeated) {
      if (seen.has(key)) note('duplicate', key, state);
      seen.add(key);
    }
  }
  const keys = Object.keys(value);
  if (!isSorted(keys)) keys.sort();
  const object: JsonObject = {};
  for (const key of keys) {
    const item = value[key];
    if (item === undefined) continue;
    enter(state, MAP, key);
    const read = item === null ? zeroOf(schema.values) : decodeValue(item, schema.values, state);
    state.depth -= 2;
    if (read !== undefined) setOwn(object, key, read);
  }
  return base ? sorted({...base, ...object}) : object;
}

function sorted(map: JsonObject): JsonObject {
  const object: JsonObject = {};
  for (const key of Object.keys(map).sort()) setOwn(object, key, map[key]);
  return object;
}

function isSorted(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index++) if (keys[index]! < keys[index - 1]!) return false;
  return true;
}

function decodeList(value: Parsed, schema: ListSchema, state: DecodeState, base?: Json[]): Json[] | undefined {
  if (!Array.isArray(value)) return misfit(value, state) as undefined;
  const list: Json[] = [];
  for (let index = 0; index < value.length; index++) {
    const item = value[index]!;
    enter(state, LIST, index);
    const read =
      item === null ? (base?.[index] ?? zeroOf(schema.items)) : decodeValue(item, schema.items, state, base?.[index] ?? undefined);
    state.depth -= 2;
    list.push(read === undefined ? zeroOf(schema.items) : read);
  }
  return list;
}

/** JSONSchemaPropsOrBool and its like decode themselves, without looking for unknown fields; what fits no form is null. */
function decodeSchemaOr(value: Parsed, schema: ScalarSchema, state: DecodeState): Json | undefined {
  const {silent} = state;
  state.silent = true;
  try {
    if (isObject(value) && !isLiteral(value)) return decodeStruct(value, schema.object!, state);
    if (schema.type === 'schemaOrBool') {
      if (typeof value === 'boolean') return value;
      throw new DecodeError('boolean or JSON schema expected');
    }
    if (!Array.isArray(value)) return null;
    const items: Schema = schema.type === 'schemaOrArray' ? schema.object! : {type: 'string'};
    return decodeList(value, {type: 'list', items, listType: 'atomic'}, state);
  } finally {
    state.silent = silent;
  }
}

function arbitrary(value: Parsed, state: DecodeState): Json {
  if (state.document.literals) return plainJson({...state.document, value});
  return state.copies ? copy(value) : value;
}

function copy(value: Json): Json {
  if (Array.isArray(value)) return value.map(copy);
  if (!isObject(value)) return value;
  const object: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item !== undefined) setOwn(object, key, copy(item));
  }
  return object;
}
