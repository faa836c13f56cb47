import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, forbiddenField, invalid, notSupported, required} from '../../api/field.ts';
import type {
  GlusterfsPersistentVolumeSource,
  NodeSelectorRequirement,
  PersistentVolume,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain} from '../../api/names.ts';
import {formatTime} from '../../api/time.ts';
import {describeDiff} from '../diff.ts';
import {internal} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, IMMUTABLE, immutable, named, orNull, positiveQuantity, semanticEqual} from '../rules.ts';
import {VOLUME_AFFINITY, VOLUME_SOURCE} from './internal-volume.ts';
import {deprecatedNodeLabel} from './node-labels.ts';
import {hasInvalidTermValue, validateNodeSelector} from './node-selector.ts';
import {validateNoBacksteps} from './paths.ts';
import {VOLUME_MODES, validateAccessModes} from './persistentvolumeclaim-spec.ts';
import {defaultStorage, roundResources} from './pod/defaults.ts';
import {validateBasicQuantity} from './resource-names.ts';
import * as storage from './volume-sources.ts';

type Volume = PersistentVolume & {spec: PersistentVolumeSpec};

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, pkg/registry/core/persistentvolume. */
export const persistentVolume: Strategy = {
  generation: 'none',
  returnDeletedObject: true,
  defaults: object => setDefaults(object as Volume),
  prepareForCreate(object, {clock}) {
    object.status = {phase: 'Pending', lastPhaseTransitionTime: formatTime(clock.now())};
  },
  validate: object => collect(validateSpec(object as Volume, 'spec'), validateMountOptions(object as Volume)),
  // Upstream runs the rules of the spec twice, and every error is told twice.
  validateUpdate: (object, old) =>
    collect(
      validateSpec(object as Volume, 'spec', hasInvalidNodeValues(old as Volume)),
      validateMountOptions(object as Volume),
      validateSpec(object as Volume, 'spec', hasInvalidNodeValues(old as Volume)),
      validateChanges((object as Volume).spec, (old as Volume).spec),
    ),
  warnings: object => volumeWarnings(object as Volume),
  subresources: {
    status: {
      prepareForUpdate(object, old, {clock}) {
        const volume = object as Volume;
        volume.status ??= {};
        const {status} = volume;
        const before = (old as Volume).status ?? {};
        const unmoved = status.lastPhaseTransitionTime === undefined;
        if (status.phase === before.phase) {
          if (unmoved && before.lastPhaseTransitionTime) status.lastPhaseTransitionTime = before.lastPhaseTransitionTime;
        } else if (unmoved || status.lastPhaseTransitionTime === before.lastPhaseTransitionTime)
          status.lastPhaseTransitionTime = formatTime(clock.now());
      },
    },
  },
};

function setDefaults(volume: Volume): void {
  volume.spec ??= {};
  const {spec} = volume;
  volume.status ??= {};
  volume.status.phase ||= 'Pending';
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  defaultVolumeSource(spec);
}

/** Defaults that a volume has wherever its spec stands. */
export function defaultVolumeSource(spec: PersistentVolumeSpec): void {
  roundResources(spec.capacity);
  if (spec.hostPath) spec.hostPath.type ??= '';
  defaultStorage(spec as Parameters<typeof defaultStorage>[0]);
}

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

/** Updates go on taking values of nodes' labels that no label can have. */
const hasInvalidNodeValues = ({spec}: Volume): boolean => hasInvalidTermValue(spec.nodeAffinity?.required?.nodeSelectorTerms);

function validateSpec({metadata, spec}: Volume, path: FieldPath, allowInvalidNodeValues = false): FieldError[] {
  const {accessModes = [], capacity = {}, persistentVolumeReclaimPolicy: policy, storageClassName, volumeMode} = spec;
  const policyPath = child(path, 'persistentVolumeReclaimPolicy');
  return collect(
    accessModes.length === 0 && required(child(path, 'accessModes')),
    validateAccessModes(accessModes, child(path, 'accessModes')),
    validateCapacity(capacity, child(path, 'capacity'), spec.capacity),
    policy && !RECLAIM_POLICIES.includes(policy) && notSupported(policyPath, policy, RECLAIM_POLICIES),
    spec.nodeAffinity && validateNodeAffinity(spec.nodeAffinity, child(path, 'nodeAffinity'), allowInvalidNodeValues),
    validateSources(spec, metadata.name ?? '', path),
    validateRootNotRecycled(spec, policyPath),
    storageClassName && named(storageClassName, child(path, 'storageClassName'), isDNS1123Subdomain),
    volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode) && notSupported(child(path, 'volumeMode'), volumeMode, VOLUME_MODES),
    validateAttributesClass(spec, path),
  );
}

