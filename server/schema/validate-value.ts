import type {FieldError, FieldPath} from '../api/field.ts';
import {at, child, duplicate, invalid, notSupported, required, tooLong, tooMany, typeInvalid} from '../api/field.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {jsonEqual} from '../patch/equal.ts';
import {formatDouble} from './cel/library/numbers.ts';
import {formatCheck, isKnownFormat} from './formats.ts';
import type {Pattern} from './patterns.ts';
import {compilePattern} from './patterns.ts';
import type {Structural} from './structural.ts';

/** Checks values against one structural schema; patterns are compiled once. */
export interface ValueValidator {
  /** `old`: what was stored before; what did not change is not checked again (ratcheting). */
  validate(value: Json | undefined, old: Json | undefined, path: FieldPath): FieldError[];
}

/** The rules of k8s.io/kube-openapi/pkg/validation and what apiextensions makes of their failures. */
export function createValueValidator(schema: Structural): ValueValidator {
  const patterns = new Map<string, Pattern>();
  const patternOf = (source: string): Pattern => {
    const known = patterns.get(source) ?? compilePattern(source);
    patterns.set(source, known);
    return known;
  };
  return {validate: (value, old, path) => validate({patternOf}, value, old, schema, path).errors.map(withoutDot)};
}

/** Messages name members of a free map at the very top with a dot before them, fields do not. */
const withoutDot = (error: FieldError): FieldError => (error.field.startsWith('.') ? {...error, field: error.field.slice(1)} : error);

interface Tools {
  patternOf(source: string): Pattern;
}

/** What a schema found; `matches` counts the checks that were met, by which the nearest of several alternatives is known. */
interface Result {
  readonly errors: FieldError[];
  matches: number;
}

/** Adds what another check found; the same failure is told once. */
function merge(into: Result, {errors, matches}: Result): void {
  for (const error of errors)
    if (!into.errors.some(({field, message}) => field === error.field && message === error.message)) into.errors.push(error);
  into.matches += matches;
}

const passed = (matches: number): Result => ({errors: [], matches});
const found = (errors: FieldError[], matches = 0): Result => ({errors, matches});

function validate(tools: Tools, value: Json | undefined, old: Json | undefined, schema: Structural, path: FieldPath): Result {
  if (value === undefined || (old !== undefined && jsonEqual(value, old))) return passed(0);
  const result = passed(1);
  const add = (part: Result): void => merge(result, {errors: part.errors, matches: part.matches + 1});
  const wrong = typeError(value, schema, path);
  if (wrong) add(found([wrong]));
  else if (schema.type !== '' || schema.intOrString || schema.props.format) add(passed(1));
  // Of null only type and enumeration are asked.
  if (value !== null) add(logical(tools, value, schema, path));
  if (typeof value === 'string') {
    add(found(stringErrors(tools, value, schema, path)));
    const format = formatError(value, schema, path);
    if (format) add(found(format));
  }
  if (typeof value === 'number') add(found(numberErrors(value, schema, path), 1));
  if (Array.isArray(value)) add(listResult(tools, value, old, schema, path));
  add(found(enumErrors(value, schema, path)));
  if (isObject(value)) add(objectResult(tools, value, old, schema, path));
  return result;
}

const kindOf = (value: Json): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? 'integer' : 'number';
  return typeof value;
};

function typeError(value: Json, schema: Structural, path: FieldPath): FieldError | undefined {
  const kind = kindOf(value);
  if (kind === 'null' && (schema.nullable || schema.type === '')) return undefined;
  const wanted = schema.intOrString ? ['integer', 'string'] : schema.type === '' ? [] : [schema.type];
  if (wanted.length === 0 || wanted.includes(kind) || (kind === 'integer' && wanted.includes('number'))) return undefined;
  const wrong = (shown: string, named: string): FieldError =>
    typeInvalid(path, shown, `${path} in body must be of type ${named}: ${JSON.stringify(shown)}`);
  const {format} = schema.props;
  if (kind === 'null' || !format || !isKnownFormat(format, schema.type)) return wrong(kind, wanted.join(','));
  // A format speaks for the type: strings and lists pass where it is not one of numbers, the rest is told by the formats it has.
  if (kind !== 'string' && kind !== 'array') return wrong({integer: 'int64', number: 'float64'}[kind] ?? '', format);
  return schema.type === 'integer' || schema.type === 'number' ? wrong(kind, wanted.join(',')) : undefined;
}

/** A failure that has no field of its own. */
const unplaced = (detail: string): FieldError => invalid('<nil>', '', detail);

