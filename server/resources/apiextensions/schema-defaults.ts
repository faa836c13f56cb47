import {klona} from 'klona/json';
import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, invalid} from '../../api/field.ts';
import type {Json} from '../../api/json.ts';
import type {JSONSchemaProps} from '../../api/kinds.generated.ts';
import {jsonEqual} from '../../patch/equal.ts';
import {createRuleValidator} from '../../schema/cel/validate-rules.ts';
import {prune} from '../../schema/prune.ts';
import type {Structural} from '../../schema/structural.ts';
import {structural} from '../../schema/structural.ts';
import {createValueValidator} from '../../schema/validate-value.ts';
import {collect} from '../rules.ts';
import {validateEmbeddedResources} from './embedded-resources.ts';

const META_FIELDS = new Set(['metadata', 'kind', 'apiVersion']);

/** Are the defaults of a structural schema values that the schema takes (pkg/apiserver/schema/defaulting/validation.go)? */
export const validateSchemaDefaults = (schema: JSONSchemaProps, path: FieldPath): FieldError[] =>
  validateDefaults({...structural(schema), embeddedResource: true}, path, false);

function validateDefaults(schema: Structural, path: FieldPath, insideMeta: boolean): FieldError[] {
  const {items, properties, embeddedResource} = schema;
  const inMeta = insideMeta && !embeddedResource;
  return collect(
    validateDefault(schema, child(path, 'default'), inMeta),
    items && validateDefaults(items, child(path, 'items'), inMeta),
    ...[...properties]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, property]) =>
        validateDefaults(property, at(child(path, 'properties'), name), inMeta || (embeddedResource && META_FIELDS.has(name))),
      ),
  );
}

function validateDefault(schema: Structural, path: FieldPath, insideMeta: boolean): FieldError[] {
  const {default: value} = schema;
  if (value === undefined || value === null) return [];
  const pruned = klona(value);
  if (!insideMeta) prune(pruned, schema, schema.embeddedResource);
  const embedded = insideMeta ? [] : validateEmbeddedResources(value, schema, path);
  return collect(
    !jsonEqual(pruned, value) && invalid(path, value, 'must not have unknown fields'),
    embedded,
    embedded.length === 0 && validateValue(schema, path),
  );
}

/** Messages name fields inside the value; their places are below the default. */
function validateValue(schema: Structural, path: FieldPath): FieldError[] {
  const errors = createValueValidator(schema).validate(schema.default, undefined, '');
  if (errors.length > 0) return errors.map(error => ({...error, field: error.field === '<nil>' ? path : child(path, error.field)}));
  const rules = createRuleValidator(schema, schema.embeddedResource);
  const failures = (old: Json | undefined) => rules?.validate(schema.default, old, path, () => undefined) ?? [];
  // As an update that changes nothing, then as what is new.
  const unchanged = failures(schema.default);
  return unchanged.length > 0 ? unchanged : failures(undefined);
}
