import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, notSupported, required, tooLong} from '../../../api/field.ts';
import type {
  AppArmorProfile,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
  WindowsSecurityContextOptions,
} from '../../../api/kinds.generated.ts';
import {isDNS1123Subdomain, isUserID, longerThan} from '../../../api/names.ts';
import type {InternalShape} from '../../internal.ts';
import {internal, pointer, struct} from '../../internal.ts';
import {collect, each, named} from '../../rules.ts';
import {validateDescendingPath} from '../paths.ts';
import type {PodOptions} from './options.ts';

const validateID = (id: number | undefined, path: FieldPath): FieldError[] =>
  id === undefined ? [] : isUserID(id).map(message => invalid(path, id, message));

/** One of a set, where it is given. */
const optional = (value: string | undefined, path: FieldPath, supported: readonly string[]): FieldError | false =>
  value !== undefined && !supported.includes(value) && notSupported(path, value, supported);

/** `securityContext` of a container. */
export function validateSecurityContext(context: SecurityContext | undefined, path: FieldPath, hostUsers: boolean): FieldError[] {
  if (!context) return [];
  const {runAsUser, runAsGroup, procMount, seccompProfile, windowsOptions, appArmorProfile} = context;
  return collect(
    validateID(runAsUser, child(path, 'runAsUser')),
    validateID(runAsGroup, child(path, 'runAsGroup')),
    optional(procMount, child(path, 'procMount'), ['Default', 'Unmasked']),
    hostUsers && procMount === 'Unmasked' && invalid(child(path, 'procMount'), procMount, '`hostUsers` must be false to use `Unmasked`'),
    validateSeccomp(seccompProfile, child(path, 'seccompProfile')),
    context.allowPrivilegeEscalation === false && validateNoEscalation(context, path),
    validateWindowsOptions(windowsOptions, child(path, 'windowsOptions')),
    validateAppArmor(appArmorProfile, child(path, 'appArmorProfile')),
  );
}

// Security contexts as messages show them, and what pods and containers have alike.
export const SE_LINUX: InternalShape = pointer(struct({user: '', role: '', type: '', level: ''}));
export const WINDOWS: InternalShape = pointer(
  struct({
    'gmsaCredentialSpecName:GMSACredentialSpecName': null,
    'gmsaCredentialSpec:GMSACredentialSpec': null,
    runAsUserName: null,
    hostProcess: null,
  }),
);
/** Of seccomp and AppArmor. */
export const SECCOMP: InternalShape = pointer(struct({type: '', localhostProfile: null}));
export const SECURITY_CONTEXT: InternalShape = struct({
  capabilities: pointer(struct({add: null, drop: null})),
  privileged: null,
  seLinuxOptions: SE_LINUX,
  windowsOptions: WINDOWS,
  runAsUser: null,
  runAsGroup: null,
  runAsNonRoot: null,
  readOnlyRootFilesystem: null,
  allowPrivilegeEscalation: null,
  procMount: null,
  seccompProfile: SECCOMP,
  appArmorProfile: SECCOMP,
});

