import type {FieldPath} from '../../../api/field.ts';
import {at, child} from '../../../api/field.ts';
import {warningsForIP} from '../../../api/ip.ts';
import type {
  Container,
  ContainerPort,
  NodeSelectorTerm,
  Pod,
  PodAffinity,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from '../../../api/kinds.generated.ts';
import {isDNS1123Label, isLabelValue} from '../../../api/names.ts';
import {isWhole} from '../../../api/quantity.ts';
import {deprecatedNodeLabel} from '../node-labels.ts';
import {claimSpecWarnings} from '../persistentvolumeclaim-spec.ts';
import {APPARMOR_PREFIX} from './annotations.ts';
import {overlapWarnings} from './overlaps.ts';
import {containersWithPaths} from './security.ts';

type Annotations = {readonly [key: string]: string};

/** Warnings about a new pod (pkg/api/pod/warnings.go). */
export function podWarnings({metadata, spec}: Pod): string[] {
  const bad = isDNS1123Label(metadata.name ?? '');
  const recommended = "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended";
  return [
    ...(bad.length > 0 ? [`metadata.name: ${recommended}: [${bad.join(' ')}]`] : []),
    ...specWarnings(spec, metadata.annotations ?? {}, ''),
  ];
}

/** Warnings about a pod template below `path`, whether it has changed or not. */
export const podTemplateWarnings = (template: PodTemplateSpec, path: FieldPath, _old?: PodTemplateSpec): string[] =>
  template.spec ? specWarnings(template.spec, template.metadata?.annotations ?? {}, path) : [];

const DEPRECATED_ANNOTATIONS: Annotations = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

const NO_SELECTOR = 'a null labelSelector results in matching no pod';

function specWarnings(spec: PodSpec, annotations: Annotations, path: FieldPath): string[] {
  const below = child(path, 'spec');
  return [
    ...schedulingWarnings(spec, below),
    ...Object.entries(DEPRECATED_ANNOTATIONS)
      .filter(([key]) => annotations[key] !== undefined)
      .map(([key, message]) => `${at(child(path, 'metadata', 'annotations'), key)}: ${message}`),
    ...(spec.volumes ?? []).flatMap((volume, i) => volumeWarnings(volume, at(child(below, 'volumes'), i))),
    ...(spec.volumes ?? []).flatMap(overlapWarnings),
    ...repeatedWarnings(
      (spec.hostAliases ?? []).map(({ip}) => ip),
      child(below, 'hostAliases'),
      'ip',
    ),
    ...repeatedWarnings(
      (spec.imagePullSecrets ?? []).map(({name}) => name ?? ''),
      child(below, 'imagePullSecrets'),
      'name',
    ),
    ...(spec.imagePullSecrets ?? []).flatMap(({name}, i) =>
      name ? [] : [`${child(at(child(below, 'imagePullSecrets'), i), 'name')}: invalid empty name ""`],
    ),
    ...fractionWarnings(spec.overhead, child(below, 'overhead')),
    ...seccompWarning(!spec.securityContext?.seccompProfile, 'seccomp.security.alpha.kubernetes.io/pod', annotations, path),
    ...[...containersWithPaths(spec, below)].flatMap(([container, where]) => containerWarnings(container, where, spec, annotations, path)),
    ...portWarnings(spec, below),
    ...portNameWarnings(spec, below),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${child(below, 'terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(spec.affinity?.podAffinity, child(below, 'affinity', 'podAffinity')),
    ...affinityWarnings(spec.affinity?.podAntiAffinity, child(below, 'affinity', 'podAntiAffinity')),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, i) => warningsForIP(at(child(below, 'dnsConfig', 'nameservers'), i), ip)),
    ...(spec.hostAliases ?? []).flatMap(({ip}, i) => warningsForIP(child(at(child(below, 'hostAliases'), i), 'ip'), ip ?? '')),
  ];
}

function schedulingWarnings(spec: PodSpec, path: FieldPath): string[] {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const affinity = spec.affinity?.nodeAffinity;
  const where = child(path, 'affinity', 'nodeAffinity');
  const told = (label: string, at: FieldPath, named = false): string[] => {
    const message = deprecatedNodeLabel(label);
    return message === undefined ? [] : [named ? `${at}: ${label} is ${message}` : `${at}: ${message}`];
  };
  const ofTerm = (term: NodeSelectorTerm, at_: FieldPath, checksValues = false): string[] =>
    (term.matchExpressions ?? []).flatMap(({key, values}, i) => {
      const expression = at(child(at_, 'matchExpressions'), i);
      return [
        ...told(key, child(expression, 'key'), true),
        ...(checksValues ? (values ?? []) : []).flatMap((value, j) =>
          isLabelValue(value).map(message => `${at(child(expression, 'values'), j)}: ${value} is invalid, ${message}`),
        ),
      ];
    });
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap(key => told(key, at(child(path, 'nodeSelector'), key))),
    ...(affinity?.[required]?.nodeSelectorTerms ?? []).flatMap((term, i) =>
      ofTerm(term, at(child(where, required, 'nodeSelectorTerms'), i)),
    ),
    ...(affinity?.[preferred] ?? []).flatMap((term, i) =>
      ofTerm(term.preference, child(at(child(where, preferred), i), 'preference'), true),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({topologyKey, labelSelector}, i) => {
      const constraint = at(child(path, 'topologySpreadConstraints'), i);
      return [
        ...told(topologyKey, child(constraint, 'topologyKey'), true),
        ...(labelSelector ? [] : [`${child(constraint, 'labelSelector')}: ${NO_SELECTOR}`]),
      ];
    }),
  ];
}

