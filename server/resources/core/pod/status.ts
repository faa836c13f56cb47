import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, notSupported, required, tooLong} from '../../../api/field.ts';
import {familyOf, validateLegacyIP} from '../../../api/ip.ts';
import type {Json} from '../../../api/json.ts';
import type {
  Container,
  ContainerStatus,
  LinuxContainerUser,
  Pod,
  PodExtendedResourceClaimStatus,
  PodSpec,
  PodStatus,
  ResourceStatus,
} from '../../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain, isQualifiedName, isUserID, longerThan} from '../../../api/names.ts';
import {collect, each, immutableText, named} from '../../rules.ts';
import {updateOptions, validateAnnotationUpdate} from './update.ts';

const STATUSES = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;

/** PUT of a pod's status (ValidatePodStatusUpdate). */
export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const [status, before] = [pod.status ?? {}, old.status ?? {}];
  const {spec} = pod;
  return collect(
    validateAnnotationUpdate(pod, old, updateOptions(pod, old)),
    validateConditions(status, 'status.conditions'),
    validateNominatedNode(status, old, 'status.nominatedNodeName'),
    (status.observedGeneration ?? 0) < 0 &&
      invalid('status.observedGeneration', status.observedGeneration, 'must be a non-negative integer'),
    immutableText(status.qosClass, before.qosClass, 'status.qosClass'),
    validateTransitions(status.containerStatuses, before.containerStatuses, 'status.containerStatuses', old.spec.containers, old.spec),
    validateTransitions(
      status.initContainerStatuses,
      before.initContainerStatuses,
      'status.initContainerStatuses',
      old.spec.initContainers,
      old.spec,
    ),
    validateTransitions(
      status.ephemeralContainerStatuses,
      before.ephemeralContainerStatuses,
      'status.ephemeralContainerStatuses',
      [],
      undefined,
    ),
    validateClaimStatuses(status, spec, 'status.resourceClaimStatuses'),
    status.extendedResourceClaimStatus &&
      validateExtendedClaim(status.extendedResourceClaimStatus, spec, 'status.extendedResourceClaimStatus'),
    validateIPs(status.podIPs, before.podIPs, 'status.podIPs'),
    validateHostIPs(status, before),
    ...STATUSES.map(field => validateUsers(status[field], child('status', field), spec)),
    validateAllocated(status.containerStatuses, 'status.containerStatuses', spec.containers),
    validateAllocated(status.initContainerStatuses, 'status.initContainerStatuses', spec.initContainers ?? []),
    each(status.ephemeralContainerStatuses, 'status.ephemeralContainerStatuses', ({allocatedResourcesStatus}, where) =>
      allocatedResourcesStatus?.length
        ? forbiddenField(child(where, 'allocatedResourcesStatus'), 'must not be specified in container status')
        : [],
    ),
    ...STATUSES.map(field => each(status[field], child('status', field), validateVolumeMounts)),
  );
}

const SYSTEM_CONDITIONS = ['PodScheduled', 'Ready', 'Initialized'];

const validateConditions = ({conditions}: PodStatus, path: FieldPath): FieldError[] =>
  each(conditions, path, ({type, observedGeneration = 0}, where) =>
    collect(
      observedGeneration < 0 && invalid(child(where, 'observedGeneration'), observedGeneration, 'must be a non-negative integer'),
      !SYSTEM_CONDITIONS.includes(type) && named(type, child(where, 'Type'), isQualifiedName),
    ),
  );

function validateNominatedNode({nominatedNodeName: name = ''}: PodStatus, old: Pod, path: FieldPath): FieldError[] {
  if (name === '' || name === (old.status?.nominatedNodeName ?? '')) return [];
  return collect(
    named(name, path, isDNS1123Subdomain),
    old.spec.nodeName && forbiddenField(path, 'may not be set on pods that are already bound to a node'),
  );
}

