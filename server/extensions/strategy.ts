import type {FieldError} from '../api/field.ts';
import {invalid} from '../api/field.ts';
import type {Json, JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {CustomResourceDefinitionVersion} from '../api/kinds.generated.ts';
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
  const rules = createRuleValidator(schema);
  const hasStatus = version.subresources?.status !== undefined;
  const validate = (object: KubeObject, old: KubeObject | undefined, context: StrategyContext): FieldError[] => {
    const value = withoutMetadata(object);
    const before = old && withoutMetadata(old);
    const errors = [
      ...kindErrors(object, own),
      ...validator.validate(value, before, ''),
      ...validateListTypes(value, schema, ''),
      ...validateEmbeddedResources(value, schema, ''),
      ...scaleErrors(object, version),
    ];
    // Rules rely on the schema: where that is broken in a way they would stumble over, they are not run.
    if (!rules) return errors;
    const blocked = !object.metadata.name || errors.some(blocksRules);
    return [...errors, ...(blocked ? [UNCHECKED] : rules.validate(value, before, '', context.warn))];
  };
  const selectable = (version.selectableFields ?? []).map(({jsonPath}) => ({
    label: jsonPath.replace(/^\./, ''),
    path: parseJsonPath(jsonPath) ?? [],
  }));
  return {
    defaults: object => applyDefaults(object, schema),
    validate: (object, context) => validate(object, undefined, context),
    validateUpdate: validate,
    plainFinalizers: true,
    warnings: finalizerWarnings,
    generation: (object, old) => !jsonEqual(generational(object, hasStatus), generational(old, hasStatus)),
    initialGeneration: 1,
    isolateStatus: hasStatus,
    statusMetadata: 'none',
    allowUnconditionalUpdate: false,
    subresources: {status: {validateUpdate: validate}},
    selectableFields: selectable.map(({label}) => label),
    fields: object => Object.fromEntries(selectable.map(({label, path}) => [label, scalarText(findAll(object, path)[0])])),
    unknownField: label => `field label not supported: ${label}`,
  };
}

const blocksRules = ({type}: FieldError): boolean =>
  ['FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid'].includes(type);

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

/** Replicas that a Scale would show have to be a number that a Scale can show. */
function scaleErrors(object: KubeObject, {subresources}: CustomResourceDefinitionVersion): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  return [scale.specReplicasPath, scale.statusReplicasPath].flatMap(path => {
    const value = numberAt(object, path, memberNames(path) ?? []);
    if (typeof value === 'string') return [invalid(path, 0, value)];
    return value < 0 ? [invalid(path, value, 'should be a non-negative integer')] : [];
  });
}

/** The number at a path, 0 where there is none, or what is in its way in Go's words (unstructured.NestedInt64). */
function numberAt(object: KubeObject, path: string, names: readonly string[]): number | string {
  const refused = (value: Json, expected: string): string =>
    `${path} accessor error: ${formatGoValue(value)} is of the type ${goTypeName(value)}, expected ${expected}`;
  let value: Json | undefined = object as JsonObject;
  for (const name of names) {
    if (!isObject(value)) return refused(value, 'map[string]interface{}');
    value = value[name];
    if (value === undefined) return 0;
  }
  return typeof value === 'number' && Number.isInteger(value) ? value : refused(value, 'int64');
}