const validateRootNotRecycled = ({hostPath, persistentVolumeReclaimPolicy}: PersistentVolumeSpec, path: FieldPath): FieldError | false =>
  isRoot(hostPath?.path) &&
  persistentVolumeReclaimPolicy === 'Recycle' &&
  forbiddenField(path, "may not be 'recycle' for a hostPath mount of '/'");

const INLINE = 'in the context of inline volumes';

/** Rules of a volume that a VolumeAttachment holds itself: much of what a PersistentVolume says does not apply to it. */
export function validateInlineVolumeSpec(spec: PersistentVolumeSpec, path: FieldPath): FieldError[] {
  const {accessModes = [], persistentVolumeReclaimPolicy: policy, volumeMode} = spec;
  const policyPath = child(path, 'persistentVolumeReclaimPolicy');
  const refused = (field: keyof PersistentVolumeSpec, given: unknown): FieldError | false =>
    Boolean(given) && forbiddenField(child(path, field), `may not be specified ${INLINE}`);
  return collect(
    refused('claimRef', spec.claimRef),
    refused('capacity', Object.keys(spec.capacity ?? {}).length),
    !spec.csi && required(child(path, 'csi'), `has to be specified ${INLINE}`),
    accessModes.length === 0 && required(child(path, 'accessModes')),
    validateAccessModes(accessModes, child(path, 'accessModes')),
    policy && policy !== 'Retain' && forbiddenField(policyPath, `may only be Retain ${INLINE}`),
    refused('nodeAffinity', spec.nodeAffinity),
    validateSources(spec, '', path),
    validateRootNotRecycled(spec, policyPath),
    refused('storageClassName', spec.storageClassName),
    volumeMode !== undefined &&
      volumeMode !== 'Filesystem' &&
      forbiddenField(child(path, 'volumeMode'), `may not specify volumeMode other than Filesystem ${INLINE}`),
    validateAttributesClass(spec, path),
  );
}

/** The path that cleans to `/`. */
const isRoot = (path: string | undefined): boolean => {
  if (!path?.startsWith('/')) return false;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth = Math.max(0, depth - 1);
    else if (part !== '' && part !== '.') depth++;
  }
  return depth === 0;
};

function validateCapacity(capacity: {[name: string]: string}, path: FieldPath, given: {[name: string]: string} | undefined): FieldError[] {
  const names = Object.keys(capacity);
  const other = {
    type: 'FieldValueNotSupported' as const,
    field: path,
    message: `Unsupported value: ${JSON.stringify(orNull(given))}: supported values: "storage"`,
  };
  return collect(
    names.length === 0 && required(path),
    (capacity.storage === undefined || names.length > 1) && other,
    ...names.map(name =>
      collect(validateBasicQuantity(capacity[name]!, at(path, name)), positiveQuantity(capacity[name]!, at(path, name))),
    ),
  );
}

const validateNodeAffinity = ({required: selector}: VolumeNodeAffinity, path: FieldPath, allowInvalidValues: boolean): FieldError[] =>
  selector
    ? validateNodeSelector(selector, child(path, 'required'), allowInvalidValues)
    : [required(child(path, 'required'), 'must specify required node constraints')];

type Rule = (source: never, path: FieldPath, spec: PersistentVolumeSpec, name: string) => unknown;

