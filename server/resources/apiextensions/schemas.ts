import {isObject} from '../../api/json.ts';
import type {CustomResourceDefinitionSpec, JSONSchemaProps} from '../../api/kinds.generated.ts';

/** The one schema of `items`; a list of schemas, and what is neither, is none. */
export const itemSchema = ({items}: JSONSchemaProps): JSONSchemaProps | undefined =>
  isObject(items) ? (items as JSONSchemaProps) : undefined;

/** The schema of `additionalProperties`, where that is not just true or false. */
export const additionalSchema = ({additionalProperties}: JSONSchemaProps): JSONSchemaProps | undefined =>
  isObject(additionalProperties) ? (additionalProperties as JSONSchemaProps) : undefined;

/** Properties by name, sorted: messages about them come in one order. */
export const propertiesOf = ({properties}: JSONSchemaProps): [string, JSONSchemaProps][] =>
  Object.entries(properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** The schema, and all inside it. */
export function* eachSchema(schema: JSONSchemaProps): Generator<JSONSchemaProps> {
  yield schema;
  const {items, allOf, anyOf, oneOf, not, properties, patternProperties, additionalItems, definitions, dependencies} = schema;
  const inner: unknown[] = [
    ...(Array.isArray(items) ? items : [items]),
    ...(allOf ?? []),
    ...(anyOf ?? []),
    ...(oneOf ?? []),
    not,
    ...Object.values(properties ?? {}),
    additionalSchema(schema),
    ...Object.values(patternProperties ?? {}),
    additionalItems,
    ...Object.values(definitions ?? {}),
    ...Object.values(dependencies ?? {}),
  ];
  for (const one of inner) if (isObject(one)) yield* eachSchema(one as JSONSchemaProps);
}

/** All schemas of a CRD. */
export function* schemasOf(spec: CustomResourceDefinitionSpec): Generator<JSONSchemaProps> {
  for (const {schema} of spec.versions ?? []) if (schema?.openAPIV3Schema) yield* eachSchema(schema.openAPIV3Schema);
}
