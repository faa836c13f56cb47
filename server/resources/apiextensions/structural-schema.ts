import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField, invalid, required} from '../../api/field.ts';
import {isObject} from '../../api/json.ts';
import type {JSONSchemaProps} from '../../api/kinds.generated.ts';
import {jsonEqual} from '../../patch/equal.ts';
import {compilePattern} from '../../schema/patterns.ts';
import {collect, each} from '../rules.ts';
import {additionalSchema, eachSchema, itemSchema, propertiesOf} from './schemas.ts';

type Level = 'root' | 'item' | 'field';

/** Is every value's shape said outside of anyOf, allOf, oneOf and not (pkg/apiserver/schema/validation.go)? */
export function validateStructural(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const errors = [...validateShape(schema, 'root', path), ...validateComplete(schema, schema, path, path)];
  const text = ({field, message}: FieldError): string => `${field}: ${message}`;
  return errors.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** Why the schema cannot be read as a structural one at all; undefined: it can. */
export function unstructuralReason(schema: JSONSchemaProps): string | undefined {
  for (const one of eachSchema(schema)) {
    const unsupported = Object.entries({
      id: one.id,
      schema: one.$schema,
      $ref: one.$ref,
      patternProperties: one.patternProperties && Object.keys(one.patternProperties).length > 0,
      dependencies: one.dependencies && Object.keys(one.dependencies).length > 0,
      additionalItems: one.additionalItems !== undefined,
      definitions: one.definitions && Object.keys(one.definitions).length > 0,
    }).find(([, used]) => used);
    if (unsupported) return `OpenAPIV3Schema '${unsupported[0]}' is not supported`;
    if (Array.isArray(one.items) && one.items.length > 0) return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  }
  return undefined;
}

function validateShape(schema: JSONSchemaProps, level: Level, path: FieldPath): FieldError[] {
  const {type = '', additionalProperties} = schema;
  const items = itemSchema(schema);
  const additional = additionalSchema(schema);
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const typePath = child(path, 'type');
  const emptyType = {
    root: 'must not be empty at the root',
    item: 'must not be empty for specified array items',
    field: 'must not be empty for specified object fields',
  }[level];
  return collect(
    type === 'array' && !items && required(child(path, 'items'), 'must be specified'),
    items && validateShape(items, 'item', child(path, 'items')),
    ...propertiesOf(schema).map(([name, property]) => validateShape(property, 'field', at(child(path, 'properties'), name))),
    additionalProperties !== undefined &&
      level === 'root' &&
      forbiddenField(child(path, 'additionalProperties'), 'must not be used at the root'),
    additional && validateShape(additional, 'field', child(path, 'additionalProperties')),
    intOrString && open && invalid(extension(path, 'preserve-unknown-fields'), true, 'must be false if x-kubernetes-int-or-string is true'),
    intOrString && embedded && invalid(extension(path, 'embedded-resource'), true, 'must be false if x-kubernetes-int-or-string is true'),
    validateJunctors(schema, path, isIntOrString(schema.anyOf), isIntOrString(schema.allOf?.[0]?.anyOf)),
    embedded && type !== 'object'
      ? shapeError(type, typePath, 'must be object if x-kubernetes-embedded-resource is true')
      : type === '' && !intOrString && !open && required(typePath, emptyType),
    embedded &&
      additionalProperties !== undefined &&
      forbiddenField(child(path, 'additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'),
    level === 'root' && type !== '' && type !== 'object' && invalid(typePath, type, 'must be object at the root'),
    validateMeta(schema, level === 'root' || embedded, level, child(path, 'properties')),
    embedded &&
      !open &&
      Object.keys(schema.properties ?? {}).length === 0 &&
      required(
        child(path, 'properties'),
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
  );
}

const extension = (path: FieldPath, name: string): FieldPath => child(path, `x-kubernetes-${name}`);

/** A type that is missing, or another than wanted. */
export const shapeError = (type: string, path: FieldPath, detail: string): FieldError =>
  type === '' ? required(path, detail) : invalid(path, type, detail);

/** What whole objects have anyway cannot be made different. */
function validateMeta({properties}: JSONSchemaProps, resource: boolean, level: Level, path: FieldPath): FieldError[] {
  const {kind, apiVersion, metadata} = properties ?? {};
  const metadataPath = at(path, 'metadata');
  const notString = (property: JSONSchemaProps | undefined, name: string): FieldError | false =>
    resource &&
    property !== undefined &&
    property.type !== 'string' &&
    invalid(child(at(path, name), 'type'), property.type ?? '', 'must be string');
  return collect(
    notString(kind, 'kind'),
    notString(apiVersion, 'apiVersion'),
    metadata && resource && metadata.type !== 'object' && invalid(child(metadataPath, 'type'), metadata.type ?? '', 'must be object'),
    metadata &&
      level === 'root' &&
      saysMoreThanNames(metadata) &&
      forbiddenField(metadataPath, 'must not specify anything other than name and generateName, but metadata is implicitly specified'),
  );
}

function saysMoreThanNames({type: _type, default: _default, properties, additionalProperties, ...rest}: JSONSchemaProps): boolean {
  const names = Object.keys(properties ?? {});
  if (additionalProperties !== undefined) return true;
  return names.some(name => name !== 'name' && name !== 'generateName') || Object.values(rest).some(value => !isZero(value));
}

const isZero = (value: unknown): boolean =>
  value === undefined || value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0);

/** The pattern that may go with x-kubernetes-int-or-string. What is no part of a structural schema does not spoil it. */
const isIntOrString = (anyOf: JSONSchemaProps[] | undefined): boolean =>
  jsonEqual(
    (anyOf ?? []).map(({dependencies: _dependencies, example: _example, externalDocs: _externalDocs, ...schema}) => schema),
    [{type: 'integer'}, {type: 'string'}],
  );

function validateJunctors(schema: JSONSchemaProps, path: FieldPath, skipAnyOf = false, skipFirstAllOf = false): FieldError[] {
  const {anyOf, allOf, oneOf, not, pattern} = schema;
  const problem = pattern ? patternProblem(pattern) : undefined;
  return collect(
    !skipAnyOf && each(anyOf, child(path, 'anyOf'), (nested, at) => validateNested(nested, at)),
    each(allOf, child(path, 'allOf'), (nested, at, i) => validateNested(nested, at, skipFirstAllOf && i === 0)),
    each(oneOf, child(path, 'oneOf'), (nested, at) => validateNested(nested, at)),
    not && validateNested(not, child(path, 'not')),
    problem !== undefined && invalid(child(path, 'pattern'), pattern, `must be a valid regular expression, but isn't: ${problem}`),
  );
}

function patternProblem(pattern: string): string | undefined {
  try {
    compilePattern(pattern);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

/** A schema below anyOf and its like may check values only. */
function validateNested(schema: JSONSchemaProps, path: FieldPath, skipAnyOf = false): FieldError[] {
  const items = itemSchema(schema);
  const forbidden = (name: string, present: unknown, state: string): FieldError | false =>
    !isZero(present) && forbiddenField(child(path, name), `must be ${state} to be structural`);
  return collect(
    validateJunctors(schema, path, skipAnyOf),
    items && validateNested(items, child(path, 'items')),
    ...propertiesOf(schema).map(([name, property]) => validateNested(property, at(child(path, 'properties'), name))),
    forbidden('type', schema.type, 'empty'),
    // `false` says nothing of shapes.
    schema.additionalProperties && forbiddenField(child(path, 'additionalProperties'), 'must be undefined to be structural'),
    schema.default !== undefined && schema.default !== null && forbiddenField(child(path, 'default'), 'must be undefined to be structural'),
    forbidden('title', schema.title, 'empty'),
    forbidden('description', schema.description, 'empty'),
    forbidden('nullable', schema.nullable, 'false'),
    forbidden('x-kubernetes-preserve-unknown-fields', schema['x-kubernetes-preserve-unknown-fields'], 'false'),
    forbidden('x-kubernetes-embedded-resource', schema['x-kubernetes-embedded-resource'], 'false'),
    forbidden('x-kubernetes-int-or-string', schema['x-kubernetes-int-or-string'], 'false'),
    forbidden('x-kubernetes-list-map-keys', schema['x-kubernetes-list-map-keys'], 'empty'),
    schema['x-kubernetes-list-type'] !== undefined && forbiddenField(extension(path, 'list-type'), 'must be undefined to be structural'),
    schema['x-kubernetes-map-type'] !== undefined && forbiddenField(extension(path, 'map-type'), 'must be undefined to be structural'),
    forbidden('x-kubernetes-validations', schema['x-kubernetes-validations'], 'empty'),
    schema.properties?.metadata && forbiddenField(at(child(path, 'properties'), 'metadata'), 'must not be specified in a nested context'),
  );
}

/** What is checked below anyOf and its like has a shape outside. `shape` is at `shapePath`, what checks it at `path`. */
function validateComplete(checks: JSONSchemaProps, shape: JSONSchemaProps, shapePath: FieldPath, path: FieldPath): FieldError[] {
  const nested = (schema: JSONSchemaProps, at: FieldPath): FieldError[] => validateNestedComplete(schema, shape, shapePath, at);
  return collect(
    checks.not && nested(checks.not, child(path, 'not')),
    each(checks.allOf, child(path, 'allOf'), nested),
    each(checks.anyOf, child(path, 'anyOf'), nested),
    each(checks.oneOf, child(path, 'oneOf'), nested),
  );
}

function validateNestedComplete(
  checks: JSONSchemaProps,
  shape: JSONSchemaProps | undefined,
  shapePath: FieldPath,
  path: FieldPath,
): FieldError[] {
  if (!shape) return [required(shapePath, `because it is defined in ${path}`)];
  const items = itemSchema(checks);
  return collect(
    validateComplete(checks, shape, shapePath, path),
    items && validateNestedComplete(items, itemSchema(shape), child(shapePath, 'items'), child(path, 'items')),
    ...propertiesOf(checks).map(([name, property]) =>
      validateNestedComplete(
        property,
        isObject(shape.properties) ? shape.properties[name] : undefined,
        at(child(shapePath, 'properties'), name),
        at(child(path, 'properties'), name),
      ),
    ),
  );
}