const DEPRECATED_VOLUMES: readonly [keyof Volume, string, string?][] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

const volumeWarnings = (volume: Volume, path: FieldPath): string[] => [
  ...DEPRECATED_VOLUMES.flatMap(([source, message, told]) =>
    volume[source] === undefined ? [] : [`${child(path, told ?? source)}: ${message}`],
  ),
  ...(volume.ephemeral?.volumeClaimTemplate
    ? claimSpecWarnings(volume.ephemeral.volumeClaimTemplate.spec, child(path, 'ephemeral', 'volumeClaimTemplate', 'spec'))
    : []),
];

const repeatedWarnings = (values: readonly (string | undefined)[], path: FieldPath, field: string): string[] =>
  values.flatMap((value, i) =>
    values.indexOf(value) < i ? [`${child(at(path, i), field)}: duplicate ${field} ${JSON.stringify(value ?? '')}`] : [],
  );

/** Bytes come whole. */
const fractionWarnings = (list: {[name: string]: string} | undefined, path: FieldPath, names = ['memory', 'ephemeral-storage']): string[] =>
  names
    .filter(name => list?.[name] !== undefined && !isWhole(list[name]))
    .map(name => `${at(path, name)}: fractional byte value ${JSON.stringify(list![name])} is invalid, must be an integer`);

const seccompWarning = (fieldIsMissing: boolean, key: string, annotations: Annotations, path: FieldPath): string[] =>
  fieldIsMissing && annotations[key] !== undefined
    ? [`${at(child(path, 'metadata', 'annotations'), key)}: non-functional in v1.27+; use the "seccompProfile" field instead`]
    : [];

