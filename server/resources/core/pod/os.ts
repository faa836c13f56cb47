import type {FieldError, FieldPath} from '../../../api/field.ts';
import {child, forbiddenField, invalid, notSupported, required} from '../../../api/field.ts';
import type {PodSpec} from '../../../api/kinds.generated.ts';
import {collect} from '../../rules.ts';
import {containersWithPaths} from './security.ts';

/** What a pod that names its operating system may not set. */
export function validateOS(spec: PodSpec, path: FieldPath): FieldError[] {
  if (!spec.os) return [];
  const {name} = spec.os;
  if (!name) return [required(child(path, 'os', 'name'))];
  if (name === 'linux') return validateLinux(spec, path);
  if (name === 'windows') return validateWindows(spec, path);
  return [notSupported(child(path, 'os'), name, ['linux', 'windows'])];
}

function validateLinux(spec: PodSpec, path: FieldPath): FieldError[] {
  const refuse = (where: FieldPath) =>
    forbiddenField(child(where, 'securityContext', 'windowsOptions'), 'windows options cannot be set for a linux pod');
  return collect(
    spec.securityContext?.windowsOptions && refuse(path),
    ...[...containersWithPaths(spec, path)].map(([container, where]) => container.securityContext?.windowsOptions && refuse(where)),
  );
}

const POD_SECURITY = ['appArmorProfile', 'seLinuxOptions'];
const POD_SECURITY_AFTER_HOST = ['seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls'];
const POD_SECURITY_LAST = ['runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy'];
const CONTAINER_SECURITY = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

function validateWindows(spec: PodSpec, path: FieldPath): FieldError[] {
  const refuse = (where: FieldPath) => forbiddenField(where, 'cannot be set for a windows pod');
  const set = (context: object | undefined, where: FieldPath, fields: readonly string[]): FieldError[] =>
    fields
      .filter(field => isSet((context as {[field: string]: unknown} | undefined)?.[field]))
      .map(field => refuse(child(where, 'securityContext', field)));
  const context = spec.securityContext;
  return collect(
    set(context, path, POD_SECURITY),
    spec.hostUsers !== undefined && refuse(child(path, 'hostUsers')),
    spec.hostPID && refuse(child(path, 'hostPID')),
    spec.hostIPC && refuse(child(path, 'hostIPC')),
    set(context, path, POD_SECURITY_AFTER_HOST),
    spec.shareProcessNamespace !== undefined && refuse(child(path, 'shareProcessNamespace')),
    set(context, path, POD_SECURITY_LAST),
    ...[...containersWithPaths(spec, path)].map(([container, where]) => set(container.securityContext, where, CONTAINER_SECURITY)),
  );
}

const isSet = (value: unknown): boolean => value !== undefined;

/** Containers of a Windows host process pod are all of that sort, and use the host's network. */
export function validateHostProcess(spec: PodSpec, path: FieldPath): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const errors: FieldError[] = [];
  let [count, hostProcesses] = [0, 0];
  for (const [container, where] of containersWithPaths(spec, path)) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    count++;
    if (own ?? ofPod) hostProcesses++;
    if (ofPod !== undefined && own !== undefined && own !== ofPod) {
      const message = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalid(child(where, 'securityContext', 'windowsOptions', 'hostProcess'), own, message));
    }
  }
  if (hostProcesses === 0) return errors;
  return collect(
    errors,
    hostProcesses !== count &&
      invalid(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'),
    !spec.hostNetwork && invalid(child(path, 'hostNetwork'), false, 'hostNetwork must be true if pod contains any hostProcess containers'),
  );
}
