import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, required} from '../../../api/field.ts';
import type {
  CSIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  ImageVolumeSource,
  ISCSIVolumeSource,
  KeyToPath,
  Volume,
} from '../../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain, longerThan} from '../../../api/names.ts';
import {quantitySign} from '../../../api/quantity.ts';
import {collect, each, named} from '../../rules.ts';
import {validateDescendingPath, validateFileMode} from '../paths.ts';
import {validateClaimTemplate} from '../persistentvolumeclaim-spec.ts';
import type {SourceRule} from '../volume-sources.ts';
import * as storage from '../volume-sources.ts';
import {validatePullPolicy} from './containers.ts';
import {validateDownwardFile} from './downward.ts';
import type {PodOptions} from './options.ts';
import {validateKeyToPath, validateProjected} from './projected.ts';

/** The volumes that are good, by name: what mounts may refer to. */
export type VolumeIndex = ReadonlyMap<string, Volume>;

/** Rules of `spec.volumes`; volumes with errors do not count as there (ValidateVolumes). */
export function validateVolumes(volumes: readonly Volume[] | undefined, path: FieldPath, options: PodOptions): [VolumeIndex, FieldError[]] {
  const index = new Map<string, Volume>();
  const errors: FieldError[] = [];
  const created = createdClaims(volumes ?? [], options);
  (volumes ?? []).forEach((volume, i) => {
    const own = validateVolume(volume, at(path, i), options);
    if (index.has(volume.name)) own.push(duplicate(child(at(path, i), 'name'), volume.name));
    if (own.length === 0) index.set(volume.name, volume);
    errors.push(...own);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim)) {
      const where = child(at(path, i), 'persistentVolumeClaim', 'claimName');
      errors.push(invalid(where, claim, 'must not reference a PVC that gets created for an ephemeral volume'));
    }
  });
  return [index, errors];
}

const createdClaims = (volumes: readonly Volume[], {podName}: PodOptions): ReadonlySet<string> =>
  new Set(podName ? volumes.filter(({ephemeral}) => ephemeral).map(({name}) => `${podName}-${name}`) : []);

const validateVolume = (volume: Volume, path: FieldPath, options: PodOptions): FieldError[] =>
  collect(
    validateSources(volume, path, options),
    volume.name ? named(volume.name, child(path, 'name'), isDNS1123Label) : required(child(path, 'name')),
  );

// In the order in which upstream looks at them: the first one is checked, further ones are forbidden. A few are told under another name.
const SOURCES: readonly (keyof Volume)[] = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];

const TOLD_AS: {readonly [source: string]: string} = {gcePersistentDisk: 'persistentDisk'};
const FORBIDDEN_AS: {readonly [source: string]: string} = {cephfs: 'cephFS', downwardAPI: 'downwarAPI'};

function validateSources(volume: Volume, path: FieldPath, options: PodOptions): FieldError[] {
  const errors: FieldError[] = [];
  let found = false;
  for (const name of SOURCES) {
    const source = volume[name];
    if (source === undefined) continue;
    if (found) errors.push(forbiddenField(child(path, FORBIDDEN_AS[name] ?? name), 'may not specify more than 1 volume type'));
    else {
      const rule = RULES[name] as (source: unknown, path: FieldPath, options: PodOptions, volume: Volume) => FieldError[];
      errors.push(...collect(rule(source, child(path, TOLD_AS[name] ?? name), options, volume)));
    }
    found = true;
    if (name === 'iscsi') errors.push(...iscsiNames(volume.iscsi!, volume.name, path));
  }
  return found ? errors : [required(path, 'must specify a volume type')];
}

const iscsiNames = ({initiatorName, targetPortal = ''}: ISCSIVolumeSource, name: string, path: FieldPath): FieldError[] =>
  initiatorName !== undefined && longerThan(`${name}:${targetPortal}`, 64)
    ? [invalid(child(path, 'name'), name ?? '', storage.ISCSI_NAMES_TOO_LONG)]
    : [];

