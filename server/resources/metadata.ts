import type {FieldError, FieldPath} from '../api/field.ts';
import {at, child, forbiddenField, invalid, required, tooLong} from '../api/field.ts';
import {validateManager} from '../api/manager.ts';
import {isDNS1123Label, isQualifiedName, longerThan, nameIsDNSSubdomain} from '../api/names.ts';
import type {KubeObject, ManagedFieldsEntry, ObjectMeta, OwnerReference} from '../api/object.ts';
import {parseGroupVersion} from '../api/object.ts';
import type {Strategy, UpdateStrategy} from './resource.ts';
import {collect, each, immutable, named, nonNegative, validateLabels} from './rules.ts';

/** What metadata rules have to know of a resource. */
export interface MetadataScope {
  readonly namespaced: boolean;
  readonly strategy: Pick<Strategy, 'validateName' | 'plainFinalizers'>;
}

/** Rules of metadata on create (k8s.io/apimachinery/pkg/api/validation ValidateObjectMeta). */
export const validateObjectMeta = (metadata: ObjectMeta, resource: MetadataScope, path: FieldPath, object?: KubeObject): FieldError[] =>
  collect(
    validateNames(metadata, (name, prefix) => (resource.strategy.validateName ?? nameIsDNSSubdomain)(name, prefix, object), path),
    validateBelowName(metadata, resource.namespaced, path),
    !resource.strategy.plainFinalizers && validateStandardFinalizers(metadata.finalizers, child(path, 'finalizers')),
  );

/**
 * Rules of metadata on update. The real server checks metadata several times: for all kinds as on create and as on update, then whatever the kind
 * repeats; every repetition is a cause of its own in the answer, so the count is kept (`rules.metadataOnUpdate`).
 */
export function validateObjectMetaUpdate(
  metadata: ObjectMeta,
  old: ObjectMeta,
  path: FieldPath,
  resource?: MetadataScope,
  rules: Pick<UpdateStrategy, 'metadataOnUpdate'> = {},
): FieldError[] {
  const create = validateBelowName(metadata, resource?.namespaced ?? metadata.namespace !== undefined, path);
  const update = validateChanges(metadata, old, path);
  const standard = resource?.strategy.plainFinalizers ? [] : validateStandardFinalizers(metadata.finalizers, child(path, 'finalizers'));
  const mode = rules.metadataOnUpdate ?? 'both';
  return [
    ...create,
    ...update,
    ...(mode === 'update' || mode === 'both' ? [...update, ...standard] : []),
    ...(mode === 'create' || mode === 'both' ? [...create, ...standard] : []),
  ];
}

/** Names of finalizers that need no domain. */
export const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** One finalizer, in metadata or in a namespace's spec. */
export const validateFinalizerName = (name: string, path: FieldPath): FieldError[] =>
  collect(named(name, path, isQualifiedName), unqualifiedFinalizer(name, path));

function validateNames(
  {name, generateName}: ObjectMeta,
  check: (name: string, prefix: boolean) => string[],
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (generateName) errors.push(...named(generateName, child(path, 'generateName'), text => check(text, true)));
  if (!name) errors.push(required(child(path, 'name'), 'name or generateName is required'));
  else errors.push(...named(name, child(path, 'name'), text => check(text, false)));
  return errors;
}

const validateBelowName = (metadata: ObjectMeta, namespaced: boolean, path: FieldPath): FieldError[] =>
  collect(
    validateNamespace(metadata.namespace, namespaced, child(path, 'namespace')),
    nonNegative(metadata.generation, child(path, 'generation')),
    validateCommon(metadata, path),
    validateFinalizers(metadata.finalizers, child(path, 'finalizers')),
    validateManagedFields(metadata.managedFields, child(path, 'managedFields')),
  );

const validateCommon = ({labels, annotations, ownerReferences}: ObjectMeta, path: FieldPath): FieldError[] =>
  collect(
    labels && validateLabels(labels, child(path, 'labels')),
    annotations && validateAnnotations(annotations, child(path, 'annotations')),
    ownerReferences && validateOwnerReferences(ownerReferences, child(path, 'ownerReferences')),
  );

function validateNamespace(namespace: string | undefined, namespaced: boolean, path: FieldPath): FieldError[] {
  if (!namespaced) return namespace ? [forbiddenField(path, 'not allowed on this type')] : [];
  return namespace ? named(namespace, path, isDNS1123Label) : [required(path)];
}