const validateNoEscalation = (context: SecurityContext, path: FieldPath): FieldError[] => {
  const value = internal(context, SECURITY_CONTEXT);
  return collect(
    context.privileged && invalid(path, value, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
    context.capabilities?.add?.includes('CAP_SYS_ADMIN') &&
      invalid(path, value, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'),
  );
};

/** `spec.securityContext`. */
export function validatePodSecurityContext(spec: PodSpec, path: FieldPath, options: PodOptions): FieldError[] {
  const context = spec.securityContext;
  if (!context) return [];
  return collect(
    validateID(context.fsGroup, child(path, 'fsGroup')),
    validateID(context.runAsUser, child(path, 'runAsUser')),
    validateID(context.runAsGroup, child(path, 'runAsGroup')),
    each(context.supplementalGroups, child(path, 'supplementalGroups'), validateID),
    spec.shareProcessNamespace &&
      spec.hostPID &&
      invalid(child(path, 'shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    validateSysctls(context.sysctls, spec, child(path, 'sysctls'), options),
    optional(context.fsGroupChangePolicy, child(path, 'fsGroupChangePolicy'), ['Always', 'OnRootMismatch']),
    validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')),
    validateWindowsOptions(context.windowsOptions, child(path, 'windowsOptions')),
    validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile')),
    optional(context.supplementalGroupsPolicy, child(path, 'supplementalGroupsPolicy'), ['Merge', 'Strict']),
    optional(
      context.seLinuxChangePolicy,
      child(path, 'seLinuxChangePolicy'),
      options.allowMountOption ? ['MountOption', 'Recursive'] : ['Recursive'],
    ),
  );
}

const SYSCTL = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL_PATTERN = new RegExp(`^${SYSCTL}$`);

function validateSysctls(sysctls: readonly Sysctl[] | undefined, spec: PodSpec, path: FieldPath, options: PodOptions): FieldError[] {
  const seen = new Set<string>();
  return each(sysctls, path, ({name = ''}, where) => {
    const repeated = seen.has(name);
    seen.add(name);
    return collect(
      !name
        ? required(child(where, 'name'))
        : longerThan(name, 253) || !SYSCTL_PATTERN.test(name)
          ? invalid(child(where, 'name'), name, `must have at most 253 characters and match regex ^${SYSCTL}$`)
          : repeated && duplicate(child(where, 'name'), name),
      !options.allowHostSysctls && validateHostSysctl(name, spec, child(where, 'name')),
    );
  });
}

// Namespaced sysctls by what namespace they belong to (k8s.io/component-helpers/node/util/sysctl).
const IPC_SYSCTLS = /^(kernel\/sem|kernel\/shm|kernel\/msg|fs\/mqueue\/)/;

function validateHostSysctl(name: string, {hostNetwork, hostIPC}: PodSpec, path: FieldPath): FieldError | undefined {
  const normal = normalSysctl(name);
  if (hostNetwork && normal.startsWith('net/')) return invalid(path, name, "may not be specified when 'hostNetwork' is true");
  if (hostIPC && IPC_SYSCTLS.test(normal)) return invalid(path, name, "may not be specified when 'hostIPC' is true");
  return undefined;
}

/** Dots or slashes separate, whichever comes first. */
const normalSysctl = (name: string): string =>
  name.search(/[./]/) === name.indexOf('.') ? name.replace(/[./]/g, character => (character === '.' ? '/' : '.')) : name;

const SECCOMP_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateSeccomp(profile: SeccompProfile | undefined, path: FieldPath): FieldError[] {
  if (!profile) return [];
  const {type, localhostProfile} = profile;
  const [typePath, profilePath] = [child(path, 'type'), child(path, 'localhostProfile')];
  return collect(
    !type ? required(typePath, 'type is required when seccompProfile is set') : optional(type, typePath, SECCOMP_TYPES),
    type === 'Localhost'
      ? localhostProfile === undefined
        ? required(profilePath, 'must be set when seccomp type is Localhost')
        : validateDescendingPath(localhostProfile, profilePath)
      : localhostProfile !== undefined &&
          invalid(profilePath, {Type: type ?? '', LocalhostProfile: localhostProfile}, 'can only be set when seccomp type is Localhost'),
  );
}

function validateAppArmor(profile: AppArmorProfile | undefined, path: FieldPath): FieldError[] {
  if (!profile) return [];
  const {type, localhostProfile} = profile;
  const profilePath = child(path, 'localhostProfile');
  if (!type) return [required(child(path, 'type'), 'type is required when appArmorProfile is set')];
  if (type === 'Localhost') return validateLocalhostProfile(localhostProfile, profilePath);
  if (!SECCOMP_TYPES.includes(type)) return [notSupported(child(path, 'type'), type, SECCOMP_TYPES)];
  return localhostProfile === undefined ? [] : [invalid(profilePath, localhostProfile, 'can only be set when AppArmor type is Localhost')];
}

function validateLocalhostProfile(profile: string | undefined, path: FieldPath): FieldError[] {
  const missing = required(path, 'must be set when AppArmor type is Localhost');
  if (profile === undefined) return [missing];
  return collect(
    profile.trim() !== profile ? invalid(path, profile, 'must not be padded with whitespace') : profile === '' && missing,
    longerThan(profile, 4095) && tooLong(path, 4095),
  );
}

function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: FieldPath): FieldError[] {
  if (!options) return [];
  const {gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName} = options;
  const spec = child(path, 'gmsaCredentialSpec');
  return collect(
    gmsaCredentialSpecName !== undefined && named(gmsaCredentialSpecName, child(path, 'gmsaCredentialSpecName'), isDNS1123Subdomain),
    gmsaCredentialSpec === '' && invalid(spec, '', 'gmsaCredentialSpec cannot be an empty string'),
    gmsaCredentialSpec !== undefined &&
      longerThan(gmsaCredentialSpec, 65536) &&
      invalid(spec, gmsaCredentialSpec, 'gmsaCredentialSpec size must be under 64 KiB'),
    runAsUserName !== undefined &&
      userNameErrors(runAsUserName).map(message => invalid(child(path, 'runAsUserName'), runAsUserName, message)),
  );
}

const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const USER_DOMAIN = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);

/** `user` or `DOMAIN\user`. */
function userNameErrors(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1)!;
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const errors: string[] = [];
  if (domain !== undefined && longerThan(domain, 255)) errors.push("runAsUserName's Domain length must be under 256 characters");
  if (domain !== undefined && !NETBIOS.test(domain) && !USER_DOMAIN.test(domain))
    errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === '') errors.push("runAsUserName's User cannot be empty");
  else if (longerThan(user, 104)) errors.push("runAsUserName's User length must not be longer than 104 characters");
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) errors.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return errors;
}

/** Every container of a spec with its path, in upstream's order. */
export function* containersWithPaths(spec: PodSpec, path: FieldPath): Iterable<[PodSpec['containers'][number], FieldPath]> {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    const containers = spec[list] ?? [];
    for (let i = 0; i < containers.length; i++) yield [containers[i]!, at(child(path, list), i)];
  }
}

/** Pods in a user namespace of their own cannot have the host's processes, memory and devices. */
export function validateHostUsers(spec: PodSpec, path: FieldPath, options: PodOptions): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const refuse = (field: string, where = path) => forbiddenField(child(where, field), 'when `hostUsers` is false');
  return collect(
    spec.hostNetwork && refuse('hostNetwork'),
    spec.hostPID && refuse('HostPID'),
    spec.hostIPC && refuse('HostIPC'),
    ...[...(options.allowDevicesInUserNamespace ? [] : containersWithPaths(spec, path))].map(
      ([container, where]) => container.volumeDevices && container.volumeDevices.length > 0 && refuse('volumeDevices', where),
    ),
  );
}

/** Has the pod a sysctl of a namespace that it shares with its host? */
export const hasHostSysctl = (spec: PodSpec): boolean =>
  (spec.securityContext?.sysctls ?? []).some(({name}) => validateHostSysctl(name, spec, '') !== undefined);
