import type {
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  ResourceResourceClaim,
  ScopedResourceSelectorRequirement,
  Service,
} from './kinds.generated.ts';
import type {GroupResource, KubeObject} from './object.ts';
import {podResources, type ResourceList} from './pod-resources.ts';
import {compareQuantity, roundUp} from './quantity.ts';
import {parseTime} from './time.ts';

// What objects use of a ResourceQuota (k8s.io/kubernetes/pkg/quota/v1): shared by admission, which charges, and the controller, which
// counts again.

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
/** Resources that had a quota name of their own before `count/…`. */
const COUNTED_BY_NAME = new Set([
  'pods',
  'services',
  'configmaps',
  'secrets',
  'replicationcontrollers',
  'resourcequotas',
  'persistentvolumeclaims',
]);

/** What one object uses, by quota name. `now` in milliseconds since the epoch: pods past their grace do not count. */
export function quotaUsage(resource: GroupResource, object: KubeObject, now: number): ResourceList {
  const isCore = resource.group === '';
  const usage: ResourceList = {[`count/${resource.resource}${isCore ? '' : `.${resource.group}`}`]: '1'};
  if (resource.group === 'resource.k8s.io' && resource.resource === 'resourceclaims')
    return {...usage, ...deviceUsage(object as unknown as ResourceResourceClaim)};
  if (!isCore) return usage;
  if (resource.resource === 'pods') return {...usage, ...podUsage(object as unknown as Pod, now)};
  if (COUNTED_BY_NAME.has(resource.resource)) usage[resource.resource] = '1';
  if (resource.resource === 'services') return {...usage, ...serviceUsage(object as unknown as Service)};
  if (resource.resource === 'persistentvolumeclaims') return {...usage, ...claimUsage(object as unknown as PersistentVolumeClaim)};
  return usage;
}

/** Does a pod count: neither finished nor past the end of its grace? */
export function countsForQuota({metadata, status}: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  const {deletionTimestamp, deletionGracePeriodSeconds} = metadata;
  return (
    !deletionTimestamp ||
    deletionGracePeriodSeconds === undefined ||
    now <= parseTime(deletionTimestamp) + deletionGracePeriodSeconds * 1000
  );
}

function podUsage(pod: Pod, now: number): ResourceList {
  if (!countsForQuota(pod, now)) return {};
  const usage: ResourceList = {pods: '1'};
  for (const [name, quantity] of Object.entries(podResources(pod, 'requests'))) {
    usage[`requests.${name}`] = quantity;
    if (COMPUTE.includes(name) || name.startsWith('hugepages-')) usage[name] = quantity;
  }
  for (const [name, quantity] of Object.entries(podResources(pod, 'limits')))
    if (COMPUTE.includes(name)) usage[`limits.${name}`] = quantity;
  return usage;
}

function serviceUsage({spec}: Service): ResourceList {
  const ports = spec?.ports?.length ?? 0;
  const isBalanced = spec?.type === 'LoadBalancer';
  const allocated =
    isBalanced && spec.allocateLoadBalancerNodePorts === false ? (spec.ports ?? []).filter(({nodePort}) => nodePort).length : ports;
  const nodePorts = spec?.type === 'NodePort' ? ports : isBalanced ? allocated : 0;
  return {'services.nodeports': String(nodePorts), 'services.loadbalancers': isBalanced ? '1' : '0'};
}

/** What a claim asks for, or has got already where that is more, in whole bytes. */
function claimedStorage({spec, status}: PersistentVolumeClaim): string | undefined {
  const asked = spec?.resources?.requests?.storage as string | undefined;
  const got = status?.allocatedResources?.storage as string | undefined;
  if (asked === undefined) return undefined;
  return roundUp(got !== undefined && compareQuantity(got, asked) > 0 ? got : asked);
}

function claimUsage(claim: PersistentVolumeClaim): ResourceList {
  const {spec, metadata} = claim;
  const usage: ResourceList = {};
  const storage = claimedStorage(claim);
  if (storage !== undefined) usage['requests.storage'] = storage;
  const storageClass = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName;
  if (!storageClass) return usage;
  const suffix = '.storageclass.storage.k8s.io';
  usage[`${storageClass}${suffix}/persistentvolumeclaims`] = '1';
  if (storage !== undefined) usage[`${storageClass}${suffix}/requests.storage`] = storage;
  return usage;
}

