import type {Json, JsonObject} from '../../api/json.ts';
import {isObject} from '../../api/json.ts';
import type {Structural} from '../structural.ts';
import {dynamicValue, lazyList, lazyMap} from './json-values.ts';
import {parseDate, parseDuration, parseTimestamp} from './time-values.ts';
import type {CelType} from './types.ts';
import {BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, objectType, STRING, TIMESTAMP} from './types.ts';
import type {Structure, Value} from './values.ts';
import {failure} from './values.ts';

/** What a schema is to CEL: a type, its sizes for estimates, and how its JSON is read. */
export interface DeclaredType {
  readonly type: CelType;
  /** The most elements, characters or bytes a value can have. */
  readonly maxElements: number;
  /** The fewest bytes a value takes as JSON. */
  readonly minSize: number;
  readonly element?: DeclaredType;
  readonly key?: DeclaredType;
  /** By escaped name. */
  readonly fields?: ReadonlyMap<string, DeclaredType>;
  read(json: Json): Value;
}

export const MAXIMUM_REQUEST = 3 * 1024 * 1024;
const MINIMUM_STRING = 2;
const LONGEST_TIME = 32;
const DATE_SIZE = 12;

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** Of fields by escaped name: the one that an expression selects. Since Kubernetes 1.31 it may say `self.namespace`, too. */
export const selectField = <Field>(fields: ReadonlyMap<string, Field>, name: string): Field | undefined =>
  fields.get(name) ?? (RESERVED.has(name) ? fields.get(`__${name}__`) : undefined);

