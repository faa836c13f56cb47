import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, notSupported, required, tooLong} from '../../api/field.ts';
import type {
  AzureDiskVolumeSource,
  CSIPersistentVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  ISCSIPersistentVolumeSource,
  ISCSIVolumeSource,
  QuobyteVolumeSource,
  SecretReference,
  StorageOSPersistentVolumeSource,
  StorageOSVolumeSource,
} from '../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain, longerThan, rangeMessage} from '../../api/names.ts';
import type {Findings} from '../rules.ts';
import {collect, named, requiredName} from '../rules.ts';
import {validateNoBacksteps} from './paths.ts';

/** Checks of the kinds of storage that both pods and PersistentVolumes can name (pkg/apis/core/validation). */
export type SourceRule<Source> = (source: Source, path: FieldPath) => Findings;

/** Strings that must be there. */
export const needs =
  (...fields: string[]) =>
  (source: object, path: FieldPath): FieldError[] =>
    fields.filter(field => !(source as {[field: string]: unknown})[field]).map(field => required(child(path, field)));

const inByte = (value: number | undefined, path: FieldPath, message: string): FieldError | false =>
  value !== undefined && (value < 0 || value > 255) && invalid(path, value, message);

const partitioned =
  (name: string): SourceRule<{partition?: number}> =>
  (source, path) =>
    collect(needs(name)(source, path), inByte(source.partition, child(path, 'partition'), rangeMessage(1, 255)));

export const validateGCEPersistentDisk = partitioned('pdName');
export const validateAWSElasticBlockStore = partitioned('volumeID');

export function validateHostPath({path: value = '', type}: {path?: string; type?: string}, path: FieldPath): FieldError[] {
  if (value === '') return [required(child(path, 'path'))];
  return collect(
    validateNoBacksteps(value, child(path, 'path')),
    type !== undefined && !HOST_PATH_TYPES.includes(type) && notSupported(child(path, 'type'), type, HOST_PATH_TYPES),
  );
}

const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

export const validateNFS: SourceRule<{server?: string; path?: string}> = (source, path) =>
  collect(
    needs('server', 'path')(source, path),
    !(source.path ?? '').startsWith('/') && invalid(child(path, 'path'), source.path ?? '', 'must be an absolute path'),
  );

const IQN = /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9\-.]+)(:[^,;*&$|\s]+)$/;
const EUI = /^eui.[a-zA-Z0-9]{16}$/;
const NAA = /^naa.[a-zA-Z0-9]{32}$/;

/** An initiator's or target's name; `start` is what a name of no known form is told. */
function validateQualifiedISCSIName(value: string, path: FieldPath, start: string): FieldError[] {
  const pattern = value.startsWith('iqn') ? IQN : value.startsWith('eui') ? EUI : value.startsWith('naa') ? NAA : undefined;
  if (!pattern) return [invalid(path, value, start)];
  return pattern.test(value) ? [] : [invalid(path, value, 'must be valid format')];
}

const validateISCSICommon = (iscsi: ISCSIVolumeSource | ISCSIPersistentVolumeSource, path: FieldPath, start: string): FieldError[] =>
  collect(
    iscsi.iqn ? validateQualifiedISCSIName(iscsi.iqn, child(path, 'iqn'), start) : required(child(path, 'iqn')),
    inByte(iscsi.lun, child(path, 'lun'), rangeMessage(0, 255)),
    (iscsi.chapAuthDiscovery || iscsi.chapAuthSession) && !iscsi.secretRef && required(child(path, 'secretRef')),
  );

const initiator = (name: string | undefined, path: FieldPath, start: string): Findings =>
  name !== undefined && validateQualifiedISCSIName(name, child(path, 'initiatorname'), start);

export const validateISCSI: SourceRule<ISCSIVolumeSource> = (iscsi, path) => {
  const start = 'must be valid format starting with iqn, eui, or naa';
  return collect(needs('targetPortal')(iscsi, path), validateISCSICommon(iscsi, path, start), initiator(iscsi.initiatorName, path, start));
};

export const ISCSI_NAMES_TOO_LONG =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

/** Of a PersistentVolume: the secret needs a name, and the volume's name counts towards a limit. */
export const validatePersistentISCSI = (iscsi: ISCSIPersistentVolumeSource, volumeName: string, path: FieldPath): FieldError[] =>
  collect(
    needs('targetPortal')(iscsi, path),
    iscsi.initiatorName !== undefined &&
      longerThan(`${volumeName}:${iscsi.targetPortal ?? ''}`, 64) &&
      invalid(child(path, 'targetportal'), iscsi.targetPortal ?? '', ISCSI_NAMES_TOO_LONG),
    validateISCSICommon(iscsi, path, 'must be valid format'),
    iscsi.secretRef && !iscsi.secretRef.name && required(child(path, 'secretRef', 'name')),
    initiator(iscsi.initiatorName, path, 'must be valid format'),
  );