// In the order in which upstream looks at them: the first one is checked, further ones are forbidden.
const SOURCES: readonly (readonly [source: keyof PersistentVolumeSpec, rule: Rule, told?: string, forbidden?: string])[] = [
  ['hostPath', storage.validateHostPath],
  ['gcePersistentDisk', storage.validateGCEPersistentDisk, 'persistentDisk'],
  ['awsElasticBlockStore', storage.validateAWSElasticBlockStore],
  ['glusterfs', validateGlusterfs],
  ['flocker', storage.validateFlocker],
  ['nfs', storage.validateNFS],
  ['rbd', storage.validateRBD],
  ['quobyte', storage.validateQuobyte],
  ['cephfs', storage.validateMonitors, 'cephfs', 'cephFS'],
  ['iscsi', (source: never, path, _spec, name) => storage.validatePersistentISCSI(source, name, path)],
  ['cinder', (source: never, path) => storage.validateCinder(source, path, ['name', 'namespace'])],
  ['fc', storage.validateFC],
  ['flexVolume', storage.validateFlexVolume],
  ['azureFile', validateAzureFile],
  ['vsphereVolume', storage.needs('volumePath')],
  ['photonPersistentDisk', storage.needs('pdID')],
  ['portworxVolume', storage.needs('volumeID')],
  ['azureDisk', storage.validateAzureDisk],
  ['scaleIO', storage.needs('gateway', 'system', 'volumeName')],
  ['local', validateLocal],
  ['storageos', (source: never, path) => storage.validateStorageOS(source, path, ['name', 'namespace'])],
  ['csi', storage.validatePersistentCSI],
];

const SOURCE_NAMES = SOURCES.map(([source]) => source);

function validateSources(spec: PersistentVolumeSpec, name: string, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  let found = false;
  for (const [source, rule, told = source, forbidden = source] of SOURCES) {
    if (spec[source] === undefined) continue;
    // A flexVolume is never one too many.
    if (found && source !== 'flexVolume') errors.push(forbiddenField(child(path, forbidden), 'may not specify more than 1 volume type'));
    else errors.push(...collect(rule(spec[source] as never, child(path, told), spec, name) as FieldError[]));
    found = true;
  }
  return found ? errors : [required(path, 'must specify a volume type')];
}

function validateGlusterfs(source: GlusterfsPersistentVolumeSource, path: FieldPath): FieldError[] {
  const {endpointsNamespace} = source;
  const where = child(path, 'endpointsNamespace');
  return collect(
    storage.needs('endpoints', 'path')(source, path),
    endpointsNamespace === ''
      ? invalid(where, '', 'if the endpointnamespace is set, it must be a valid namespace name')
      : endpointsNamespace !== undefined && named(endpointsNamespace, where, isDNS1123Label),
  );
}

function validateAzureFile(source: {secretNamespace?: string}, path: FieldPath): FieldError[] {
  return collect(
    storage.needs('secretName', 'shareName')(source, path),
    source.secretNamespace === '' && required(child(path, 'secretNamespace')),
  );
}

function validateLocal({path: target}: {path?: string}, path: FieldPath, {nodeAffinity}: PersistentVolumeSpec): FieldError[] {
  const parent = path.slice(0, path.lastIndexOf('.'));
  return collect(
    target ? validateNoBacksteps(target, child(path, 'path')) : required(child(path, 'path')),
    !nodeAffinity && required(child(parent, 'nodeAffinity'), 'Local volume requires node affinity'),
  );
}

function validateAttributesClass({volumeAttributesClassName: name, csi}: PersistentVolumeSpec, path: FieldPath): FieldError[] {
  if (name === undefined) return [];
  const where = child(path, 'volumeAttributesClassName');
  return collect(
    name === '' ? required(where, 'an empty string is disallowed') : named(name, where, isDNS1123Subdomain),
    !csi && required(child(path, 'csi'), 'has to be specified when using volumeAttributesClassName'),
  );
}

const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options';

