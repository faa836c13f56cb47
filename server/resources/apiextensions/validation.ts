import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, duplicate, forbiddenField, invalid, required, tooMany} from '../../api/field.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  JSONSchemaProps,
  SelectableField,
} from '../../api/kinds.generated.ts';
import {isDNS1123Subdomain, longerThan} from '../../api/names.ts';
import {validateExpressions} from '../../schema/cel/validate-schema.ts';
import {internal, listOf, struct} from '../internal.ts';
import {collect, each, immutable, immutableText, orNull, requiredOneOf, requiredText} from '../rules.ts';
import {validateApproval} from './approval.ts';
import {hasBadBundle, validateConversion} from './conversion.ts';
import {resolveFieldPath} from './field-path.ts';
import type {InternalSpec} from './internal-spec.ts';
import {internalSpec} from './internal-spec.ts';
import {labelItem, validateNames} from './names.ts';
import {validateSchemaDefaults} from './schema-defaults.ts';
import {validateSchemaRules} from './schema-rules.ts';
import {schemasOf} from './schemas.ts';
import {unstructuralReason, validateStructural} from './structural-schema.ts';

/** Rules of a CRD, whether it is new or takes the place of `old` (pkg/apis/apiextensions/validation/validation.go). */
export function validateDefinition(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  const {spec} = definition;
  const settled = old !== undefined && isEstablished(old);
  const internalForm = internalSpec(spec);
  const checkBundle = settled && !hasBadBundle(internalSpec(old.spec).conversion);
  return collect(
    validateSpec(internalForm, checkBundle, 'spec'),
    old && validateUnchanged(spec, old.spec, settled, 'spec'),
    validateStatus(definition),
    validateStoredVersions(definition, 'status.storedVersions'),
    validateApproval(definition, old),
    spec.preserveUnknownFields &&
      !old?.spec.preserveUnknownFields &&
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
  );
}

export const validateStatus = ({status}: CustomResourceDefinition): FieldError[] =>
  validateNames(status?.acceptedNames ?? {}, 'status.acceptedNames');

const isEstablished = ({status}: CustomResourceDefinition): boolean =>
  (status?.conditions ?? []).some(condition => condition.type === 'Established' && condition.status === 'True');

const validateUnchanged = (
  spec: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec,
  settled: boolean,
  path: FieldPath,
): FieldError[] =>
  collect(
    settled && immutable(spec.scope, old.scope, child(path, 'scope')),
    settled && immutableText(spec.names.kind, old.names.kind, child(path, 'names.kind')),
    immutableText(spec.group, old.group, child(path, 'group')),
    immutableText(spec.names.plural, old.names.plural, child(path, 'names.plural')),
  );

function validateStoredVersions({spec, status}: CustomResourceDefinition, path: FieldPath): FieldError[] {
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) return [invalid(path, null, 'must have at least one stored version')];
  const versions = spec.versions ?? [];
  return collect(
    ...versions.map(
      ({name, storage}) => storage && !stored.includes(name) && invalid(path, stored, `must have the storage version ${name}`),
    ),
    each(stored, path, (name, at) => !versions.some(version => version.name === name) && invalid(at, name, goneVersion(name))),
  );
}

