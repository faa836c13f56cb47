import type {FieldError, FieldPath} from '../../../api/field.ts';
import {child, duplicate, forbiddenField, invalid, notFoundField, notSupported, required} from '../../../api/field.ts';
import type {Json} from '../../../api/json.ts';
import type {LocalObjectReference, PodResourceClaim, PodSpec} from '../../../api/kinds.generated.ts';
import {isDNS1123Label, isDNS1123Subdomain, isQualifiedName, rangeMessage} from '../../../api/names.ts';
import {collect, each, named, validateLabels} from '../../rules.ts';
import type {ContainerContext} from './containers.ts';
import {validateContainers, validateEphemeralContainers, validateInitContainers} from './containers.ts';
import {validateDNSConfig, validateHostAliases, validateHostNetworkPorts, validateHostnameOverride} from './network.ts';
import type {PodOptions} from './options.ts';
import {validateHostProcess, validateOS} from './os.ts';
import {validateContainerResources, validatePodResources} from './resources.ts';
import {validateAffinity, validateSchedulingGates, validateTolerations, validateTopologySpread} from './scheduling.ts';
import {containersWithPaths, validateHostUsers, validatePodSecurityContext} from './security.ts';
import {validateVolumes} from './volumes.ts';

/** Rules of a pod's spec, in pods and in templates (ValidatePodSpec). */
export function validatePodSpec(spec: PodSpec, path: FieldPath, options: PodOptions): FieldError[] {
  const [volumes, volumeErrors] = validateVolumes(spec.volumes, child(path, 'volumes'), options);
  const context: ContainerContext = {
    volumes,
    claims: new Set((spec.resourceClaims ?? []).map(({name}) => name).filter(Boolean)),
    gracePeriod: spec.terminationGracePeriodSeconds,
    restartPolicy: spec.restartPolicy ?? '',
    hostUsers: spec.hostUsers !== false,
    options,
  };
  const normal = spec.containers ? spec : {...spec, containers: []};
  return collect(
    volumeErrors,
    validateClaims(spec.resourceClaims, child(path, 'resourceClaims'), options),
    validateContainers(normal.containers, child(path, 'containers'), context),
    validateInitContainers(normal, child(path, 'initContainers'), context),
    validateEphemeralContainers(normal, child(path, 'ephemeralContainers'), context),
    validatePodResources(normal, context.claims, child(path, 'resources'), options),
    validateHostNetworkPorts(normal, child(path, 'containers'), options),
    chosen(spec.restartPolicy, child(path, 'restartPolicy'), ['Always', 'OnFailure', 'Never']),
    chosen(spec.dnsPolicy, child(path, 'dnsPolicy'), ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
    spec.nodeSelector && validateLabels(spec.nodeSelector, child(path, 'nodeSelector')),
    validatePodSecurityContext(spec, child(path, 'securityContext'), options),
    each(spec.imagePullSecrets, child(path, 'imagePullSecrets'), onlyName),
    validateAffinity(spec.affinity, child(path, 'affinity'), options),
    validateDNSConfig(spec, child(path, 'dnsConfig')),
    each(spec.readinessGates, child(path, 'readinessGates'), ({conditionType}, where) =>
      named(conditionType, child(where, 'conditionType'), isQualifiedName),
    ),
    validateSchedulingGates(spec.schedulingGates, child(path, 'schedulingGates')),
    validateTopologySpread(spec.topologySpreadConstraints, child(path, 'topologySpreadConstraints'), options),
    validateHostProcess(normal, path),
    validateHostUsers(normal, path, options),
    validateHostnameOverride(spec, path),
    validateNamesAndRest(spec, path, options),
    validateOS(normal, path),
    validateFileKeyVolumes(normal, path),
  );
}

const MAX_INT32 = 2147483647;

const validateNamesAndRest = (spec: PodSpec, path: FieldPath, options: PodOptions): FieldError[] =>
  collect(
    spec.serviceAccountName && named(spec.serviceAccountName, child(path, 'serviceAccountName'), isDNS1123Subdomain),
    spec.nodeName && named(spec.nodeName, child(path, 'nodeName'), isDNS1123Subdomain),
    validateDeadline(spec.activeDeadlineSeconds, child(path, 'activeDeadlineSeconds')),
    spec.hostname && named(spec.hostname, child(path, 'hostname'), isDNS1123Label),
    spec.subdomain && named(spec.subdomain, child(path, 'subdomain'), isDNS1123Label),
    validateTolerations(spec.tolerations, child(path, 'tolerations')),
    validateHostAliases(spec.hostAliases, child(path, 'hostAliases')),
    spec.priorityClassName && named(spec.priorityClassName, child(path, 'priorityClassName'), isDNS1123Subdomain),
    spec.runtimeClassName !== undefined && named(spec.runtimeClassName, child(path, 'runtimeClassName'), isDNS1123Subdomain),
    spec.preemptionPolicy !== undefined &&
      chosen(spec.preemptionPolicy, child(path, 'preemptionPolicy'), ['PreemptLowerPriority', 'Never']),
    spec.overhead && validateContainerResources({limits: spec.overhead}, new Set(), child(path, 'overhead'), options),
  );

/** `activeDeadlineSeconds` of a pod. */
export const validateDeadline = (seconds: number | undefined, path: FieldPath): FieldError | false =>
  seconds !== undefined && (seconds < 1 || seconds > MAX_INT32) && invalid(path, seconds, rangeMessage(1, MAX_INT32));

const chosen = (value: string | undefined, path: FieldPath, supported: readonly string[]): FieldError | false =>
  !value ? required(path) : !supported.includes(value) && notSupported(path, value, supported);

const onlyName = (reference: LocalObjectReference, path: FieldPath): FieldError | false =>
  Object.keys(reference).some(key => key !== 'name') && invalid(path, reference as Json, 'only name may be set');

const MIRROR = 'kubernetes.io/config.mirror';

function validateClaims(claims: readonly PodResourceClaim[] | undefined, path: FieldPath, {annotations}: PodOptions): FieldError[] {
  const names = new Set<string>();
  return each(claims, path, (claim, where) => {
    if (annotations?.[MIRROR] !== undefined) return forbiddenField('', 'static pods do not support resource claims');
    const {name, resourceClaimName, resourceClaimTemplateName} = claim;
    const repeated = names.has(name);
    if (name) names.add(name);
    const shown = {
      Name: name ?? '',
      ResourceClaimName: resourceClaimName ?? null,
      ResourceClaimTemplateName: resourceClaimTemplateName ?? null,
    };
    return collect(
      !name
        ? required(child(where, 'name'))
        : repeated
          ? duplicate(child(where, 'name'), name)
          : named(name, child(where, 'name'), isDNS1123Label),
      resourceClaimName !== undefined &&
        resourceClaimTemplateName !== undefined &&
        invalid(where, shown, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'),
      resourceClaimName === undefined &&
        resourceClaimTemplateName === undefined &&
        invalid(where, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'),
      resourceClaimName !== undefined && named(resourceClaimName, child(where, 'resourceClaimName'), isDNS1123Subdomain),
      resourceClaimTemplateName !== undefined &&
        named(resourceClaimTemplateName, child(where, 'resourceClaimTemplateName'), isDNS1123Subdomain),
    );
  });
}

/** Files with variables lie in emptyDir volumes. */
function validateFileKeyVolumes(spec: PodSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [container, where] of containersWithPaths(spec, path)) {
    errors.push(
      ...each(container.env, child(where, 'env'), ({valueFrom}, at) => {
        const name = valueFrom?.fileKeyRef?.volumeName;
        if (!valueFrom?.fileKeyRef) return false;
        const volume = spec.volumes?.findLast(each => each.name === (name ?? ''));
        const told = child(at, 'valueFrom', 'fileKeyRef', 'volumeName');
        if (!volume) return notFoundField(told, name ?? '');
        return !volume.emptyDir && invalid(told, name ?? '', 'referenced volume must be of type emptyDir');
      }),
    );
  }
  return errors;
}