function logical(tools: Tools, value: Json, schema: Structural, path: FieldPath): Result {
  const {allOf, anyOf, oneOf, not} = schema;
  const all = passed(1);
  const quoted = JSON.stringify(path);
  const check = (part: Structural): Result => validate(tools, value, undefined, part, path);
  const isValid = ({errors}: Result): boolean => errors.length === 0;
  const fail = (detail: string): void => merge(all, found([unplaced(`${quoted} must ${detail}`)]));
  if (anyOf.length > 0) {
    const results = anyOf.map(check);
    const valid = results.find(isValid);
    if (!valid) fail('validate at least one schema (anyOf)');
    merge(all, valid ?? nearest(results));
  }
  if (oneOf.length > 0) {
    const results = oneOf.map(check);
    const valid = results.filter(isValid);
    if (valid.length !== 1)
      fail(
        `validate one and only one schema (oneOf). ${valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`}`,
      );
    if (valid.length < 2) merge(all, valid[0] ?? nearest(results));
  }
  if (allOf.length > 0) {
    const results = allOf.map(check);
    for (const result of results) merge(all, result);
    if (!results.every(isValid)) fail(`validate all the schemas (allOf)${results.some(isValid) ? '' : '. None validated'}`);
  }
  if (not && isValid(check(not))) fail('not validate the schema (not)');
  return all;
}

/** Of alternatives that all failed the first with the most checks that were met. */
const nearest = (results: Result[]): Result => results.reduce((best, result) => (result.matches > best.matches ? result : best));

function stringErrors({patternOf}: Tools, value: string, {props}: Structural, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const {maxLength, minLength, pattern} = props;
  const length = [...value].length;
  // The first of these that fails is told.
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
  else if (minLength !== undefined && length < minLength)
    errors.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  else if (pattern && !patternOf(pattern).test(value)) errors.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  return errors;
}

/** undefined: there is no format to check. */
function formatError(value: string, {props: {format}, type}: Structural, path: FieldPath): FieldError[] | undefined {
  const check = format !== undefined && (type === 'string' || type === '') ? formatCheck(format) : undefined;
  return check && (check(value) ? [] : [typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`)]);
}

function numberErrors(value: number, {props, type}: Structural, path: FieldPath): FieldError[] {
  const {multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum, format} = props;
  const body = `${path} in body should be`;
  const errors = rangeErrors(value, type, format, 'Checked', path);
  // Integers meet integer bounds, unless the type does not take the bound.
  const bound = (limit: number, name: string): {limit: number; text: string; whole: boolean; errors: FieldError[]} => {
    const unfit = rangeErrors(limit, type, format, name, path);
    const whole = unfit.length === 0 && Number.isInteger(value) && Math.abs(value) < 2 ** 63;
    return {limit: whole ? Math.trunc(limit) : limit, text: whole ? String(Math.trunc(limit)) : formatDouble(limit), whole, errors: unfit};
  };
  if (multipleOf !== undefined) {
    const {limit, text, whole, errors: unfit} = bound(multipleOf, 'MultipleOf');
    errors.push(...unfit);
    if (limit <= 0) errors.push(invalid(path, limit, `factor MultipleOf declared for ${path} must be positive: ${text}`));
    else if (whole ? value % limit !== 0 : !isMultiple(value, limit)) errors.push(invalid(path, value, `${body} a multiple of ${text}`));
  }
  if (minimum !== undefined) {
    const {limit, text, errors: unfit} = bound(minimum, 'Minimum boundary');
    errors.push(...unfit);
    if (exclusiveMinimum ? value <= limit : value < limit)
      errors.push(invalid(path, value, `${body} greater than ${exclusiveMinimum ? '' : 'or equal to '}${text}`));
  }
  if (maximum !== undefined) {
    const {limit, text, errors: unfit} = bound(maximum, 'Maximum boundary');
    errors.push(...unfit);
    if (exclusiveMaximum ? value >= limit : value > limit)
      errors.push(invalid(path, value, `${body} less than ${exclusiveMaximum ? '' : 'or equal to '}${text}`));
  }
  return errors;
}

const MAX_FLOAT32 = 3.4028234663852886e38;

/** Is the number one that the type and format can hold? */
function rangeErrors(value: number, type: string, format: string | undefined, name: string, path: FieldPath): FieldError[] {
  if (type === 'number' && format === 'float' && Math.abs(value) > MAX_FLOAT32)
    return [unplaced(`${name} value must be of type number with format float in ${path}`)];
  if (type !== 'integer') return [];
  const whole = Number.isInteger(value);
  if (format === 'int32')
    return whole && value <= 2 ** 31 - 1 && value >= -(2 ** 31)
      ? []
      : [unplaced(`${name} value must be of type integer with format int32 in ${path}`)];
  const held = format === 'int64' ? 'with format int64' : '(default format)';
  return whole && Math.abs(value) < 2 ** 63 ? [] : [unplaced(`${name} value must be of type integer ${held} in ${path}`)];
}