/** What has ended stays so unless its container is to be started again; without `spec` nothing ever is. */
function validateTransitions(
  statuses: readonly ContainerStatus[] = [],
  old: readonly ContainerStatus[] = [],
  path: FieldPath,
  containers: readonly Container[] = [],
  spec: PodSpec | undefined,
): FieldError[] {
  if (spec && couldRestartAll(spec)) return [];
  return each(old, path, ({name, state}, where) => {
    if (!state?.terminated) return false;
    const restarted = statuses.some(status => status.name === name && !status.state?.terminated);
    const container = containers.find(each => each.name === name);
    const allowed = spec && container && shouldRestart(container, spec, state.terminated.exitCode);
    return restarted && !allowed && forbiddenField(child(where, 'state'), 'may not be transitioned to non-terminated state');
  });
}

/** A rule that restarts all containers may start any of them. */
const couldRestartAll = (spec: PodSpec): boolean =>
  [...spec.containers, ...(spec.initContainers ?? [])].some(({restartPolicyRules}) =>
    (restartPolicyRules ?? []).some(({action}) => action === 'RestartAllContainers'),
  );

/** The first rule that knows the exit code decides, else the container's policy, else the pod's. */
function shouldRestart({restartPolicy, restartPolicyRules = []}: Container, spec: PodSpec, exitCode: number): boolean {
  if (restartPolicy !== undefined) {
    const rule = restartPolicyRules.find(({exitCodes}) => {
      const listed = exitCodes?.values?.includes(exitCode) ?? false;
      return exitCodes !== undefined && (exitCodes.operator === 'In') === listed;
    });
    if (rule) return true;
  }
  const policy = restartPolicy ?? spec.restartPolicy;
  return policy === 'OnFailure' ? exitCode !== 0 : policy !== 'Never';
}

function validateClaimStatuses({resourceClaimStatuses = []}: PodStatus, {resourceClaims = []}: PodSpec, path: FieldPath): FieldError[] {
  return each(resourceClaimStatuses, path, ({name, resourceClaimName}, where, i) =>
    collect(
      !resourceClaims.some(claim => claim.name === name) &&
        invalid(child(where, 'name'), name, 'must match the name of an entry in `spec.resourceClaims`'),
      resourceClaimStatuses.findIndex(other => other.name === name) < i && duplicate(child(where, 'name'), name),
      // told at the name, as the API server does
      resourceClaimName !== undefined && named(resourceClaimName, child(where, 'name'), isDNS1123Subdomain),
    ),
  );
}

function validateExtendedClaim(status: PodExtendedResourceClaimStatus, spec: PodSpec, path: FieldPath): FieldError[] {
  const {resourceClaimName} = status;
  const requestMappings = status.requestMappings ?? [];
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const where = child(path, 'requestMappings');
  const fields = ['containerName', 'resourceName', 'requestName'] as const;
  return collect(
    requestMappings.length === 0 && required(where, 'at least one request mapping is required'),
    each(requestMappings, where, (mapping, itemPath, i) => {
      const container = containers.findLast(({name}) => name === mapping.containerName);
      const repeated = requestMappings.slice(0, i).some(other => fields.every(field => other[field] === mapping[field]));
      return collect(
        !container
          ? invalid(
              child(itemPath, 'containerName'),
              mapping.containerName,
              'must match the name of an entry in spec.initContainers.name or spec.containers.name',
            )
          : container.resources?.requests?.[mapping.resourceName] === undefined &&
              invalid(
                child(itemPath, 'resourceName'),
                mapping.resourceName,
                'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests',
              ),
        named(mapping.requestName, child(path, 'requestName'), isDNS1123Label),
        repeated && fields.map(field => duplicate(child(itemPath, field), mapping[field])),
      );
    }),
    resourceClaimName
      ? named(resourceClaimName, child(path, 'resourceClaimName'), isDNS1123Subdomain)
      : required(child(path, 'resourceClaimName')),
  );
}

type Addresses = {ip?: string}[] | undefined;

function validateIPs(addresses: Addresses, old: Addresses, path: FieldPath): FieldError[] {
  const ips = (addresses ?? []).map(({ip}) => ip ?? '');
  const before = (old ?? []).map(({ip}) => ip ?? '');
  const shown = ips.map(ip => ({IP: ip}));
  return collect(...ips.map((ip, i) => validateLegacyIP(at(path, i), ip, before)), ips.length > 1 && validateFamilies(ips, shown, path));
}