const validateEmptyDir: SourceRule<EmptyDirVolumeSource> = ({sizeLimit}, path) =>
  sizeLimit !== undefined &&
  quantitySign(sizeLimit) < 0 &&
  forbiddenField(child(path, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity');

const withItems =
  (name: 'secretName' | 'name'): SourceRule<{secretName?: string; name?: string; defaultMode?: number; items?: KeyToPath[]}> =>
  (source, path) =>
    collect(
      !source[name] && required(child(path, name)),
      validateFileMode(source.defaultMode, child(path, 'defaultMode')),
      each(source.items, child(path, 'items'), validateKeyToPath),
    );

const validateCSI: SourceRule<CSIVolumeSource> = ({driver, nodePublishSecretRef}, path) =>
  collect(
    storage.validateCSIDriverName(driver, child(path, 'driver')),
    nodePublishSecretRef &&
      (nodePublishSecretRef.name
        ? named(nodePublishSecretRef.name, child(path, 'name'), isDNS1123Subdomain)
        : required(child(path, 'nodePublishSecretRef', 'name'))),
  );

function validateEphemeral(
  {volumeClaimTemplate}: EphemeralVolumeSource,
  path: FieldPath,
  {podName}: PodOptions,
  {name}: Volume,
): FieldError[] {
  const claimName = `${podName}-${name}`;
  return collect(
    volumeClaimTemplate
      ? validateClaimTemplate(volumeClaimTemplate, child(path, 'volumeClaimTemplate'))
      : required(child(path, 'volumeClaimTemplate')),
    podName &&
      name &&
      isDNS1123Subdomain(claimName).map(message =>
        invalid(child(path.slice(0, path.lastIndexOf('.')), 'name'), name, `PVC name ${JSON.stringify(claimName)}: ${message}`),
      ),
  );
}

const validateImage = ({reference, pullPolicy}: ImageVolumeSource, path: FieldPath, {isPod}: PodOptions): FieldError[] =>
  collect(isPod && !reference && required(child(path, 'reference')), validatePullPolicy(pullPolicy, child(path, 'pullPolicy')));

const RULES: {readonly [name in keyof Volume]?: unknown} = {
  emptyDir: validateEmptyDir,
  hostPath: storage.validateHostPath,
  gitRepo: (source: {repository?: string; directory?: string}, path: FieldPath) =>
    collect(storage.needs('repository')(source, path), validateDescendingPath(source.directory ?? '', child(path, 'directory'))),
  gcePersistentDisk: storage.validateGCEPersistentDisk,
  awsElasticBlockStore: storage.validateAWSElasticBlockStore,
  secret: withItems('secretName'),
  nfs: storage.validateNFS,
  iscsi: storage.validateISCSI,
  glusterfs: storage.needs('endpoints', 'path'),
  flocker: storage.validateFlocker,
  persistentVolumeClaim: storage.needs('claimName'),
  rbd: storage.validateRBD,
  cinder: (source: object, path: FieldPath) => storage.validateCinder(source, path),
  cephfs: storage.validateMonitors,
  quobyte: storage.validateQuobyte,
  downwardAPI: (source: {defaultMode?: number; items?: []}, path: FieldPath) =>
    collect(
      validateFileMode(source.defaultMode, child(path, 'defaultMode')),
      ...(source.items ?? []).map(file => validateDownwardFile(file, path)),
    ),
  fc: storage.validateFC,
  flexVolume: storage.validateFlexVolume,
  configMap: withItems('name'),
  azureFile: storage.needs('secretName', 'shareName'),
  vsphereVolume: storage.needs('volumePath'),
  photonPersistentDisk: storage.needs('pdID'),
  portworxVolume: storage.needs('volumeID'),
  azureDisk: storage.validateAzureDisk,
  storageos: (source: object, path: FieldPath) => storage.validateStorageOS(source, path),
  projected: validateProjected,
  scaleIO: storage.needs('gateway', 'system', 'volumeName'),
  csi: validateCSI,
  ephemeral: validateEphemeral,
  image: validateImage,
};
