import type {FieldError, FieldPath} from '../../../api/field.ts';
import {child, invalid, notSupported, required} from '../../../api/field.ts';
import type {DownwardAPIVolumeFile, ObjectFieldSelector, ResourceFieldSelector} from '../../../api/kinds.generated.ts';
import {isQualifiedName} from '../../../api/names.ts';
import {quantitySign} from '../../../api/quantity.ts';
import {collect, named} from '../../rules.ts';
import {validateFileMode, validateNonReservedPath} from '../paths.ts';

const VOLUME_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];

const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

const FIELDS = new Set([...VOLUME_FIELDS, ...ENV_FIELDS, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase']);

export const validateEnvFieldRef = (ref: ObjectFieldSelector, path: FieldPath): FieldError[] => validateFieldRef(ref, ENV_FIELDS, path);

/** One file of a downward API volume; upstream tells its errors at the volume's own path. */
export const validateDownwardFile = (file: DownwardAPIVolumeFile, path: FieldPath): FieldError[] =>
  collect(
    !file.path && required(child(path, 'path')),
    validateNonReservedPath(file.path ?? '', child(path, 'path')),
    file.fieldRef
      ? collect(
          validateFieldRef(file.fieldRef, VOLUME_FIELDS, child(path, 'fieldRef')),
          file.resourceFieldRef && invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'),
        )
      : file.resourceFieldRef
        ? validateResourceFieldRef(file.resourceFieldRef, child(path, 'resourceFieldRef'), true)
        : required(path, 'one of fieldRef and resourceFieldRef is required'),
    validateFileMode(file.mode, child(path, 'mode')),
  );

function validateFieldRef({apiVersion, fieldPath}: ObjectFieldSelector, supported: readonly string[], path: FieldPath): FieldError[] {
  if (!apiVersion) return [required(child(path, 'apiVersion'))];
  if (!fieldPath) return [required(child(path, 'fieldPath'))];
  const unreadable = (why: string) => [invalid(child(path, 'fieldPath'), fieldPath, `error converting fieldPath: ${why}`)];
  if (apiVersion !== 'v1') return unreadable(`unsupported pod version: ${apiVersion}`);
  const subscripted = /^(.+?)\['(.*)'\]$/s.exec(fieldPath);
  if (subscripted) {
    const [, field, key] = subscripted as unknown as [string, string, string];
    if (field === 'metadata.annotations') return named(key.toLowerCase(), path, isQualifiedName);
    if (field === 'metadata.labels') return named(key, path, isQualifiedName);
    return unreadable(`field label does not support subscript: ${fieldPath}`);
  }
  const field = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
  if (!FIELDS.has(field)) return unreadable(`field label not supported: ${fieldPath}`);
  return supported.includes(field) ? [] : [notSupported(child(path, 'fieldPath'), field, supported)];
}

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** In a volume the container has to be named. */
export function validateResourceFieldRef(
  {containerName, resource = '', divisor}: Partial<ResourceFieldSelector>,
  path: FieldPath,
  volume: boolean,
): FieldError[] {
  return collect(
    volume && !containerName
      ? required(child(path, 'containerName'))
      : !resource
        ? required(child(path, 'resource'))
        : !RESOURCES.includes(resource) && !isHugePageField(resource) && notSupported(child(path, 'resource'), resource, RESOURCES),
    divisor !== undefined && quantitySign(divisor) !== 0 && validateDivisor(resource, divisor, child(path, 'divisor')),
  );
}

const isHugePageField = (resource: string): boolean => /^(requests|limits)\.hugepages-/.test(resource);

const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

function validateDivisor(resource: string, divisor: string, path: FieldPath): FieldError[] {
  const [, amount] = resource.split('.');
  const bytes = (what: string) =>
    BYTE_DIVISORS.includes(divisor)
      ? []
      : [invalid(path, resource, `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the ${what} resource`)];
  if (isHugePageField(resource)) return bytes('hugepages');
  if (!RESOURCES.includes(resource)) return [];
  if (amount === 'memory') return bytes('memory');
  if (amount === 'ephemeral-storage') return bytes('local ephemeral storage');
  return ['1m', '1'].includes(divisor)
    ? []
    : [invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
}
