import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import type {PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate, TypedObjectReference} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain} from '../../api/names.ts';
import type {ObjectMeta} from '../../api/object.ts';
import {isWhole} from '../../api/quantity.ts';
import {validateAnnotations} from '../metadata.ts';
import {collect, named, positiveQuantity, validateLabelSelector, validateLabels} from '../rules.ts';

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

/** What an update goes on taking because it was there before. */
export interface ClaimOptions {
  readonly allowInvalidSelectorValues?: boolean;
  readonly allowInvalidGroups?: boolean;
}

/** Rules of a claim's spec, in claims and in templates of claims (ValidatePersistentVolumeClaimSpec). */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: FieldPath, options: ClaimOptions = {}): FieldError[] {
  const {accessModes = [], selector, resources, storageClassName, volumeMode, volumeAttributesClassName} = spec;
  const storage = resources?.requests?.storage;
  const storagePath = at(child(path, 'resources'), 'storage');
  return collect(
    accessModes.length === 0 && required(child(path, 'accessModes'), 'at least 1 access mode is required'),
    validateLabelSelector(selector, child(path, 'selector'), {allowInvalidValues: options.allowInvalidSelectorValues ?? false}),
    validateAccessModes(accessModes, child(path, 'accessModes')),
    storage === undefined ? required(storagePath) : positiveQuantity(storage, storagePath),
    storageClassName && named(storageClassName, child(path, 'storageClassName'), isDNS1123Subdomain),
    volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode) && notSupported(child(path, 'volumeMode'), volumeMode, VOLUME_MODES),
    validateSources(spec, path, options),
    volumeAttributesClassName && named(volumeAttributesClassName, child(path, 'volumeAttributesClassName'), isDNS1123Subdomain),
  );
}

/** Known modes; ReadWriteOncePod only by itself. All told at the list. */
export const validateAccessModes = (modes: readonly string[], path: FieldPath): FieldError[] =>
  collect(
    ...modes.map(mode => !ACCESS_MODES.includes(mode) && notSupported(path, mode, ACCESS_MODES)),
    modes.includes('ReadWriteOncePod') &&
      modes.some(mode => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode)) &&
      forbiddenField(path, 'may not use ReadWriteOncePod with other access modes'),
  );

/** The claim an ephemeral volume makes. */
export const validateClaimTemplate = ({metadata, spec}: PersistentVolumeClaimTemplate, path: FieldPath): FieldError[] =>
  collect(validateTemplateMetadata(metadata, child(path, 'metadata')), validateClaimSpec(spec ?? {}, child(path, 'spec')));

/** Of metadata, templates of claims only have labels and annotations (ValidateTemplateObjectMeta). */
export function validateTemplateMetadata({labels, annotations, ...others}: ObjectMeta = {}, path: FieldPath): FieldError[] {
  return collect(
    validateAnnotations(annotations, child(path, 'annotations')),
    validateLabels(labels, child(path, 'labels')),
    ...Object.entries(others).map(([field, value]) => isSet(value) && forbiddenField(child(path, goName(field)), 'cannot be set')),
  );
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** Upstream makes field names from Go's, which differ in this one. */
const goName = (field: string): string => (field === 'uid' ? 'uID' : field);

function validateSources({dataSource, dataSourceRef}: PersistentVolumeClaimSpec, path: FieldPath, options: ClaimOptions): FieldError[] {
  // The bad value is upstream's path object, which prints as {}.
  const clash = (why: string) => invalid(path, {}, why);
  const differs =
    dataSource &&
    dataSourceRef &&
    ((dataSource.apiGroup ?? null) !== (dataSourceRef.apiGroup ?? null) ||
      dataSource.kind !== dataSourceRef.kind ||
      dataSource.name !== dataSourceRef.name);
  return collect(
    dataSource && validateReference(dataSource, child(path, 'dataSource'), options),
    dataSourceRef && validateReference(dataSourceRef, child(path, 'dataSourceRef'), options),
    dataSourceRef?.namespace
      ? dataSource && clash('may not be specified when dataSourceRef.namespace is specified')
      : differs && clash('must match dataSourceRef'),
  );
}

function validateReference(reference: TypedObjectReference, path: FieldPath, options: ClaimOptions): FieldError[] {
  const {apiGroup, kind, name, namespace} = reference;
  return collect(
    !name && required(child(path, 'name')),
    !kind && required(child(path, 'kind')),
    !apiGroup &&
      kind !== 'PersistentVolumeClaim' &&
      invalid(path, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
    apiGroup && !options.allowInvalidGroups && named(apiGroup, child(path, 'apiGroup'), isDNS1123Subdomain),
    namespace && named(namespace, child(path, 'namespace'), isDNS1123Label),
  );
}

/** Warnings about a claim's spec: bytes come whole. */
export const claimSpecWarnings = ({resources}: PersistentVolumeClaimSpec, path: FieldPath): string[] =>
  (['requests', 'limits'] as const).flatMap(which => {
    const amount = resources?.[which]?.storage;
    if (amount === undefined || isWhole(amount)) return [];
    return [`${at(child(path, 'resources', which), 'storage')}: fractional byte value "${amount}" is invalid, must be an integer`];
  });
