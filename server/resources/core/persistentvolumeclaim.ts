import type {FieldError} from '../../api/field.ts';
import {at, child, forbiddenField, notSupported, required} from '../../api/field.ts';
import type {PersistentVolumeClaim, PersistentVolumeClaimSpec, TypedObjectReference} from '../../api/kinds.generated.ts';
import {isQualifiedName} from '../../api/names.ts';
import {compareQuantity} from '../../api/quantity.ts';
import {describeDiff} from '../diff.ts';
import {internal} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, equalResources, hasInvalidLabelValue, immutable, immutableText, named, semanticEqual} from '../rules.ts';
import {CLAIM_SPEC} from './internal-volume.ts';
import type {ClaimOptions} from './persistentvolumeclaim-spec.ts';
import {claimSpecWarnings, validateClaimSpec} from './persistentvolumeclaim-spec.ts';
import {defaultClaimSpec, roundResources} from './pod/defaults.ts';
import {isNativeResource, validateBasicQuantity, validateResourceQuantity} from './resource-names.ts';

type Claim = PersistentVolumeClaim & {spec: PersistentVolumeClaimSpec};

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, pkg/registry/core/persistentvolumeclaim. */
export const persistentVolumeClaim: Strategy = {
  generation: 'none',
  returnDeletedObject: true,
  defaults(object) {
    const claim = object as Claim;
    claim.spec ??= {};
    defaultClaimSpec(claim.spec);
    claim.status ??= {};
    claim.status.phase ||= 'Pending';
    roundResources(claim.status.capacity);
    roundResources(claim.status.allocatedResources);
  },
  prepareForCreate(object) {
    object.status = {phase: 'Pending'};
    normalizeDataSources((object as Claim).spec, undefined);
  },
  prepareForUpdate: (object, old) => normalizeDataSources((object as Claim).spec, (old as Claim).spec),
  validate: object => validateClaimSpec((object as Claim).spec, 'spec'),
  validateUpdate(object, old) {
    const [claim, before] = [object as Claim, old as Claim];
    return collect(validateClaimSpec(claim.spec, 'spec', optionsFrom(before.spec)), validateChanges(claim, before));
  },
  warnings: object => [
    ...(object.metadata.annotations?.[CLASS_ANNOTATION] === undefined
      ? []
      : [`metadata.annotations[${CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`]),
    ...claimSpecWarnings((object as Claim).spec, 'spec'),
  ],
  subresources: {status: {validateUpdate: object => validateStatus(object as Claim)}},
};

const optionsFrom = ({selector, dataSource, dataSourceRef}: PersistentVolumeClaimSpec): ClaimOptions => ({
  allowInvalidSelectorValues: hasInvalidLabelValue(selector),
  allowInvalidGroups: dataSource?.apiGroup !== undefined || dataSourceRef?.apiGroup !== undefined,
});

/** dataSource and dataSourceRef say the same; the old one names nothing but claims and snapshots, other namespaces are off by default. */
function normalizeDataSources(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec | undefined): void {
  if (spec.dataSourceRef?.namespace && !old?.dataSourceRef) delete spec.dataSourceRef;
  if (!old?.dataSource && !old?.dataSourceRef && !spec.dataSourceRef && spec.dataSource && !isClaimOrSnapshot(spec.dataSource))
    delete spec.dataSource;
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = {...spec.dataSource};
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const {namespace: _, ...local} = spec.dataSourceRef;
    spec.dataSource = local;
  }
}

