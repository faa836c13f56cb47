import type {Json, JsonObject} from '../../api/json.ts';
import {isObject} from '../../api/json.ts';
import type {JSONSchemaProps} from '../../api/kinds.generated.ts';
import type {GroupVersionKind} from '../../api/object.ts';
import {structural} from '../structural.ts';
import {declaredType} from './schema-types.ts';
import type {CelType} from './types.ts';

/**
 * The type of a kind's objects, from the OpenAPI v3 document of its group-version; undefined where that does not tell of it
 * (k8s.io/apiserver/pkg/cel/openapi, resolver).
 */
export function kindType(document: Json | undefined, {group, version, kind}: GroupVersionKind): CelType | undefined {
  const schemas = at(document, 'components', 'schemas');
  if (!isObject(schemas)) return undefined;
  const isOfKind = (schema: Json | undefined): boolean =>
    list(at(schema, 'x-kubernetes-group-version-kind')).some(
      own => isObject(own) && own.group === group && own.version === version && own.kind === kind,
    );
  const name = Object.keys(schemas).find(each => isOfKind(schemas[each]));
  if (name === undefined) return undefined;
  const schema = resolve(schemas, {$ref: `${REFERENCE}${name}`}, []) as JSONSchemaProps;
  return declaredType(structural(schema), !tellsMetadata(schema), kind)?.type;
}

const REFERENCE = '#/components/schemas/';

/** With the schemas that are referred to in place; one within itself is an object of which nothing is known. */
function resolve(schemas: JsonObject, schema: JsonObject, within: readonly string[]): JsonObject {
  const reference = referenceOf(schema);
  if (reference !== undefined) {
    if (within.includes(reference)) return {type: 'object'};
    const found = schemas[reference.slice(REFERENCE.length)];
    return isObject(found) ? resolve(schemas, found, [...within, reference]) : {};
  }
  const below = (value: Json | undefined): Json | undefined => (isObject(value) ? resolve(schemas, value, within) : value);
  const {properties, items, additionalProperties, ...own} = schema;
  return {
    ...own,
    ...(isObject(properties) && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, below(property)!])),
    }),
    ...(items !== undefined && {items: below(items)!}),
    ...(additionalProperties !== undefined && {additionalProperties: below(additionalProperties)!}),
    // Built-in kinds say it by the format, custom ones by the extension.
    ...(own.format === 'int-or-string' && {'x-kubernetes-int-or-string': true}),
  };
}

/** A reference that has a description or a default stands in an allOf. */
function referenceOf({$ref, allOf}: JsonObject): string | undefined {
  if (typeof $ref === 'string') return $ref;
  for (const schema of list(allOf)) {
    const reference = isObject(schema) ? referenceOf(schema) : undefined;
    if (reference !== undefined) return reference;
  }
  return undefined;
}

/** Otherwise an object has no metadata but its name. */
const tellsMetadata = (schema: JSONSchemaProps): boolean =>
  [['kind'], ['apiVersion'], ['metadata', 'name'], ['metadata', 'generateName']].every(
    path => at(schema as Json, ...path.flatMap(name => ['properties', name]), 'type') === 'string',
  );

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  for (const name of path) value = isObject(value) ? value[name] : undefined;
  return value;
}