/** A property's name as an identifier; undefined: rules cannot name it. */
export function escapeName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return name.replace(/__|[./-]/g, part => ({__: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__'})[part]!);
}

/** The type of a schema's values; undefined where a schema says nothing (k8s.io/apiserver/pkg/cel/common/schemas.go). */
export function declaredType(schema: Structural, root: boolean, name = 'selfType0'): DeclaredType | undefined {
  if (schema.intOrString) return simple(DYN, longestText(schema) ?? MAXIMUM_REQUEST - 2, 1, dynamicValue);
  switch (root || schema.embeddedResource ? 'object' : schema.type) {
    case 'array':
      return arrayType(schema, name);
    case 'object':
      return typeof schema.additionalProperties === 'object' && !root && !schema.embeddedResource
        ? mapType(schema, schema.additionalProperties, name)
        : objectOf(schema, root || schema.embeddedResource, name);
    case 'string':
      return stringType(schema);
    case 'boolean':
      return simple(BOOL, 0, 4, json => json as boolean);
    case 'number':
      return simple(DOUBLE, 0, 1, json => json as number);
    case 'integer':
      return simple(INT, 0, 1, json => (Number.isInteger(json) ? BigInt(json as number) : (json as number)));
    default:
      return undefined;
  }
}

/** What has another type than its schema says (it was stored under an older one) is read as what it is. */
const simple = (type: CelType, maxElements: number, minSize: number, read: (json: Json) => Value): DeclaredType => ({
  type,
  maxElements,
  minSize,
  read: json => (typeof json === JSON_TYPES[type.kind] ? read(json) : dynamicValue(json)),
});

const JSON_TYPES: {readonly [kind: string]: string} = {
  string: 'string',
  bytes: 'string',
  duration: 'string',
  timestamp: 'string',
  bool: 'boolean',
  double: 'number',
  int: 'number',
};

const STRING_TYPE = simple(STRING, MAXIMUM_REQUEST - 2, MINIMUM_STRING, json => json as string);

function arrayType(schema: Structural, name: string): DeclaredType | undefined {
  const element = schema.items && declaredType(schema.items, false, `${name}.@idx`);
  if (element === undefined) return undefined;
  const listType = schema.listType === 'set' || schema.listType === 'map' ? {listType: schema.listType} : undefined;
  const more = listType && {...listType, keys: schema.listMapKeys.map(key => escapeName(key) ?? key)};
  return {
    type: listOf(element.type),
    maxElements: atLeastZero(schema.props.maxItems) ?? Math.trunc((MAXIMUM_REQUEST - 2) / (element.minSize + 1)),
    minSize: 2,
    element,
    read: json =>
      Array.isArray(json) ? lazyList(json, item => element.read(item), more as object) : json === null ? null : dynamicValue(json),
  };
}

function mapType(schema: Structural, values: Structural, name: string): DeclaredType | undefined {
  const element = declaredType(values, false, `${name}.@elem`);
  if (element === undefined) return undefined;
  return {
    type: mapOf(STRING, element.type),
    maxElements: atLeastZero(schema.props.maxProperties) ?? Math.trunc((MAXIMUM_REQUEST - 2) / (element.minSize + 6)),
    minSize: 2,
    key: {...STRING_TYPE, maxElements: 0},
    element,
    read: json => (isObject(json) ? lazyMap(json, item => element.read(item)) : dynamicValue(json)),
  };
}

const atLeastZero = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.max(0, value));

/** The limit counts characters, sizes count bytes. */
const longestText = ({props}: Structural): number | undefined =>
  props.maxLength === undefined ? undefined : Math.max(0, props.maxLength) * 4;

function stringType(schema: Structural): DeclaredType {
  const {format} = schema.props;
  const values = schema.props.enum as Json[] | undefined;
  const bounded = longestText(schema);
  if (format === 'byte')
    return simple(BYTES, bounded ?? MAXIMUM_REQUEST - 2, MINIMUM_STRING, json => Buffer.from(json as string, 'base64'));
  if (format === 'duration') return simple(DURATION, LONGEST_TIME, 3, json => readLongDuration(json as string));
  if (format === 'date') return simple(TIMESTAMP, DATE_SIZE, DATE_SIZE, json => parseDate(json as string) ?? failure('invalid date'));
  if (format === 'date-time')
    return simple(TIMESTAMP, LONGEST_TIME, 21, json => parseTimestamp(json as string) ?? failure('invalid date-time'));
  const longest = values?.length
    ? Math.max(0, ...values.map(value => (typeof value === 'string' ? Buffer.byteLength(value) : 0)))
    : MAXIMUM_REQUEST - 2;
  return simple(STRING, bounded ?? longest, MINIMUM_STRING, json => json as string);
}

const LONG_UNITS: {readonly [letter: string]: string} = {n: 'ns', u: 'us', µ: 'us', s: 's', m: 'm', h: 'h'};

/** Durations of schemas may be in words and in days and weeks too. */
function readLongDuration(text: string): Value {
  const plain = parseDuration(text);
  if (plain) return plain;
  const short = text.replace(/(\d+(?:\.\d+)?)\s*([a-zµ]+)\s*/g, (_, count: string, unit: string) => {
    if (/^d/.test(unit)) return `${Number(count) * 24}h`;
    if (/^w/.test(unit)) return `${Number(count) * 168}h`;
    return count + (/^(ms|milli)/.test(unit) ? 'ms' : /^micro/.test(unit) ? 'us' : (LONG_UNITS[unit[0]!] ?? unit));
  });
  return parseDuration(short) ?? failure(`invalid duration ${text}`);
}

const META: DeclaredType = objectFrom('metadata', new Map([['name', STRING_TYPE] as const, ['generateName', STRING_TYPE] as const]), 2);

function objectOf(schema: Structural, whole: boolean, name: string): DeclaredType {
  const fields = new Map<string, DeclaredType>();
  const required = new Set(schema.required);
  let minSize = 2;
  for (const [property, own] of schema.properties) {
    const type = whole && property === 'metadata' ? undefined : declaredType(own, false, `${name}.${property}`);
    if (type === undefined) continue;
    const escaped = escapeName(property);
    if (escaped !== undefined) fields.set(escaped, type);
    if (required.has(property) && (own.default === undefined || own.default === null))
      minSize += Buffer.byteLength(property) + type.minSize + 4;
  }
  if (whole) {
    fields.set('kind', STRING_TYPE);
    fields.set('apiVersion', STRING_TYPE);
    fields.set('metadata', META);
  }
  return objectFrom(name, fields, minSize);
}

function objectFrom(name: string, fields: ReadonlyMap<string, DeclaredType>, minSize: number): DeclaredType {
  const type = objectType(name, new Map([...fields].map(([field, own]) => [field, own.type])));
  return {
    type,
    // Objects have no size of their own.
    maxElements: 0,
    minSize,
    fields,
    read: json => (isObject(json) ? structure(name, fields, json) : dynamicValue(json)),
  };
}

const UNESCAPED: {readonly [part: string]: string} = {underscores: '__', dot: '.', dash: '-', slash: '/'};
const unescapeName = (name: string): string => {
  const reserved = /^__(\w+?)__$/.exec(name)?.[1];
  if (reserved !== undefined && RESERVED.has(reserved)) return reserved;
  return name.replace(/__(underscores|dot|dash|slash)__/g, (_, part: string) => UNESCAPED[part]!);
};

/** An object whose fields are read when a rule first selects them. */
function structure(type: string, fields: ReadonlyMap<string, DeclaredType>, json: JsonObject): Structure {
  const read = new Map<string, Value>();
  return {
    kind: 'object',
    type,
    get(field) {
      const known = read.get(field);
      if (known !== undefined) return known;
      const declared = selectField(fields, field);
      const name = field.includes('__') ? unescapeName(field) : field;
      if (declared === undefined || !Object.hasOwn(json, name)) return undefined;
      const own = json[name];
      if (own === undefined) return undefined;
      const value = declared.read(own);
      read.set(field, value);
      return value;
    },
    fields: () => [...fields.keys()].filter(field => Object.hasOwn(json, field.includes('__') ? unescapeName(field) : field)),
  };
}