const DEVICES = '.deviceclass.resource.k8s.io/devices';
/** As many devices a claim may get (resource.k8s.io, AllocationResultsMaxSize). */
const MOST_DEVICES = 32;

/** Devices by class: of alternatives the most that may be given. */
function deviceUsage({spec}: ResourceResourceClaim): ResourceList {
  const counts = new Map<string, number>();
  for (const {exactly, firstAvailable = []} of spec.devices?.requests ?? []) {
    const most = new Map<string, number>();
    for (const {deviceClassName, allocationMode, count = 1} of exactly ? [exactly] : firstAvailable) {
      const devices = allocationMode === 'All' ? MOST_DEVICES : count;
      most.set(deviceClassName, Math.max(most.get(deviceClassName) ?? 0, devices));
    }
    for (const [name, devices] of most) counts.set(name, (counts.get(name) ?? 0) + devices);
  }
  return Object.fromEntries([...counts].map(([name, devices]) => [`${name}${DEVICES}`, String(devices)]));
}

/** Is the object within the quota's scopes? Only pods have some, and claims one. */
export function isInScopes({spec}: ResourceQuota, resource: GroupResource, object: KubeObject): boolean {
  const requirements: ScopedResourceSelectorRequirement[] = [
    ...(spec?.scopes ?? []).map(scopeName => ({scopeName, operator: 'Exists'})),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  if (requirements.length === 0) return true;
  if (resource.group === '' && resource.resource === 'pods')
    return requirements.every(each => isPodInScope(object as unknown as Pod, each));
  if (resource.group !== '' || resource.resource !== 'persistentvolumeclaims') return false;
  const names = attributesClasses(object as unknown as PersistentVolumeClaim);
  return requirements.every(each => each.scopeName === 'VolumeAttributesClass' && names.some(name => matchesName(each, name)));
}

/** The class a claim wants, the one it has and the one it is on its way to; nothing if there is none. */
function attributesClasses({spec, status}: PersistentVolumeClaim): (string | undefined)[] {
  const {currentVolumeAttributesClassName, modifyVolumeStatus} = status ?? {};
  const all = [spec?.volumeAttributesClassName, currentVolumeAttributesClassName, modifyVolumeStatus?.targetVolumeAttributesClassName];
  const named = all.filter(name => name);
  return named.length === 0 ? [undefined] : named;
}

function isPodInScope({spec, status}: Pod, requirement: ScopedResourceSelectorRequirement): boolean {
  const isTerminating = spec?.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating;
    case 'NotTerminating':
      return !isTerminating;
    case 'BestEffort':
      return status?.qosClass === 'BestEffort';
    case 'NotBestEffort':
      return status?.qosClass !== 'BestEffort';
    case 'PriorityClass':
      return matchesName(requirement, spec?.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(spec);
    default:
      return false;
  }
}

function matchesName({operator, values = []}: ScopedResourceSelectorRequirement, name: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return Boolean(name);
    case 'DoesNotExist':
      return !name;
    case 'In':
      return name !== undefined && values.includes(name);
    default:
      return name === undefined || !values.includes(name);
  }
}

function usesOtherNamespaces(spec: Pod['spec']): boolean {
  const {podAffinity, podAntiAffinity} = spec?.affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap(affinity => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({podAffinityTerm}) => podAffinityTerm),
  ]);
  return terms.some(({namespaces, namespaceSelector}) => (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined);
}

/** Of which resource a quota name counts objects; undefined: of none that is known. */
export function resourceOfQuota(name: string): GroupResource | undefined {
  if (name.startsWith('count/')) {
    const [resource = '', ...group] = name.slice('count/'.length).split('.');
    return {group: group.join('.'), resource};
  }
  if (name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')) return {group: '', resource: 'persistentvolumeclaims'};
  if (name.endsWith(DEVICES)) return {group: 'resource.k8s.io', resource: 'resourceclaims'};
  if (name.startsWith('services.')) return {group: '', resource: 'services'};
  if (COUNTED_BY_NAME.has(name)) return {group: '', resource: name};
  const isCompute = COMPUTE.includes(name) || name.startsWith('requests.') || name.startsWith('limits.') || name.startsWith('hugepages-');
  return isCompute ? {group: '', resource: 'pods'} : undefined;
}