const isClaimOrSnapshot = ({apiGroup, kind}: TypedObjectReference): boolean =>
  (kind === 'PersistentVolumeClaim' && !apiGroup) || (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io');

function validateChanges(claim: Claim, old: Claim): FieldError[] {
  const [spec, before] = [claim.spec, old.spec];
  const [size, oldSize] = [spec.resources?.requests?.storage ?? '0', before.resources?.requests?.storage ?? '0'];
  const annotations = [claim, old].map(({metadata}) => metadata.annotations?.[CLASS_ANNOTATION]);
  const fromAnnotation = takesClassFromAnnotation(claim, old);
  const munged = withOldFields(claim, old, fromAnnotation);
  return collect(
    !fromAnnotation && immutableText(annotations[0], annotations[1], 'metadata.annotations.volume.beta.kubernetes.io/storage-class'),
    !sameSpec(munged, before) &&
      forbiddenField(
        'spec',
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${describeDiff(internal(before, CLAIM_SPEC), internal(munged, CLAIM_SPEC))}`,
      ),
    compareQuantity(size, oldSize) < 0 &&
      compareQuantity(size, old.status?.capacity?.storage ?? '0') <= 0 &&
      forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'),
    immutable(spec.volumeMode, before.volumeMode, 'volumeMode'),
    validateAttributesClass(spec.volumeAttributesClassName, old),
  );
}

/** The class moves from the annotation of old to the field. */
const takesClassFromAnnotation = (claim: Claim, old: Claim): boolean => {
  const [now, before] = [claim, old].map(({metadata}) => metadata.annotations?.[CLASS_ANNOTATION]);
  return (
    before !== undefined &&
    old.spec.storageClassName === undefined &&
    claim.spec.storageClassName === before &&
    (now === undefined || now === before)
  );
};

/** The new spec with everything put back that may change: what still differs may not. */
function withOldFields({spec, status}: Claim, {spec: old, metadata}: Claim, fromAnnotation: boolean): PersistentVolumeClaimSpec {
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  const munged = {...spec};
  const keep = (field: keyof PersistentVolumeClaimSpec): void => {
    if (old[field] === undefined) delete munged[field];
    else Object.assign(munged, {[field]: old[field]});
  };
  // A claim without a volume or class may get one.
  if (!old.volumeName) delete munged.volumeName;
  const fillsClass = spec.storageClassName !== undefined && old.storageClassName === undefined;
  if (fromAnnotation || (fillsClass && (annotation === undefined || annotation === spec.storageClassName))) delete munged.storageClassName;
  if (status?.phase === 'Bound') {
    keep('volumeAttributesClassName');
    const storage = old.resources?.requests?.storage;
    if (spec.resources?.requests && storage !== undefined)
      munged.resources = {...spec.resources, requests: {...spec.resources.requests, storage}};
  }
  return munged;
}

function sameSpec(a: PersistentVolumeClaimSpec, b: PersistentVolumeClaimSpec): boolean {
  const [{resources: left, volumeName: nameA, ...restA}, {resources: right, volumeName: nameB, ...restB}] = [a, b];
  return (
    equalResources(left?.requests, right?.requests) &&
    equalResources(left?.limits, right?.limits) &&
    (nameA ?? '') === (nameB ?? '') &&
    semanticEqual(restA, restB)
  );
}

function validateAttributesClass(name: string | undefined, {spec, status}: Claim): FieldError[] {
  if (name === spec.volumeAttributesClassName || status?.currentVolumeAttributesClassName === undefined) return [];
  const rest = 'is forbidden when status.currentVolumeAttributesClassName is not nil';
  if (name === undefined) return [forbiddenField('spec.volumeAttributesClassName', `update to nil ${rest}`)];
  return name === '' ? [forbiddenField('spec.volumeAttributesClassName', `update to empty string ${rest}`)] : [];
}

const RESIZE_STATUSES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort();

function validateStatus({spec, status = {}}: Claim): FieldError[] {
  const statuses = child('status', 'allocatedResourceStatuses');
  const allocated = child('status', 'allocatedResources');
  return collect(
    !spec.accessModes?.length && required('Spec.accessModes'),
    ...Object.entries(status.capacity ?? {}).map(([name, amount]) => validateBasicQuantity(amount, at('status.capacity', name))),
    ...Object.entries(status.allocatedResourceStatuses ?? {}).map(([name, value]) =>
      collect(validateResourceKey(name, statuses), !RESIZE_STATUSES.includes(value) && notSupported(statuses, name, RESIZE_STATUSES)),
    ),
    ...Object.entries(status.allocatedResources ?? {}).map(([name, amount]) => {
      const where = at(allocated, name);
      const errors = validateResourceKey(name, allocated);
      if (errors.length > 0) return errors;
      const basic = validateBasicQuantity(amount, where);
      return basic.length > 0 ? basic : validateResourceQuantity('storage', amount, where);
    }),
  );
}

function validateResourceKey(name: string, path: string): FieldError[] {
  const errors = named(name, path, isQualifiedName);
  if (errors.length > 0 || !isNativeResource(name) || name === 'storage') return errors;
  return [notSupported(path, name, ['storage'])];
}
