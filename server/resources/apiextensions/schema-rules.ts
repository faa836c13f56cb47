import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import {isObject} from '../../api/json.ts';
import type {JSONSchemaProps, ValidationRule} from '../../api/kinds.generated.ts';
import {collect, each} from '../rules.ts';
import {resolveFieldPath} from './field-path.ts';
import {additionalSchema, itemSchema, propertiesOf} from './schemas.ts';
import {shapeError} from './structural-schema.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const META_FIELDS = new Set(['metadata', 'kind', 'apiVersion']);

interface Place {
  readonly root?: boolean;
  /** Inside the metadata, kind or apiVersion of a whole object. */
  readonly insideMeta?: boolean;
  /** Why no defaults may be here. */
  readonly noDefaults?: string;
}

/** Keywords of a schema and of all schemas inside it; rules in CEL are not compiled here (pkg/apis/apiextensions/validation). */
export function validateSchemaRules(schema: JSONSchemaProps, path: FieldPath, place: Place = {}): FieldError[] {
  const {root = false, ...inherited} = place;
  const additional = additionalSchema(schema);
  const inner = (one: JSONSchemaProps, at: FieldPath): FieldError[] => validateSchemaRules(one, at, inherited);
  const item = itemSchema(schema);
  return collect(
    validateKeywords(schema, path, inherited),
    schema.uniqueItems &&
      forbiddenField(child(path, 'uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'),
    schema.additionalProperties !== undefined &&
      schema.additionalProperties !== true &&
      Object.keys(schema.properties ?? {}).length > 0 &&
      forbiddenField(child(path, 'additionalProperties'), 'additionalProperties and properties are mutual exclusive'),
    additional &&
      validateSchemaRules(additional, child(path, 'additionalProperties'), {
        ...inherited,
        ...(inherited.insideMeta && {noDefaults: 'inside additionalProperties applying to object metadata'}),
      }),
    ...propertiesOf(schema).map(([name, property]) => {
      const meta = META_FIELDS.has(name) && (root || schema['x-kubernetes-embedded-resource'] === true);
      return validateSchemaRules(property, at(child(path, 'properties'), name), {
        ...inherited,
        ...(meta && {insideMeta: true}),
        ...(meta && root && {noDefaults: `in top-level ${name}`}),
      });
    }),
    schema.not && inner(schema.not, child(path, 'not')),
    each(schema.allOf, child(path, 'allOf'), inner),
    each(schema.oneOf, child(path, 'oneOf'), inner),
    each(schema.anyOf, child(path, 'anyOf'), inner),
    ...Object.entries(schema.definitions ?? {}).map(([name, one]) => inner(one, at(child(path, 'definitions'), name))),
    item && inner(item, child(path, 'items')),
    Array.isArray(schema.items) && each(schema.items as JSONSchemaProps[], child(path, 'items'), inner),
    ...Object.entries(schema.dependencies ?? {}).map(
      ([name, one]) => isObject(one) && inner(one as JSONSchemaProps, at(child(path, 'dependencies'), name)),
    ),
    validateExtensions(schema, item, path),
    each(schema['x-kubernetes-validations'], child(path, 'x-kubernetes-validations'), (rule, at) => validateRule(rule, schema, at)),
  );
}

function validateKeywords(schema: JSONSchemaProps, path: FieldPath, {insideMeta, noDefaults}: Place): FieldError[] {
  const {type} = schema;
  const unsupported = (name: string, used: unknown): FieldError | false =>
    Boolean(used) && forbiddenField(child(path, name), `${name} is not supported`);
  const some = (map: object | undefined): boolean => map !== undefined && Object.keys(map).length > 0;
  return collect(
    type && !TYPES.includes(type) && notSupported(child(path, 'type'), type, TYPES),
    schema.default !== undefined &&
      schema.default !== null &&
      noDefaults !== undefined &&
      forbiddenField(child(path, 'default'), `must not be set ${noDefaults}`),
    unsupported('id', schema.id),
    unsupported('additionalItems', schema.additionalItems !== undefined),
    unsupported('patternProperties', some(schema.patternProperties)),
    unsupported('definitions', some(schema.definitions)),
    unsupported('dependencies', schema.dependencies !== undefined),
    unsupported('$ref', schema.$ref !== undefined),
    type === 'null' && forbiddenField(child(path, 'type'), 'type cannot be set to null, use nullable as an alternative'),
    Array.isArray(schema.items) &&
      schema.items.length > 0 &&
      forbiddenField(child(path, 'items'), 'items must be a schema object and not an array'),
    insideMeta &&
      schema['x-kubernetes-embedded-resource'] &&
      forbiddenField(child(path, 'x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'),
  );
}

function validateExtensions(schema: JSONSchemaProps, item: JSONSchemaProps | undefined, path: FieldPath): FieldError[] {
  const {type = ''} = schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'];
  const mapType = schema['x-kubernetes-map-type'];
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const listTypePath = child(path, 'x-kubernetes-list-type');
  const typePath = child(path, 'type');
  const notMap = 'must be map if x-kubernetes-list-map-keys is non-empty';
  return collect(
    open === false && invalid(child(path, 'x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'),
    mapType !== undefined && type !== 'object' && shapeError(type, typePath, 'must be object if x-kubernetes-map-type is specified'),
    mapType !== undefined &&
      !['atomic', 'granular'].includes(mapType) &&
      notSupported(child(path, 'x-kubernetes-map-type'), mapType, ['atomic', 'granular']),
    listType !== undefined && type !== 'array'
      ? shapeError(type, typePath, 'must be array if x-kubernetes-list-type is specified')
      : listType === 'set' && item && validateSetItems(item, child(path, 'items')),
    listType !== undefined &&
      !['atomic', 'set', 'map'].includes(listType) &&
      notSupported(listTypePath, listType, ['atomic', 'set', 'map']),
    keys.length > 0 && listType === undefined && required(listTypePath, notMap),
    keys.length > 0 && listType !== undefined && listType !== 'map' && invalid(listTypePath, listType, notMap),
    listType === 'map' && validateMapList(schema, keys, path),
    (listType === 'map' || listType === 'set') &&
      item?.nullable &&
      forbiddenField(child(path, 'items', 'nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`),
    listType === 'map' && item && validateKeysPresent(keys, item, child(path, 'items')),
  );
}

/** Items of a set are compared as a whole. */
function validateSetItems(item: JSONSchemaProps, path: FieldPath): FieldError | undefined {
  const listType = item['x-kubernetes-list-type'];
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (item.type === 'array' && listType !== undefined && listType !== 'atomic')
    return invalid(child(path, 'x-kubernetes-list-type'), listType, detail);
  if (item.type === 'object' && item['x-kubernetes-map-type'] !== 'atomic')
    // Upstream shows the list type here too.
    return invalid(child(path, 'x-kubernetes-map-type'), listType ?? null, detail);
  return undefined;
}

function validateMapList(schema: JSONSchemaProps, keys: readonly string[], path: FieldPath): FieldError[] {
  const {items} = schema;
  const item = itemSchema(schema);
  const itemsPath = child(path, 'items');
  const keysPath = child(path, 'x-kubernetes-list-map-keys');
  return collect(
    keys.length === 0 && required(keysPath, 'must not be empty if x-kubernetes-list-type is map'),
    items === undefined && required(itemsPath, 'must have a schema if x-kubernetes-list-type is map'),
    items !== undefined &&
      !item &&
      invalid(itemsPath, {Schema: null, JSONSchemas: items}, 'must only have a single schema if x-kubernetes-list-type is map'),
    item &&
      item.type !== 'object' &&
      invalid(child(itemsPath, 'type'), item.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"),
    item?.type === 'object' &&
      collect(
        ...keys.map((key, i) => {
          const property = item.properties?.[key];
          return collect(
            !property && invalid(keysPath, [...keys], 'entries must all be names of item properties'),
            (property?.type === 'array' || property?.type === 'object') &&
              invalid(
                child(at(child(itemsPath, 'properties'), key), 'type'),
                item.type,
                "must be a scalar type if parent array's x-kubernetes-list-type is map",
              ),
            keys.indexOf(key) < i && invalid(keysPath, [...keys], 'must not contain duplicate entries'),
          );
        }),
      ),
  );
}

const validateKeysPresent = (keys: readonly string[], item: JSONSchemaProps, path: FieldPath): FieldError[] =>
  collect(
    ...keys.map(key => {
      const property = item.properties?.[key];
      const keyPath = at(child(path, 'properties'), key);
      return (
        property &&
        collect(
          !item.required?.includes(key) &&
            (property.default === undefined || property.default === null) &&
            required(
              child(keyPath, 'default'),
              'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
            ),
          property.nullable &&
            forbiddenField(child(keyPath, 'nullable'), 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'),
        )
      );
    }),
  );

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const LINE_BREAK = /[\n\r]/;

/** What can be said of a rule without reading its CEL. */
function validateRule(rule: ValidationRule, schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const {message = '', messageExpression = '', reason, fieldPath = ''} = rule;
  const text = (rule.rule ?? '').trim();
  const fieldPathPath = child(path, 'fieldPath');
  return collect(
    text === '' ? required(child(path, 'rule'), 'rule is not specified') : validateMessage(message, text, child(path, 'message')),
    messageExpression !== '' &&
      messageExpression.trim() === '' &&
      required(child(path, 'messageExpression'), 'messageExpression must be non-empty if specified'),
    reason !== undefined && !REASONS.includes(reason) && notSupported(child(path, 'reason'), reason, REASONS),
    fieldPath !== '' && fieldPath.trim() === '' && invalid(fieldPathPath, fieldPath, 'must be non-empty if specified'),
    LINE_BREAK.test(fieldPath) && invalid(fieldPathPath, fieldPath, 'must not contain line breaks'),
    fieldPath !== '' &&
      resolveFieldPath(fieldPath, schema, {brackets: true}).problem !== undefined &&
      invalid(fieldPathPath, fieldPath, 'must be a valid path'),
  );
}

function validateMessage(message: string, rule: string, path: FieldPath): FieldError | undefined {
  const text = message.trim();
  if (message !== '' && text === '') return invalid(path, message, 'must be non-empty if specified');
  if (LINE_BREAK.test(text)) return invalid(path, message, 'must not contain line breaks');
  if (LINE_BREAK.test(rule) && text === '') return required(path, 'message must be specified if rule contains line breaks');
  return undefined;
}
