import type {FieldError, FieldPath} from '../../../api/field.ts';
import {at, child, duplicate, forbiddenField, invalid, notFoundField, notSupported, required, tooMany} from '../../../api/field.ts';
import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
} from '../../../api/kinds.generated.ts';
import {isDNS1123Label, isPortName, isPortNumber} from '../../../api/names.ts';
import type {Findings} from '../../rules.ts';
import {collect, each, named, requiredName} from '../../rules.ts';
import {validateEnv, validateEnvFrom} from './env.ts';
import {validateDevices, validateMounts} from './mounts.ts';
import type {PodOptions} from './options.ts';
import {isSidecar} from './pod-resources.ts';
import type {HandlerContext} from './probes.ts';
import {validateLifecycle, validateLivenessProbe, validateReadinessProbe} from './probes.ts';
import type {ClaimNames} from './resources.ts';
import {validateContainerResources} from './resources.ts';
import {validateSecurityContext} from './security.ts';
import type {VolumeIndex} from './volumes.ts';

/** What rules of containers have to know of their pod. */
export interface ContainerContext extends HandlerContext {
  readonly volumes: VolumeIndex;
  readonly claims: ClaimNames;
  readonly restartPolicy: string;
  readonly hostUsers: boolean;
  readonly options: PodOptions;
}

/** `spec.containers`. */
export function validateContainers(containers: readonly Container[], path: FieldPath, context: ContainerContext): FieldError[] {
  if (containers.length === 0) return [required(path)];
  const names = new Set<string>();
  const errors: FieldError[] = [];
  containers.forEach((container, i) => {
    const where = at(path, i);
    errors.push(...validateCommon(container, where, context));
    if (names.has(container.name)) errors.push(duplicate(child(where, 'name'), container.name ?? ''));
    names.add(container.name);
    errors.push(...validateLife(container, where, context), ...validateRestartRules(container, where));
  });
  errors.push(...validateHostPorts(containers, path));
  return errors;
}

/** `spec.initContainers`: only sidecars (restartPolicy Always) have a life beyond running to their end. */
export function validateInitContainers(spec: PodSpec, path: FieldPath, context: ContainerContext): FieldError[] {
  const names = new Set(spec.containers.map(({name}) => name));
  return each(spec.initContainers, path, (container, where) => {
    const repeated = names.has(container.name);
    if (container.name) names.add(container.name);
    return collect(
      validateCommon(container, where, context),
      validateInitRestartRules(container, where),
      repeated && duplicate(child(where, 'name'), container.name ?? ''),
      validateHostPorts([container], path),
      isSidecar(container) ? validateLife(container, where, context) : validateNoLife(container, where, context),
    );
  });
}

const LIFE = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

const validateNoLife = (container: Container, path: FieldPath, {options}: ContainerContext): FieldError[] =>
  collect(
    ...LIFE.map(
      field =>
        container[field] !== undefined &&
        forbiddenField(child(path, field), 'may not be set for init containers without restartPolicy=Always'),
    ),
    !options.allowRestartContainerForInit &&
      each(container.resizePolicy, child(path, 'resizePolicy'), ({restartPolicy}, where) => {
        if (restartPolicy !== 'RestartContainer') return false;
        const message = "must not be set to 'RestartContainer' for non-sidecar initContainers";
        return invalid(child(where, 'restartPolicy'), restartPolicy, message);
      }),
  );

const validateLife = (container: Container, path: FieldPath, context: ContainerContext): FieldError[] =>
  collect(
    container.lifecycle && validateLifecycle(container.lifecycle, child(path, 'lifecycle'), context),
    validateLivenessProbe(container.livenessProbe, child(path, 'livenessProbe'), context),
    validateReadinessProbe(container.readinessProbe, child(path, 'readinessProbe'), context),
    validateLivenessProbe(container.startupProbe, child(path, 'startupProbe'), context),
  );

const NOT_EPHEMERAL = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

/** Defaults leave empty resources behind. */
const isGiven = (container: EphemeralContainer, field: (typeof NOT_EPHEMERAL)[number]): boolean =>
  field === 'resources' ? Object.keys(container.resources ?? {}).length > 0 : container[field] !== undefined;

/** `spec.ephemeralContainers`, which have to do without much. */
export function validateEphemeralContainers(spec: PodSpec, path: FieldPath, context: ContainerContext): FieldError[] {
  if (!spec.ephemeralContainers?.length) return [];
  const others = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({name}) => name));
  const names = new Set(others);
  const message = 'cannot be set for an Ephemeral Container';
  return each(spec.ephemeralContainers, path, (container, where) => {
    const {targetContainerName, volumeMounts} = container;
    const repeated = names.has(container.name);
    names.add(container.name);
    return collect(
      validateCommon(container, where, context),
      validateImageSpaces(container, where),
      repeated && duplicate(child(where, 'name'), container.name ?? ''),
      targetContainerName && !others.has(targetContainerName) && notFoundField(child(where, 'targetContainerName'), targetContainerName),
      ...NOT_EPHEMERAL.map(field => isGiven(container, field) && forbiddenField(child(where, field), message)),
      each(volumeMounts, child(where, 'volumeMounts'), ({subPath, subPathExpr}, mount) =>
        collect(
          subPath && forbiddenField(child(mount, 'subPath'), message),
          subPathExpr && forbiddenField(child(mount, 'subPathExpr'), message),
        ),
      ),
    );
  });
}

/** Spaces around an image's name are a mistake in pods; templates have always taken them. */
export const validateImageSpaces = ({image = ''}: Container | EphemeralContainer, path: FieldPath): FieldError[] =>
  image.trim() === image ? [] : [invalid(child(path, 'image'), image, 'must not have leading or trailing whitespace')];

