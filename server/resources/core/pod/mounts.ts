import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, forbiddenField, invalid, notFoundField, notSupported, required} from '../../../api/field.ts';
import type {Container, VolumeDevice, VolumeMount} from '../../../api/kinds.generated.ts';
import {collect} from '../../rules.ts';
import {validateDescendingPath, validateNoBacksteps} from '../paths.ts';
import type {VolumeIndex} from './volumes.ts';

type MountingContainer = Pick<Container, 'volumeMounts' | 'volumeDevices' | 'securityContext'>;

/** `volumeMounts` of a container; errors of paths inside the volume are told at the list. */
export function validateMounts(container: MountingContainer, volumes: VolumeIndex, path: FieldPath): FieldError[] {
  const devices = container.volumeDevices ?? [];
  const taken = new Set<string>();
  return collect(
    ...(container.volumeMounts ?? []).map((mount, i) => {
      const {name = '', mountPath = ''} = mount;
      const [namePath, mountPathPath] = [child(at(path, i), 'name'), child(at(path, i), 'mountPath')];
      const repeated = taken.has(mountPath);
      taken.add(mountPath);
      return collect(
        !name && required(namePath),
        !volumes.has(name) && notFoundField(namePath, name),
        !mountPath && required(mountPathPath),
        repeated && invalid(mountPathPath, mountPath, 'must be unique'),
        devices.some(device => device.name === name) && invalid(namePath, name, 'must not already exist in volumeDevices'),
        devices.some(device => device.devicePath === mountPath) &&
          invalid(mountPathPath, mountPath, 'must not already exist as a path in volumeDevices'),
        validateSubPaths(mount, path, at(path, i)),
        validatePropagation(mount, container, child(path, 'mountPropagation')),
        validateRecursiveReadOnly(mount, child(path, 'recursiveReadOnly')),
      );
    }),
  );
}

const validateSubPaths = ({subPath, subPathExpr}: VolumeMount, list: FieldPath, path: FieldPath): FieldError[] =>
  collect(
    subPath && validateDescendingPath(subPath, child(list, 'subPath')),
    subPathExpr && subPath && invalid(child(path, 'subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
    subPathExpr && validateDescendingPath(subPathExpr, child(list, 'subPathExpr')),
  );

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

const validatePropagation = ({mountPropagation}: VolumeMount, {securityContext}: MountingContainer, path: FieldPath): FieldError[] =>
  mountPropagation === undefined
    ? []
    : collect(
        !PROPAGATIONS.includes(mountPropagation) && notSupported(path, mountPropagation, PROPAGATIONS),
        mountPropagation === 'Bidirectional' &&
          !securityContext?.privileged &&
          forbiddenField(path, 'Bidirectional mount propagation is available only to privileged containers'),
      );

function validateRecursiveReadOnly({recursiveReadOnly, readOnly, mountPropagation = 'None'}: VolumeMount, path: FieldPath): FieldError[] {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return [];
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible')
    return [notSupported(path, recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible'])];
  return collect(
    !readOnly && forbiddenField(path, 'may only be specified when readOnly is true'),
    mountPropagation !== 'None' && forbiddenField(path, 'may only be specified when mountPropagation is None or not specified'),
  );
}

/** `volumeDevices` of a container. */
export function validateDevices(container: MountingContainer, volumes: VolumeIndex, path: FieldPath): FieldError[] {
  const mounts = container.volumeMounts ?? [];
  const [names, paths] = [new Set<string>(), new Set<string>()];
  return collect(
    ...(container.volumeDevices ?? []).map((device, i) => {
      const errors = validateDevice(device, at(path, i), {volumes, mounts, names, paths});
      if (device.name) names.add(device.name);
      return errors;
    }),
  );
}

interface DeviceContext {
  volumes: VolumeIndex;
  mounts: readonly VolumeMount[];
  names: ReadonlySet<string>;
  paths: Set<string>;
}

function validateDevice({name = '', devicePath = ''}: Partial<VolumeDevice>, path: FieldPath, context: DeviceContext): FieldError[] {
  const {volumes, mounts, names, paths} = context;
  const volume = volumes.get(name);
  const [namePath, devicePathPath] = [child(path, 'name'), child(path, 'devicePath')];
  const backsteps = devicePath !== '' && validateNoBacksteps(devicePath, path).length > 0;
  const repeated = paths.has(devicePath);
  if (!backsteps) paths.add(devicePath);
  return collect(
    !name && required(namePath),
    names.has(name) && invalid(namePath, name, 'must be unique'),
    volume &&
      !volume.persistentVolumeClaim &&
      !volume.ephemeral &&
      invalid(namePath, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'),
    !volume && notFoundField(namePath, name),
    !devicePath && required(devicePathPath),
    repeated && invalid(devicePathPath, devicePath, 'must be unique'),
    backsteps && invalid(devicePathPath, devicePath, "can not contain backsteps ('..')"),
    mounts.some(mount => mount.name === name) && invalid(namePath, name, 'must not already exist in volumeMounts'),
    mounts.some(mount => mount.mountPath === devicePath) &&
      invalid(devicePathPath, devicePath, 'must not already exist as a path in volumeMounts'),
  );
}