const goneVersion = (name: string): string =>
  `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;

// A version in its internal form.
const VERSIONS = listOf(
  struct({
    name: '',
    served: false,
    storage: false,
    deprecated: false,
    deprecationWarning: null,
    schema: null,
    subresources: null,
    additionalPrinterColumns: null,
    selectableFields: null,
  }),
);

function validateSpec(internalForm: InternalSpec, checkBundle: boolean, path: FieldPath): FieldError[] {
  const {spec, version, versions = [], validation, subresources, additionalPrinterColumns, selectableFields, conversion} = internalForm;
  const names = spec.names ?? {};
  const storages = versions.filter(({storage}) => storage).length;
  const wrongVersions = (detail: string): FieldError =>
    invalid(child(path, 'versions'), internal(orNull(internalForm.versions), VERSIONS), detail);
  const open = spec.preserveUnknownFields === true;
  const statusOf = (one: CustomResourceSubresources | undefined): boolean => one?.status !== undefined;
  return collect(
    validateGroup(spec.group, child(path, 'group')),
    requiredOneOf(spec.scope, child(path, 'scope'), ['Cluster', 'Namespaced']),
    !validation?.openAPIV3Schema &&
      each(versions, child(path, 'versions'), ({schema}, at) => !schema?.openAPIV3Schema && required(child(at, 'schema.openAPIV3Schema'))),
    open &&
      hasDefaults(spec) &&
      invalid(child(path, 'preserveUnknownFields'), true, 'must be false in order to use defaults in the schema'),
    each(versions, child(path, 'versions'), (one, at) =>
      collect(labelItem(one.name ?? '', child(at, 'name')), validateVersion(one, statusOf(one.subresources ?? subresources), at)),
    ),
    new Set(versions.map(({name}) => name)).size < versions.length && wrongVersions('must contain unique version names'),
    storages !== 1 && wrongVersions('must have exactly one version marked as storage version'),
    version && labelItem(version, child(path, 'version')),
    requiredText(names.plural, child(path, 'names.plural')),
    requiredText(names.singular, child(path, 'names.singular')),
    requiredText(names.kind, child(path, 'names.kind')),
    requiredText(names.listKind, child(path, 'names.listKind')),
    validateNames(names, child(path, 'names')),
    validateValidation(validation, statusOf(subresources) || versions.some(one => statusOf(one.subresources)), child(path, 'validation')),
    validateSubresources(subresources, child(path, 'subresources')),
    each(additionalPrinterColumns, child(path, 'additionalPrinterColumns'), validateColumn),
    selectableFields &&
      selectableFields.length > 0 &&
      (validation?.openAPIV3Schema
        ? validateSelectableFields(selectableFields, validation.openAPIV3Schema, child(path, 'selectableFields'))
        : invalid(child(path, 'selectableFields'), '', 'may only be set when validations.schema is included')),
    open &&
      conversion &&
      conversion.strategy !== 'None' &&
      invalid(child(path, 'conversion.strategy'), conversion.strategy, 'must be None if spec.preserveUnknownFields is true'),
    conversion && validateConversion(conversion, child(path, 'conversion'), checkBundle),
  );
}

function validateGroup(group: string | undefined, path: FieldPath): FieldError[] {
  if (!group) return [required(path)];
  const messages = isDNS1123Subdomain(group);
  if (messages.length > 0) return [invalid(path, group, messages.join(','))];
  return group.includes('.') ? [] : [invalid(path, group, 'should be a domain with at least one dot')];
}

function hasDefaults(spec: CustomResourceDefinitionSpec): boolean {
  for (const schema of schemasOf(spec)) if (schema.default !== undefined && schema.default !== null) return true;
  return false;
}

function validateVersion(version: CustomResourceDefinitionVersion, hasStatus: boolean, path: FieldPath): FieldError[] {
  const {schema, subresources, additionalPrinterColumns, selectableFields} = version;
  const fieldsPath = child(path, 'selectableFields');
  return collect(
    deprecationProblems(version).map(detail => invalid(child(path, 'deprecationWarning'), version.deprecationWarning, detail)),
    validateValidation(schema, hasStatus, child(path, 'schema')),
    validateSubresources(subresources, child(path, 'subresources')),
    each(additionalPrinterColumns, child(path, 'additionalPrinterColumns'), validateColumn),
    selectableFields &&
      selectableFields.length > 0 &&
      (schema?.openAPIV3Schema
        ? validateSelectableFields(selectableFields, schema.openAPIV3Schema, fieldsPath)
        : invalid(fieldsPath, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')),
  );
}

function deprecationProblems({deprecated, deprecationWarning: warning}: CustomResourceDefinitionVersion): string[] {
  if (warning === undefined) return [];
  if (!deprecated) return ['can only be set for deprecated versions'];
  const problems: string[] = [];
  if (longerThan(warning, 256)) problems.push('must be <= 256 characters long');
  if (warning === '') problems.push('must not be an empty string');
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(warning);
  if (unprintable) {
    const index = Buffer.byteLength(warning.slice(0, unprintable.index));
    problems.push(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`);
  }
  return problems;
}

// The fields that may stand beside `properties` where the status is taken out of the schema, by their Go names.
const ROOT_FIELDS: readonly (readonly [go: string, json: keyof JSONSchemaProps])[] = [
  ['Description', 'description'],
  ['Type', 'type'],
  ['Format', 'format'],
  ['Title', 'title'],
  ['Maximum', 'maximum'],
  ['ExclusiveMaximum', 'exclusiveMaximum'],
  ['Minimum', 'minimum'],
  ['ExclusiveMinimum', 'exclusiveMinimum'],
  ['MaxLength', 'maxLength'],
  ['MinLength', 'minLength'],
  ['Pattern', 'pattern'],
  ['MaxItems', 'maxItems'],
  ['MinItems', 'minItems'],
  ['UniqueItems', 'uniqueItems'],
  ['MultipleOf', 'multipleOf'],
  ['Required', 'required'],
  ['Items', 'items'],
  ['Properties', 'properties'],
  ['ExternalDocs', 'externalDocs'],
  ['Example', 'example'],
  ['XPreserveUnknownFields', 'x-kubernetes-preserve-unknown-fields'],
  ['XValidations', 'x-kubernetes-validations'],
];

