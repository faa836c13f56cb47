import type {FieldError} from '../api/field.ts';
import {invalid} from '../api/field.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {CustomResourceDefinitionVersion, CustomResourceSubresourceScale} from '../api/kinds.generated.ts';
import type {GroupVersionKind, KubeObject} from '../api/object.ts';
import {jsonEqual} from '../patch/equal.ts';
import {formatGoValue, goTypeName} from '../patch/go-format.ts';
import {validateEmbeddedResources} from '../resources/apiextensions/embedded-resources.ts';
import {STANDARD_FINALIZERS} from '../resources/metadata.ts';
import type {Strategy, StrategyContext} from '../resources/resource.ts';
import {createRuleValidator} from '../schema/cel/validate-rules.ts';
import {applyDefaults} from '../schema/default-values.ts';
import {validateListTypes} from '../schema/list-types.ts';
import type {Structural} from '../schema/structural.ts';
import {createValueValidator} from '../schema/validate-value.ts';
import {findAll, memberNames, parseJsonPath} from './json-path.ts';

/** The rules of a custom kind's version, from its schema (k8s.io/apiextensions-apiserver/pkg/registry/customresource). */
export function customStrategy(own: GroupVersionKind, schema: Structural, version: CustomResourceDefinitionVersion): Strategy {
  const validator = createValueValidator(schema);
  const statusSchema = schema.properties.get('status');
  const statusValidator = statusSchema && createValueValidator(statusSchema);
  const rules = createRuleValidator(schema);
  const hasStatus = version.subresources?.status !== undefined;
  const {scale} = version.subresources ?? {};
  /** With the rules of the schema's expressions, which rely on the rest: where that is broken they are not run. */
  const withRules = (object: KubeObject, old: KubeObject | undefined, context: StrategyContext, errors: FieldError[]): FieldError[] => {
    if (!rules) return errors;
    const blocked = !object.metadata.name || errors.some(blocksRules);
    return [...errors, ...(blocked ? [UNCHECKED] : rules.validate(withoutMetadata(object), old && withoutMetadata(old), '', context.warn))];
  };
  const listErrors = (value: JsonObject, old: KubeObject | undefined): FieldError[] =>
    old && validateListTypes(withoutMetadata(old), schema, '').length > 0 ? [] : validateListTypes(value, schema, '');
  const validate = (object: KubeObject, old: KubeObject | undefined, context: StrategyContext): FieldError[] => {
    const value = withoutMetadata(object);
    const mistyped = kindErrors(object, own);
    return withRules(object, old, context, [
      ...(mistyped.length > 0
        ? mistyped
        : [
            ...validator.validate(value, old && withoutMetadata(old), ''),
            ...specScaleErrors(object, scale),
            ...statusScaleErrors(object, scale),
          ]),
      ...validateEmbeddedResources(value, schema, ''),
      ...listErrors(value, old),
    ]);
  };
  const validateStatus = (object: KubeObject, old: KubeObject, context: StrategyContext): FieldError[] =>
    withRules(object, old, context, [
      ...(statusValidator?.validate(object.status, old.status, '') ?? []).map(below('status')),
      ...statusScaleErrors(object, scale),
      ...listErrors(withoutMetadata(object), old),
    ]);
  const selectable = (version.selectableFields ?? []).map(({jsonPath}) => ({
    label: jsonPath.replace(/^\./, ''),
    path: parseJsonPath(jsonPath) ?? [],
  }));
  return {
    defaults(object) {
      if (object.kind === own.kind) applyDefaults(object, schema);
    },
    validate: (object, context) => validate(object, undefined, context),
    validateUpdate: validate,
    plainFinalizers: true,
    warnings: finalizerWarnings,
    generation: (object, old) => !jsonEqual(generational(object, hasStatus), generational(old, hasStatus)),
    initialGeneration: 1,
    isolateStatus: hasStatus,
    statusMetadata: 'none',
    allowUnconditionalUpdate: false,
    subresources: {status: {validateUpdate: validateStatus}},
    selectableFields: selectable.map(({label}) => label),
    fields: object => Object.fromEntries(selectable.map(({label, path}) => [label, scalarText(findAll(object, path)[0])])),
    unknownField: label => `field label not supported: ${label}`,
  };
}