const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];

function validateCommon(container: Container | EphemeralContainer, path: FieldPath, context: ContainerContext): FieldError[] {
  const {name, image, terminationMessagePolicy, imagePullPolicy, ports, env, envFrom, resources, resizePolicy} = container;
  const {volumes, claims, options, restartPolicy, hostUsers} = context;
  return collect(
    requiredName(name, child(path, 'name'), isDNS1123Label),
    !image && required(child(path, 'image')),
    requiredFrom(terminationMessagePolicy, child(path, 'terminationMessagePolicy'), MESSAGE_POLICIES),
    ports && validatePorts(ports, child(path, 'ports')),
    env && validateEnv(env, child(path, 'env')),
    envFrom && validateEnvFrom(envFrom, child(path, 'envFrom')),
    container.volumeMounts && validateMounts(container, volumes, child(path, 'volumeMounts')),
    container.volumeDevices && validateDevices(container, volumes, child(path, 'volumeDevices')),
    validatePullPolicy(imagePullPolicy, child(path, 'imagePullPolicy')),
    resources && validateContainerResources(resources, claims, child(path, 'resources'), options),
    resizePolicy && validateResizePolicy(resizePolicy, child(path, 'resizePolicy'), restartPolicy),
    validateSecurityContext(container.securityContext, child(path, 'securityContext'), hostUsers),
  );
}

const requiredFrom = (value: string | undefined, path: FieldPath, supported: readonly string[]): FieldError | false =>
  !value ? required(path) : !supported.includes(value) && notSupported(path, value, supported);

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

export const validatePullPolicy = (policy: string | undefined, path: FieldPath): Findings => requiredFrom(policy, path, PULL_POLICIES);

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function validatePorts(ports: readonly ContainerPort[], path: FieldPath): FieldError[] {
  const names = new Set<string>();
  return each(ports, path, ({name, containerPort = 0, hostPort = 0, protocol}, where) => {
    const badName = name ? named(name, child(where, 'name'), isPortName) : [];
    const repeated = name && badName.length === 0 && names.has(name);
    if (name && badName.length === 0) names.add(name);
    return collect(
      badName,
      repeated && duplicate(child(where, 'name'), name),
      containerPort === 0 ? required(child(where, 'containerPort')) : validateNumber(containerPort, child(where, 'containerPort')),
      hostPort !== 0 && validateNumber(hostPort, child(where, 'hostPort')),
      requiredFrom(protocol, child(where, 'protocol'), PROTOCOLS),
    );
  });
}

const validateNumber = (port: number, path: FieldPath): FieldError[] => isPortNumber(port).map(message => invalid(path, port, message));

/** No two containers have the same port of the host. */
function validateHostPorts(containers: readonly Container[], path: FieldPath): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, i) =>
    each(container.ports, child(at(path, i), 'ports'), ({hostPort = 0, hostIP = '', protocol = ''}, where) => {
      if (hostPort === 0) return false;
      const port = `${protocol}/${hostIP}/${hostPort}`;
      const repeated = taken.has(port);
      taken.add(port);
      return repeated && duplicate(child(where, 'hostPort'), port);
    }),
  );
}

const RESIZABLE = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

// All but repetitions are told at the list.
function validateResizePolicy(policies: readonly ContainerResizePolicy[], path: FieldPath, restartPolicy: string): FieldError[] {
  return collect(
    ...policies.map((policy, i) =>
      collect(
        policies.findIndex(other => other.resourceName === policy.resourceName) < i && duplicate(at(path, i), policy.resourceName ?? ''),
        requiredFrom(policy.resourceName, path, RESIZABLE),
        requiredFrom(policy.restartPolicy, path, RESIZE_POLICIES),
        restartPolicy === 'Never' &&
          policy.restartPolicy !== 'NotRequired' &&
          invalid(path, policy.restartPolicy ?? '', "must be 'NotRequired' when pod `restartPolicy` is 'Never'"),
      ),
    ),
  );
}

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const RESTART_ACTIONS = ['Restart', 'RestartAllContainers'];

function validateRestartRules({restartPolicy, restartPolicyRules: rules = []}: Container, path: FieldPath): FieldError[] {
  const policyPath = child(path, 'restartPolicy');
  return collect(
    restartPolicy === undefined
      ? rules.length > 0 && required(policyPath, 'must specify restartPolicy when restart rules are used')
      : !RESTART_POLICIES.includes(restartPolicy) && notSupported(policyPath, restartPolicy, RESTART_POLICIES),
    validateRules(rules, path),
  );
}

/** As of other containers, but that rules without a policy are not looked at. */
const validateInitRestartRules = (container: Container, path: FieldPath): FieldError[] =>
  validateRestartRules(container, path).slice(0, container.restartPolicy === undefined ? 1 : undefined);

const validateRules = (rules: readonly ContainerRestartRule[], path: FieldPath): FieldError[] =>
  collect(
    rules.length > 20 && tooMany(child(path, 'restartPolicyRules'), rules.length, 20),
    each(rules, child(path, 'restartPolicyRules'), ({action = '', exitCodes}, where) => {
      const codes = child(where, 'exitCodes');
      return collect(
        !RESTART_ACTIONS.includes(action) && notSupported(child(where, 'action'), action, RESTART_ACTIONS),
        !exitCodes && required(codes, 'must be specified'),
        exitCodes &&
          !['In', 'NotIn'].includes(exitCodes.operator) &&
          notSupported(child(codes, 'operator'), exitCodes.operator ?? '', ['In', 'NotIn']),
        (exitCodes?.values?.length ?? 0) > 255 && tooMany(child(codes, 'values'), exitCodes!.values!.length, 255),
      );
    }),
  );