/** Two addresses at most, one of each family. A bad one makes the comparison itself fail. */
export function validateFamilies(ips: readonly string[], shown: Json, path: FieldPath): FieldError[] {
  const families = ips.map(familyOf);
  const bad = families.indexOf(undefined);
  const dual = bad === -1 && new Set(families).size === 2;
  return collect(
    bad !== -1 && {
      type: 'InternalError',
      field: path,
      message: `Internal error: failed to check for dual stack with error:invalid IP[${bad}]: ${ips[bad]}`,
    },
    (!dual || ips.length > 2) && invalid(path, shown, 'may specify no more than one IP for each IP family'),
  );
}

function validateHostIPs({hostIP = '', hostIPs}: PodStatus, old: PodStatus): FieldError[] {
  if (!hostIPs?.length) return [];
  const first = hostIPs[0]!.ip ?? '';
  return collect(
    hostIP !== first && invalid('status.hostIPs[0].ip', first, 'must be equal to `hostIP`'),
    validateIPs(hostIPs, old.hostIPs, 'status.hostIPs'),
  );
}

const validateUsers = (statuses: readonly ContainerStatus[] | undefined, path: FieldPath, spec: PodSpec): FieldError[] =>
  each(statuses, path, ({user}, where) => {
    const os = spec.os?.name ?? 'linux';
    const linux = child(where, 'user', 'linux');
    if (!user?.linux) return false;
    if (os === 'windows') return forbiddenField(linux, 'cannot be set for a windows pod');
    return os === 'linux' && validateLinuxUser(user.linux, linux);
  });

const validateLinuxUser = ({uid, gid, supplementalGroups}: LinuxContainerUser, path: FieldPath): FieldError[] =>
  collect(
    validateID(uid, child(path, 'uid')),
    validateID(gid, child(path, 'gid')),
    each(supplementalGroups, child(path, 'supplementalGroups'), validateID),
  );

const validateID = (id: number, path: FieldPath): FieldError[] => isUserID(id ?? 0).map(message => invalid(path, id ?? 0, message));

const validateAllocated = (
  statuses: readonly ContainerStatus[] | undefined,
  path: FieldPath,
  containers: readonly Container[],
): FieldError[] =>
  each(statuses, path, ({name, allocatedResourcesStatus}, where) =>
    each(allocatedResourcesStatus, child(where, 'allocatedResourcesStatus'), (allocated, at) =>
      collect(
        validateAllocatedName(
          allocated.name ?? '',
          containers.find(container => container.name === name),
          child(at, 'name'),
        ),
        validateHealth(allocated, child(at, 'resources')),
      ),
    ),
  );

function validateAllocatedName(name: string, container: Container | undefined, path: FieldPath): FieldError | false {
  if (!container) return false;
  const {claims = [], requests = {}} = container.resources ?? {};
  if (!name.startsWith('claim:'))
    return requests[name] === undefined && invalid(path, name, "must match one of the container's resource requests");
  const known = claims.map(claim => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`);
  return (
    !known.includes(name) &&
    invalid(
      path,
      name,
      "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty",
    )
  );
}

const HEALTH = ['Healthy', 'Unhealthy', 'Unknown'];

function validateHealth({resources = []}: ResourceStatus, path: FieldPath): FieldError[] {
  return each(resources, path, ({health = '', resourceID, message}, where, i) =>
    collect(
      !HEALTH.includes(health) && notSupported(child(where, 'health'), health, HEALTH),
      message === '' && required(child(where, 'message'), 'must be non-empty if specified'),
      message !== undefined && longerThan(message, 1024) && tooLong(child(where, 'message'), 1024),
      resources.findIndex(other => other.resourceID === resourceID) < i && duplicate(child(where, 'resourceID'), resourceID ?? ''),
    ),
  );
}

const validateVolumeMounts = ({volumeMounts}: ContainerStatus, path: FieldPath): FieldError[] =>
  each(volumeMounts, child(path, 'volumeMounts'), ({volumeStatus}, where) => {
    const image = (volumeStatus as {image?: {imageRef?: string}} | undefined)?.image;
    if (!image) return false;
    const told = child(where, 'volumeStatus', 'imageVolumeStatus', 'imageRef');
    return collect(
      !image.imageRef && required(told, 'imageRef must not be empty'),
      longerThan(image.imageRef ?? '', 256) && tooLong(told, 256),
    );
  });