const validateChanges = (metadata: ObjectMeta, old: ObjectMeta, path: FieldPath): FieldError[] =>
  collect(
    old.deletionTimestamp !== undefined && validateNoNewFinalizers(metadata.finalizers, old.finalizers, child(path, 'finalizers')),
    (metadata.generation ?? 0) < (old.generation ?? 0) &&
      invalid(child(path, 'generation'), metadata.generation ?? 0, 'must not be decremented'),
    ...FIXED.map(field => immutable(metadata[field], old[field], child(path, field))),
    validateCommon(metadata, path),
    validateManagedFields(metadata.managedFields, child(path, 'managedFields')),
  );

const FIXED = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

const ANNOTATIONS_LIMIT = 256 * 1024;

/** Keys, and the size of all together; all told at the map's path. */
export function validateAnnotations(annotations: {[key: string]: string} | undefined, path: FieldPath): FieldError[] {
  if (!annotations) return [];
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(annotations)) {
    // The key is checked in lower case and told as it is.
    for (const message of isQualifiedName(key.toLowerCase())) errors.push(invalid(path, key, message));
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key]!);
  }
  if (size > ANNOTATIONS_LIMIT) errors.push(tooLong(path, ANNOTATIONS_LIMIT));
  return errors;
}

// Upstream tells all owner errors without the index.
function validateOwnerReferences(references: readonly OwnerReference[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, path));
    if (!reference.controller) continue;
    if (controller) {
      const both = `${controller.kind}/${controller.name} and ${reference.kind}/${reference.name}`;
      errors.push(
        invalid(path, [...references], `Only one reference can have Controller set to true. Found "true" in references for ${both}`),
      );
    } else controller = reference;
  }
  return errors;
}

function validateOwnerReference(reference: OwnerReference, path: FieldPath): FieldError[] {
  const {apiVersion = '', kind, name, uid} = reference;
  const groupVersion = parseGroupVersion(apiVersion);
  return collect(
    !groupVersion?.version && invalid(child(path, 'apiVersion'), apiVersion, 'version must not be empty'),
    !kind && invalid(child(path, 'kind'), '', 'must not be empty'),
    !name && invalid(child(path, 'name'), '', 'must not be empty'),
    !uid && invalid(child(path, 'uid'), '', 'must not be empty'),
    apiVersion === 'v1' && kind === 'Event' && invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'),
  );
}

function validateFinalizers(finalizers: readonly string[] | undefined, path: FieldPath): FieldError[] {
  if (!finalizers) return [];
  const errors = finalizers.flatMap(finalizer => named(finalizer, path, isQualifiedName));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(invalid(path, [...finalizers], 'finalizer orphan and foregroundDeletion cannot be both set'));
  return errors;
}

const validateStandardFinalizers = (finalizers: readonly string[] | undefined, path: FieldPath): FieldError[] =>
  finalizers ? each(finalizers, path, unqualifiedFinalizer) : [];

const unqualifiedFinalizer = (name: string, path: FieldPath): FieldError | false =>
  !name.includes('/') &&
  !STANDARD_FINALIZERS.includes(name) &&
  invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified');

function validateNoNewFinalizers(finalizers: readonly string[] = [], old: readonly string[] = [], path: FieldPath): FieldError[] {
  const added = [...new Set(finalizers)].filter(finalizer => !old.includes(finalizer)).sort();
  if (added.length === 0) return [];
  const list = `[]string{${added.map(finalizer => JSON.stringify(finalizer)).join(', ')}}`;
  return [forbiddenField(path, `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`)];
}

function validateManagedFields(entries: readonly ManagedFieldsEntry[] | undefined, path: FieldPath): FieldError[] {
  if (!entries) return [];
  const errors: FieldError[] = [];
  entries.forEach(({operation, fieldsType, manager = '', subresource = ''}, i) => {
    const entry = at(path, i);
    if (operation !== 'Apply' && operation !== 'Update')
      errors.push(invalid(child(entry, 'operation'), operation ?? '', 'must be `Apply` or `Update`'));
    if (fieldsType && fieldsType !== 'FieldsV1') errors.push(invalid(child(entry, 'fieldsType'), fieldsType, 'must be `FieldsV1`'));
    errors.push(...validateManager(manager, child(entry, 'manager')));
    if (longerThan(subresource, 256)) errors.push(tooLong(child(entry, 'subresource'), 256));
  });
  return errors;
}