function validateValidation(validation: CustomResourceValidation | undefined, hasStatus: boolean, path: FieldPath): FieldError[] {
  const schema = validation?.openAPIV3Schema;
  if (!schema) return [];
  const schemaPath = child(path, 'openAPIV3Schema');
  const unstructural = unstructuralReason(schema);
  const shape = unstructural === undefined ? validateStructural(schema, schemaPath) : [];
  const defaults = unstructural === undefined && shape.length === 0 ? validateSchemaDefaults(schema, schemaPath) : [];
  const rules = validateSchemaRules(schema, schemaPath, {root: true});
  const errors = collect(
    hasStatus && validateRoot(schema, schemaPath),
    schema.nullable && forbiddenField(child(schemaPath, 'nullable'), 'nullable cannot be true at the root'),
    shape,
    defaults,
    rules,
  );
  if (unstructural !== undefined) return errors.length === 0 ? [invalid(schemaPath, '', unstructural)] : errors;
  if (shape.length > 0 || defaults.length > 0) return errors;
  const faulty = rules.map(({field}) => field);
  return [...errors, ...validateExpressions(schema, schemaPath, faulty)];
}

function validateRoot(schema: JSONSchemaProps, path: FieldPath): FieldError | undefined {
  if (schema.type && schema.type !== 'object')
    return invalid(
      child(path, 'type'),
      schema.type,
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
    );
  const allowed = new Set<string>(ROOT_FIELDS.map(([, json]) => json));
  if (Object.keys(schema).every(name => allowed.has(name))) return undefined;
  const names = ROOT_FIELDS.map(([go]) => go).join(' ');
  return invalid(path, schema, `only [${names}] fields are allowed at the root of the schema if the status subresource is enabled`);
}

function validateSubresources(subresources: CustomResourceSubresources | undefined, path: FieldPath): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  const under = (text: string, prefixes: readonly string[], where: string, at: FieldPath): FieldError | undefined =>
    simplePathError(text, at) ??
    (prefixes.some(prefix => text.startsWith(prefix)) ? undefined : invalid(at, text, `should be a json path under ${where}`));
  const {specReplicasPath, statusReplicasPath, labelSelectorPath} = scale;
  const specPath = child(path, 'scale.specReplicasPath');
  const statusPath = child(path, 'scale.statusReplicasPath');
  return collect(
    specReplicasPath ? under(specReplicasPath, ['.spec.'], '.spec', specPath) : required(specPath),
    statusReplicasPath ? under(statusReplicasPath, ['.status.'], '.status', statusPath) : required(statusPath),
    labelSelectorPath &&
      under(labelSelectorPath, ['.spec.', '.status.'], 'either .spec or .status', child(path, 'scale.labelSelectorPath')),
  );
}

const simplePathError = (text: string, path: FieldPath): FieldError | undefined =>
  text.startsWith('.') ? undefined : invalid(path, text, 'must be a simple json path starting with .');

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function validateColumn({name, type, format, jsonPath}: CustomResourceColumnDefinition, path: FieldPath): FieldError[] {
  const typePath = child(path, 'type');
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  const jsonPathPath = child(path, 'JSONPath');
  return collect(
    requiredText(name, child(path, 'name')),
    type ? !COLUMN_TYPES.includes(type) && invalid(typePath, type, types) : required(typePath, types),
    format && !COLUMN_FORMATS.includes(format) && invalid(child(path, 'format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`),
    jsonPath ? simplePathError(jsonPath, jsonPathPath) : required(jsonPathPath),
  );
}

const MAX_SELECTABLE_FIELDS = 8;

function validateSelectableFields(fields: readonly SelectableField[], schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  const errors = each(fields, path, ({jsonPath}, itemPath) => {
    const at = child(itemPath, 'jsonPath');
    if (!jsonPath) return required(at);
    const found = resolveFieldPath(jsonPath, schema, {brackets: false});
    if (found.problem !== undefined) return invalid(at, jsonPath, `is an invalid path: ${found.problem}`);
    const repeated = seen.has(found.path);
    seen.add(found.path);
    return collect(
      /^metadata(\.|$)/.test(found.path) && invalid(at, jsonPath, 'must not point to fields in metadata'),
      !['string', 'boolean', 'integer'].includes(found.schema.type ?? '') &&
        invalid(
          at,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      repeated && duplicate(at, jsonPath),
    );
  });
  return seen.size > MAX_SELECTABLE_FIELDS ? [...errors, tooMany(path, seen.size, MAX_SELECTABLE_FIELDS)] : errors;
}