const TAKE_MOUNT_OPTIONS = [
  ...(['gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'nfs', 'rbd', 'quobyte', 'iscsi', 'cinder', 'cephfs'] as const),
  ...(['azureFile', 'vsphereVolume', 'azureDisk', 'photonPersistentDisk'] as const),
];

const validateMountOptions = ({metadata, spec}: Volume): FieldError[] =>
  metadata.annotations?.[MOUNT_OPTIONS] === undefined || TAKE_MOUNT_OPTIONS.some(source => spec[source])
    ? []
    : [forbiddenField(child('metadata', 'annotations', MOUNT_OPTIONS), 'may not specify mount options for this volume type')];

function validateChanges(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): FieldError[] {
  const [now, before] = [sourcesOf(spec), sourcesOf(old)];
  // A secret for expansion may join.
  if (old.csi && !old.csi.controllerExpandSecretRef && spec.csi?.controllerExpandSecretRef) {
    const {controllerExpandSecretRef: _, ...csi} = spec.csi;
    now.csi = csi;
  }
  return collect(
    !semanticEqual(now, before) &&
      forbiddenField(
        'spec.persistentvolumesource',
        `spec.persistentvolumesource is immutable after creation\n${describeDiff(internal(before, VOLUME_SOURCE), internal(now, VOLUME_SOURCE))}`,
      ),
    immutable(spec.volumeMode, old.volumeMode, 'volumeMode'),
    old.nodeAffinity &&
      !semanticEqual(spec.nodeAffinity, withNewLabels(old.nodeAffinity, spec.nodeAffinity)) &&
      invalid('nodeAffinity', internal(spec.nodeAffinity, VOLUME_AFFINITY), `${IMMUTABLE}, except for updating from beta label to GA`),
    old.volumeAttributesClassName !== undefined &&
      spec.volumeAttributesClassName === undefined &&
      forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'),
  );
}

const sourcesOf = (spec: PersistentVolumeSpec): PersistentVolumeSpec =>
  Object.fromEntries(SOURCE_NAMES.filter(source => spec[source] !== undefined).map(source => [source, spec[source]]));

const BETA_LABELS: {readonly [label: string]: string} = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

/** The old affinity with each label of old that the new one calls by its new name renamed (a label without a new name may become none at all). */
function withNewLabels(old: VolumeNodeAffinity, now: VolumeNodeAffinity | undefined): VolumeNodeAffinity {
  if (!old.required) return old;
  const renamed = (before: NodeSelectorRequirement[] | undefined, after: NodeSelectorRequirement[] | undefined) =>
    before?.map((requirement, i) => {
      const key = after?.[i]?.key ?? '';
      return after?.[i] && (BETA_LABELS[requirement.key] ?? '') === key ? {...requirement, key} : requirement;
    });
  const terms = (old.required.nodeSelectorTerms ?? []).map((term, i) => {
    const after = now?.required?.nodeSelectorTerms?.[i];
    const [matchExpressions, matchFields] = [
      renamed(term.matchExpressions, after?.matchExpressions),
      renamed(term.matchFields, after?.matchFields),
    ];
    return {...(matchExpressions && {matchExpressions}), ...(matchFields && {matchFields})};
  });
  return {required: {nodeSelectorTerms: terms}};
}

const DEPRECATED_SOURCES: readonly (readonly [source: keyof PersistentVolumeSpec, message: string, told?: string])[] = [
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

const DEPRECATED_ANNOTATIONS: {readonly [key: string]: string} = {
  'volume.beta.kubernetes.io/storage-class': 'deprecated since v1.8; use "storageClassName" attribute instead',
  [MOUNT_OPTIONS]: 'deprecated since v1.31; use "mountOptions" attribute instead',
};

function volumeWarnings({metadata, spec}: Volume): string[] {
  const recycle = 'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return [
    ...Object.entries(DEPRECATED_ANNOTATIONS)
      .filter(([key]) => metadata.annotations?.[key] !== undefined)
      .map(([key, message]) => `metadata.annotations[${key}]: ${message}`),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle' ? [`spec.persistentVolumeReclaimPolicy: ${recycle}`] : []),
    ...terms.flatMap(({matchExpressions}, i) =>
      (matchExpressions ?? []).flatMap(({key}, j) => {
        const message = deprecatedNodeLabel(key);
        return message === undefined
          ? []
          : [`spec.nodeAffinity.required.nodeSelectorTerms[${i}].matchExpressions[${j}].key: ${key} is ${message}`];
      }),
    ),
    ...DEPRECATED_SOURCES.filter(([source]) => spec[source] !== undefined).map(
      ([source, message, told = source]) => `spec.${told}: ${message}`,
    ),
  ];
}