function containerWarnings(container: Container, path: FieldPath, spec: PodSpec, annotations: Annotations, root: FieldPath): string[] {
  const {name, resources, securityContext} = container;
  const key = APPARMOR_PREFIX + name;
  const appArmor =
    root !== '' && !securityContext?.appArmorProfile && annotations[key] !== undefined && !spec.securityContext?.appArmorProfile;
  const [limits, requests] = [child(path, 'resources', 'limits'), child(path, 'resources', 'requests')];
  return [
    ...seccompWarning(!securityContext?.seccompProfile, `container.seccomp.security.alpha.kubernetes.io/${name}`, annotations, root),
    ...(appArmor
      ? [`${at(child(root, 'metadata', 'annotations'), key)}: deprecated since v1.30; use the "appArmorProfile" field instead`]
      : []),
    ...['memory', 'ephemeral-storage'].flatMap(resource => [
      ...fractionWarnings(resources?.limits, limits, [resource]),
      ...fractionWarnings(resources?.requests, requests, [resource]),
    ]),
    ...envWarnings(container, path),
  ];
}

/** A variable that is set twice, unless the second value is made from the first. */
function envWarnings({env = []}: Container, path: FieldPath): string[] {
  return env.flatMap(({name, value = '', valueFrom}, i) => {
    if (env.findIndex(other => other.name === name) === i) return [];
    const reference = `$(${name})`;
    if (!valueFrom && value !== reference && value.includes(reference)) return [];
    return [`${at(child(path, 'env'), i)}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`];
  });
}

type KnownPort = {path: FieldPath; port: ContainerPort};

function portWarnings(spec: PodSpec, path: FieldPath): string[] {
  const warnings: string[] = [];
  const known = new Map<string, KnownPort[]>();
  for (const [container, containerPath] of containersWithPaths(spec, path)) {
    (container.ports ?? []).forEach((port, i) => {
      const where = at(child(containerPath, 'ports'), i);
      if (port.hostIP && !port.hostPort) warnings.push(`${where}: hostIP set without hostPort: ${goPort(port)}`);
      const key = `${port.containerPort}/${port.protocol}`;
      const others = known.get(key) ?? [];
      for (const other of others) {
        const clash = portClash(port, other.port);
        if (clash) warnings.push(`${where}: ${clash} port definition with ${other.path}`);
      }
      known.set(key, [...others, {path: where, port}]);
    });
  }
  return warnings;
}

function portClash(a: ContainerPort, b: ContainerPort): string | undefined {
  const [ipA, ipB, portA, portB] = [a.hostIP ?? '', b.hostIP ?? '', a.hostPort ?? 0, b.hostPort ?? 0];
  if (ipA === ipB && portA === portB) return 'duplicate';
  if (portA === 0 || portB === 0) return 'overlapping';
  return portA === portB && (ipA === '') !== (ipB === '') ? 'dangerously ambiguous' : undefined;
}

/** As Go prints the struct with %+v. */
const goPort = ({name = '', hostPort = 0, containerPort, protocol = '', hostIP = ''}: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;

function portNameWarnings(spec: PodSpec, path: FieldPath): string[] {
  const known = new Map<string, FieldPath>();
  const warnings: string[] = [];
  for (const [container, containerPath] of containersWithPaths(spec, path)) {
    (container.ports ?? []).forEach(({name}, i) => {
      if (!name) return;
      const where = at(child(containerPath, 'ports'), i);
      const other = known.get(name);
      if (other === undefined) known.set(name, where);
      else {
        const use = `services and probes that select ports by name will use ${other}`;
        warnings.push(`${where}: duplicate port name ${JSON.stringify(name)} with ${other}, ${use}`);
      }
    });
  }
  return warnings;
}

function affinityWarnings(affinity: PodAffinity | undefined, path: FieldPath): string[] {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  return [
    ...(affinity?.[required] ?? []).flatMap(({labelSelector}, i) =>
      labelSelector ? [] : [`${child(at(child(path, required), i), 'labelSelector')}: ${NO_SELECTOR}`],
    ),
    ...(affinity?.[preferred] ?? []).flatMap(({podAffinityTerm}, i) =>
      podAffinityTerm?.labelSelector ? [] : [`${child(at(child(path, preferred), i), 'podAffinityTerm', 'labelSelector')}: ${NO_SELECTOR}`],
    ),
  ];
}