export const validateFC: SourceRule<FCVolumeSource> = ({targetWWNs = [], wwids = [], lun}, path) =>
  collect(
    targetWWNs.length === 0 &&
      wwids.length === 0 &&
      required(child(path, 'targetWWNs'), 'must specify either targetWWNs or wwids, but not both'),
    targetWWNs.length > 0 &&
      wwids.length > 0 &&
      invalid(child(path, 'targetWWNs'), targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'),
    targetWWNs.length > 0 &&
      (lun === undefined
        ? required(child(path, 'lun'), 'lun is required if targetWWNs is specified')
        : inByte(lun, child(path, 'lun'), rangeMessage(0, 255))),
  );

export const validateQuobyte: SourceRule<QuobyteVolumeSource> = ({registry, tenant = '', volume}, path) => {
  const pairs = 'must be a host:port pair or multiple pairs separated by commas';
  const bad = (registry ?? '').split(',').filter(pair => !isHostPort(pair));
  return collect(
    !registry
      ? required(child(path, 'registry'), pairs)
      : longerThan(tenant, 64)
        ? required(child(path, 'tenant'), 'must be a UUID and may not exceed a length of 64 characters')
        : bad.map(() => invalid(child(path, 'registry'), registry, pairs)),
    !volume && required(child(path, 'volume')),
  );
};

/** net.SplitHostPort: one colon outside brackets, and brackets around what has more. */
const isHostPort = (pair: string): boolean => /^(?:\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(pair);

export const validateFlocker: SourceRule<FlockerVolumeSource> = ({datasetName = '', datasetUUID = ''}, path) =>
  collect(
    !datasetName && !datasetUUID && required(path, 'one of datasetName and datasetUUID is required'),
    datasetName && datasetUUID && invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'),
    datasetName.includes('/') && invalid(child(path, 'datasetName'), datasetName, "must not contain '/'"),
  );

export const validateFlexVolume: SourceRule<{driver?: string; options?: {[key: string]: string}}> = ({driver, options = {}}, path) =>
  collect(
    !driver && required(child(path, 'driver')),
    ...Object.keys(options).map(key => {
      const domain = `.${key.split('/')[0]!.toLowerCase()}`;
      const reserved = key.includes('/') ? domain : `.${key.toLowerCase()}`;
      return (
        /\.(kubernetes|k8s)\.io$/.test(reserved) &&
        invalid(`${child(path, 'options')}[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')
      );
    }),
  );

const CACHING_MODES = ['None', 'ReadOnly', 'ReadWrite'];
const DISK_KINDS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED_URI = ['/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'];
const BLOB_URI = ['https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'];

export const validateAzureDisk: SourceRule<AzureDiskVolumeSource> = (disk, path) => {
  const {diskURI = '', cachingMode, kind} = disk;
  return collect(
    needs('diskName', 'diskURI')(disk, path),
    cachingMode !== undefined &&
      !CACHING_MODES.includes(cachingMode) &&
      notSupported(child(path, 'cachingMode'), cachingMode, CACHING_MODES),
    kind !== undefined && !DISK_KINDS.includes(kind) && notSupported(child(path, 'kind'), kind, DISK_KINDS),
    kind === 'Managed' && !diskURI.startsWith('/subscriptions/') && notSupported(child(path, 'diskURI'), diskURI, MANAGED_URI),
    kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://') && notSupported(child(path, 'diskURI'), diskURI, BLOB_URI),
  );
};

/** What StorageOS volumes have in common; where a PersistentVolume names its secret, it needs the namespace too. */
export const validateStorageOS = (
  source: StorageOSVolumeSource | StorageOSPersistentVolumeSource,
  path: FieldPath,
  secretFields: readonly string[] = ['name'],
): FieldError[] =>
  collect(
    requiredName(source.volumeName, child(path, 'volumeName'), isDNS1123Label),
    source.volumeNamespace && named(source.volumeNamespace, child(path, 'volumeNamespace'), isDNS1123Label),
    source.secretRef && needs(...secretFields)(source.secretRef, child(path, 'secretRef')),
  );

export const validateCinder = (source: {volumeID?: string; secretRef?: object}, path: FieldPath, secretFields = ['name']): FieldError[] =>
  collect(needs('volumeID')(source, path), source.secretRef && needs(...secretFields)(source.secretRef, child(path, 'secretRef')));

export const validateMonitors: SourceRule<{monitors?: string[] | null}> = ({monitors}, path) =>
  (monitors ?? []).length === 0 && required(child(path, 'monitors'));

export const validateRBD: SourceRule<{monitors?: string[] | null; image?: string}> = (source, path) =>
  collect(validateMonitors(source, path), needs('image')(source, path));

/** A CSI driver's name: required, 63 bytes, a subdomain in any case. */
export function validateCSIDriverName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [required(path)];
  return collect(
    longerThan(name, 63) && tooLong(path, 63),
    isDNS1123Subdomain(name.toLowerCase()).map(message => invalid(path, name, message)),
  );
}

const validateSecretReference = (reference: SecretReference, path: FieldPath): FieldError[] =>
  collect(
    requiredName(reference.name, child(path, 'name'), isDNS1123Subdomain),
    requiredName(reference.namespace, child(path, 'namespace'), isDNS1123Label),
  );

const CSI_SECRETS = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const;

export const validatePersistentCSI: SourceRule<CSIPersistentVolumeSource> = (csi, path) =>
  collect(
    validateCSIDriverName(csi.driver, child(path, 'driver')),
    needs('volumeHandle')(csi, path),
    ...CSI_SECRETS.map(field => csi[field] && validateSecretReference(csi[field], child(path, field))),
  );