/** Beyond 2^53 no quotient counts as whole, and what is hardly above a whole number does (swag.IsFloat64AJSONInteger). */
function isMultiple(value: number, factor: number): boolean {
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  if (Math.abs(quotient) > Number.MAX_SAFE_INTEGER) return false;
  const whole = Math.trunc(quotient);
  return quotient === whole || (whole > 0 && (quotient - whole) / (quotient + whole) < 1e-9);
}

function enumErrors(value: Json, {props}: Structural, path: FieldPath): FieldError[] {
  const allowed = props.enum as Json[] | undefined;
  if (!allowed || allowed.length === 0 || allowed.some(candidate => isEnumerated(value, candidate))) return [];
  return [
    notSupported(
      path,
      value,
      allowed.map(candidate => (typeof candidate === 'string' ? candidate : JSON.stringify(candidate))),
    ),
  ];
}

/** Go converts the value to the type of what is allowed: fractions are cut off for integers, a number stands for a character. Null equals nothing. */
function isEnumerated(value: Json, allowed: Json): boolean {
  if (value === null || allowed === null) return false;
  if (typeof value === 'number' && typeof allowed === 'number')
    return Number.isInteger(allowed) ? Math.trunc(value) === allowed : value === allowed;
  if (Number.isInteger(value) && typeof allowed === 'string') return allowed === characterOf(value as number);
  return jsonEqual(allowed, value);
}

const characterOf = (code: number): string =>
  code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\ufffd' : String.fromCodePoint(code);

function listResult(tools: Tools, value: Json[], old: Json | undefined, schema: Structural, path: FieldPath): Result {
  const result = passed(1);
  const {maxItems, minItems, uniqueItems} = schema.props;
  if (schema.items) {
    const previous = Array.isArray(old) ? oldItems(schema, old) : undefined;
    for (const [index, item] of value.entries()) merge(result, validate(tools, item, previous?.(item), schema.items, at(path, index)));
  }
  const fail = (error: FieldError): void => merge(result, found([error]));
  if (minItems !== undefined && value.length < minItems)
    fail(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  if (maxItems !== undefined && value.length > maxItems) fail(tooMany(path, value.length, maxItems));
  if (uniqueItems && value.some((item, index) => value.slice(0, index).some(other => jsonEqual(item, other)))) fail(duplicate(path, ''));
  return result;
}

/** Items of map lists have a past, found by their keys; those of other lists only as part of the whole. */
function oldItems({listType, listMapKeys, items}: Structural, old: Json[]): ((item: Json) => Json | undefined) | undefined {
  if (listType !== 'map') return undefined;
  const keyOf = (item: Json): string => listKey(item, listMapKeys, items);
  const byKey = new Map(old.map(item => [keyOf(item), item]));
  return item => byKey.get(keyOf(item));
}

const listKey = (item: Json, keys: readonly string[], items: Structural | undefined): string =>
  JSON.stringify(keys.map(key => (isObject(item) ? (item[key] ?? items?.properties.get(key)?.default ?? null) : null)));

function objectResult(tools: Tools, value: JsonObject, old: Json | undefined, schema: Structural, path: FieldPath): Result {
  const result = passed(0);
  const fail = (error: FieldError): void => merge(result, found([error]));
  const {maxProperties, minProperties} = schema.props;
  const names = Object.keys(value);
  if (minProperties !== undefined && names.length < minProperties)
    fail(invalid(path, names.length, `${path} in body should have at least ${minProperties} properties`));
  if (maxProperties !== undefined && names.length > maxProperties) fail(tooMany(path, names.length, maxProperties));
  const before = isObject(old) ? old : undefined;
  const {additionalProperties, properties} = schema;
  const isOwn = (name: string): boolean => properties.has(name);
  for (const name of names.filter(name => !isOwn(name))) {
    if (additionalProperties === false) fail(invalid(path, name, `${path}.${name} in body is a forbidden property`));
    else if (typeof additionalProperties === 'object')
      merge(result, validate(tools, value[name], before?.[name], additionalProperties, `${path}.${name}`));
  }
  for (const name of names.filter(isOwn))
    merge(result, validate(tools, value[name], before?.[name], properties.get(name)!, child(path, name)));
  for (const name of schema.required) if (!Object.hasOwn(value, name)) fail(required(child(path, name)));
  return result;
}
