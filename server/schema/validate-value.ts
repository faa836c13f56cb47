import type {FieldError, FieldPath} from '../api/field.ts';
import {at, child, duplicate, invalid, notSupported, required, tooLong, tooMany, typeInvalid} from '../api/field.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import {jsonEqual} from '../patch/equal.ts';
import {FORMATS, isKnownFormat} from './formats.ts';
import type {Pattern} from './patterns.ts';
import {compilePattern} from './patterns.ts';
import type {Structural} from './structural.ts';
import {memberOf} from './structural.ts';

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
  return {validate: (value, old, path) => validate({patternOf}, value, old, schema, path)};
}

interface Tools {
  patternOf(source: string): Pattern;
}

function validate(tools: Tools, value: Json | undefined, old: Json | undefined, schema: Structural, path: FieldPath): FieldError[] {
  if (value === undefined || (old !== undefined && jsonEqual(value, old))) return [];
  const errors: FieldError[] = [];
  const wrong = typeError(value, schema, path);
  if (wrong) errors.push(wrong);
  errors.push(...logical(tools, value, schema, path));
  if (typeof value === 'string') errors.push(...stringErrors(tools, value, schema, path));
  if (typeof value === 'number') errors.push(...numberErrors(value, schema, path, wrong !== undefined));
  if (Array.isArray(value)) errors.push(...listErrors(tools, value, old, schema, path));
  errors.push(...enumErrors(value, schema, path));
  if (isObject(value)) errors.push(...objectErrors(tools, value, old, schema, path));
  return errors;
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

function logical(tools: Tools, value: Json, schema: Structural, path: FieldPath): FieldError[] {
  const {allOf, anyOf, oneOf, not} = schema;
  const errors: FieldError[] = [];
  const quoted = JSON.stringify(path);
  const check = (part: Structural): FieldError[] => validate(tools, value, undefined, part, path);
  if (anyOf.length > 0) {
    const results = anyOf.map(check);
    if (results.every(result => result.length > 0))
      errors.push(unplaced(`${quoted} must validate at least one schema (anyOf)`), ...fewest(results));
  }
  if (oneOf.length > 0) {
    const results = oneOf.map(check);
    const valid = results.filter(result => result.length === 0).length;
    if (valid === 0) errors.push(unplaced(`${quoted} must validate one and only one schema (oneOf). Found none valid`), ...fewest(results));
    else if (valid > 1) errors.push(unplaced(`${quoted} must validate one and only one schema (oneOf). Found ${valid} valid alternatives`));
  }
  if (allOf.length > 0) {
    const results = allOf.map(check);
    const failed = results.filter(result => result.length > 0);
    if (failed.length === allOf.length)
      errors.push(...failed.flat(), unplaced(`${quoted} must validate all the schemas (allOf). None validated`));
    else if (failed.length > 0) errors.push(...failed.flat(), unplaced(`${quoted} must validate all the schemas (allOf)`));
  }
  if (not && check(not).length === 0) errors.push(unplaced(`${quoted} must not validate the schema (not)`));
  return errors;
}

/** The alternative that was nearest: the real validator reports the first with the most matches. */
const fewest = (results: FieldError[][]): FieldError[] => results.reduce((best, result) => (result.length < best.length ? result : best));

function stringErrors({patternOf}: Tools, value: string, {props, type}: Structural, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const {maxLength, minLength, pattern, format} = props;
  const length = [...value].length;
  // The first of these that fails is told.
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
  else if (minLength !== undefined && length < minLength)
    errors.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  else if (pattern && !patternOf(pattern).test(value)) errors.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  const check = format !== undefined && (type === 'string' || type === '') ? FORMATS[format] : undefined;
  if (check && !check(value)) errors.push(typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  return errors;
}

function numberErrors(value: number, {props, type, intOrString}: Structural, path: FieldPath, wrongType: boolean): FieldError[] {
  if (intOrString && wrongType) return [];
  const {multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum, format} = props;
  const body = `${path} in body should be`;
  const errors = rangeErrors(value, type, format, 'Checked', path);
  // Integers meet integer bounds, unless the type does not take the bound.
  const bound = (limit: number, name: string): {limit: number; text: string; errors: FieldError[]} => {
    const unfit = rangeErrors(limit, type, format, name, path);
    const whole = unfit.length === 0 && Number.isInteger(value);
    return {limit: whole ? Math.trunc(limit) : limit, text: whole ? String(Math.trunc(limit)) : formatFloat(limit), errors: unfit};
  };
  if (multipleOf !== undefined) {
    const {limit, text, errors: unfit} = bound(multipleOf, 'MultipleOf');
    errors.push(...unfit);
    if (limit <= 0) errors.push(invalid(path, limit, `factor MultipleOf declared for ${path} must be positive: ${text}`));
    else if (!isMultiple(value, limit)) errors.push(invalid(path, value, `${body} a multiple of ${text}`));
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

/** A float as Go's %v prints it. */
function formatFloat(value: number): string {
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 6)) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Is the number one that the type and format can hold? Only integers are bounded. */
function rangeErrors(value: number, type: string, format: string | undefined, name: string, path: FieldPath): FieldError[] {
  if (type !== 'integer') return [];
  const whole = Number.isInteger(value);
  if (format === 'int32')
    return whole && value <= 2 ** 31 - 1 && value >= -(2 ** 31)
      ? []
      : [unplaced(`${name} value must be of type integer with format int32 in ${path}`)];
  const held = format === 'int64' ? 'with format int64' : '(default format)';
  return whole && Math.abs(value) < 2 ** 63 ? [] : [unplaced(`${name} value must be of type integer ${held} in ${path}`)];
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9;
}

function enumErrors(value: Json, {props}: Structural, path: FieldPath): FieldError[] {
  const allowed = props.enum as Json[] | undefined;
  if (!allowed || allowed.length === 0 || allowed.some(candidate => jsonEqual(candidate, value))) return [];
  return [
    notSupported(
      path,
      value,
      allowed.map(candidate => (typeof candidate === 'string' ? candidate : JSON.stringify(candidate))),
    ),
  ];
}

function listErrors(tools: Tools, value: Json[], old: Json | undefined, schema: Structural, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const {maxItems, minItems, uniqueItems} = schema.props;
  if (schema.items) {
    const previous = Array.isArray(old) ? oldItems(schema, old) : undefined;
    for (const [index, item] of value.entries()) errors.push(...validate(tools, item, previous?.(item), schema.items, at(path, index)));
  }
  if (minItems !== undefined && value.length < minItems)
    errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  if (uniqueItems && value.some((item, index) => value.slice(0, index).some(other => jsonEqual(item, other)))) {
    errors.push(duplicate(path, ''));
  }
  return errors;
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

function objectErrors(tools: Tools, value: JsonObject, old: Json | undefined, schema: Structural, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const {maxProperties, minProperties} = schema.props;
  const count = Object.keys(value).length;
  if (minProperties !== undefined && count < minProperties)
    errors.push(invalid(path, count, `${path} in body should have at least ${minProperties} properties`));
  if (maxProperties !== undefined && count > maxProperties) errors.push(tooMany(path, count, maxProperties));
  const before = isObject(old) ? old : undefined;
  for (const name of schema.required) if (!Object.hasOwn(value, name)) errors.push(required(child(path, name)));
  for (const name of Object.keys(value)) {
    const member = memberOf(schema, name);
    if (member) errors.push(...validate(tools, value[name], before?.[name], member, child(path, name)));
  }
  return errors;
}

/** Sets without repeats and map lists without repeated keys (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype). */
export function validateListTypes(value: Json | undefined, schema: Structural, path: FieldPath): FieldError[] {
  if (Array.isArray(value)) {
    const own =
      schema.listType === 'set'
        ? repeats(value, path, item => JSON.stringify(item))
        : schema.listType === 'map'
          ? [...notObjects(value, path), ...repeatedKeys(value, schema, path)]
          : [];
    const inner = schema.items ? value.flatMap((item, index) => validateListTypes(item, schema.items!, at(path, index))) : [];
    return [...own, ...inner];
  }
  if (!isObject(value)) return [];
  return Object.keys(value).flatMap(name => {
    const member = memberOf(schema, name);
    return member ? validateListTypes(value[name], member, child(path, name)) : [];
  });
}

const notObjects = (value: Json[], path: FieldPath): FieldError[] =>
  value.flatMap((item, i) => (isObject(item) ? [] : [invalid(at(path, i), item, 'must be an object for an array of list-type map')]));

const repeatedKeys = (value: Json[], {listMapKeys, items}: Structural, path: FieldPath): FieldError[] =>
  repeats(value, path, item => listKey(item, listMapKeys, items));

/** Each value is told once, where it comes again the first time. */
function repeats(list: Json[], path: FieldPath, keyOf: (item: Json) => string): FieldError[] {
  const seen = new Map<string, boolean>();
  const errors: FieldError[] = [];
  for (const [index, item] of list.entries()) {
    const key = keyOf(item);
    const told = seen.get(key);
    if (told === false) errors.push(duplicate(at(path, index), item));
    seen.set(key, told !== undefined);
  }
  return errors;
}