const blocksRules = ({type}: FieldError): boolean =>
  ['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid'].includes(type);

const UNCHECKED: FieldError = invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** Finalizers without a domain are taken, but not gladly. */
const finalizerWarnings = ({metadata}: KubeObject, old: KubeObject | undefined): string[] =>
  (metadata.finalizers ?? [])
    .filter(name => !name.includes('/') && !STANDARD_FINALIZERS.includes(name) && !old?.metadata.finalizers?.includes(name))
    .map(
      name =>
        `metadata.finalizers: ${JSON.stringify(name)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    );

const scalarText = (value: Json | undefined): string =>
  value === undefined || value === null || typeof value === 'object' ? '' : String(value);

function withoutMetadata({metadata, ...rest}: KubeObject): JsonObject {
  const {name, generateName} = metadata;
  return {...rest, metadata: {...(name !== undefined && {name}), ...(generateName !== undefined && {generateName})}};
}

/** Everything but metadata, and but the status where that has an endpoint of its own, moves the generation. */
function generational({metadata: _metadata, ...rest}: KubeObject, hasStatus: boolean): JsonObject {
  if (!hasStatus) return rest;
  const {status: _status, ...kept} = rest;
  return kept;
}

function kindErrors({kind}: KubeObject, own: GroupVersionKind): FieldError[] {
  return kind === own.kind ? [] : [invalid('kind', kind ?? '', `must be ${own.kind}`)];
}

/** Messages tell where in the part something is, their field where in the whole. */
const below =
  (part: string) =>
  (error: FieldError): FieldError => ({...error, field: ['', '<nil>'].includes(error.field) ? part : `${part}.${error.field}`});

const MOST_REPLICAS = 2 ** 31 - 1;

/** What a Scale would show of the spec has to be a number that a Scale can show. */
const specScaleErrors = (object: KubeObject, scale: CustomResourceSubresourceScale | undefined): FieldError[] =>
  scale ? replicasErrors(object, scale.specReplicasPath) : [];

/** And of the status, which has a selector besides. */
const statusScaleErrors = (object: KubeObject, scale: CustomResourceSubresourceScale | undefined): FieldError[] =>
  scale ? [...replicasErrors(object, scale.statusReplicasPath), ...selectorErrors(object, scale.labelSelectorPath)] : [];

function replicasErrors(object: KubeObject, path: string): FieldError[] {
  const found = nested(object, path, 'int64');
  if (found.wrong !== undefined) return [invalid(path, 0, found.wrong)];
  const value = (found.value ?? 0) as number;
  if (value < 0) return [invalid(path, value, 'should be a non-negative integer')];
  return value > MOST_REPLICAS ? [invalid(path, value, `should be less than or equal to ${MOST_REPLICAS}`)] : [];
}

function selectorErrors(object: KubeObject, path: string | undefined): FieldError[] {
  const wrong = path === undefined ? undefined : nested(object, path, 'string').wrong;
  return wrong === undefined ? [] : [invalid(path!, '', wrong)];
}

/** The value at a path, or what is in its way in Go's words (unstructured.NestedInt64, NestedString). */
function nested(object: KubeObject, path: string, type: 'int64' | 'string'): {value?: Json; wrong?: string} {
  const names = memberNames(path) ?? [];
  const refused = (value: Json, expected: string) => ({
    wrong: `${path} accessor error: ${formatGoValue(value)} is of the type ${goTypeName(value)}, expected ${expected}`,
  });
  let value: Json | undefined = object as JsonObject;
  for (const name of names) {
    if (!isObject(value)) return refused(value, 'map[string]interface{}');
    value = value[name];
    if (value === undefined) return {};
  }
  return goTypeName(value) === type ? {value} : refused(value, type);
}
