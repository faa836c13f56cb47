import type {DeleteOptions} from '../../../api/client.ts';
import {warningsForIP} from '../../../api/ip.ts';
import type {LabelSelector, Pod, PodAffinity, PodAffinityTerm, PodSpec, PodStatus} from '../../../api/kinds.generated.ts';
import type {KubeObject} from '../../../api/object.ts';
import {formatTime} from '../../../api/time.ts';
import type {Strategy} from '../../resource.ts';
import {APPARMOR_PREFIX} from './annotations.ts';
import {validateNewPod} from './body.ts';
import {defaultPod, syncServiceAccount} from './defaults.ts';
import {keepEphemeralContainersOnly, validateEphemeralContainersUpdate} from './ephemeral.ts';
import {podQualityOfService} from './qos.ts';
import {keepResizeOnly, validatePodResize} from './resize.ts';
import {containersWithPaths} from './security.ts';
import {validatePodStatusUpdate} from './status.ts';
import {validatePodUpdate} from './update.ts';
import {podWarnings} from './warnings.ts';

/** Upstream: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation, pkg/registry/core/pod. */
export const pod: Strategy = {
  defaults: object => defaultPod(object as Pod),
  prepareForCreate(object, {clock, warn}) {
    const {metadata, spec} = object as Pod;
    syncServiceAccount(spec);
    // Templates keep a negative grace, and are warned of it; a pod's becomes the shortest there is.
    if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
    object.status = newStatus(spec, clock.now());
    mergeLabelKeys(spec, metadata.labels ?? {});
    for (const message of takeAppArmorAnnotations(object as Pod)) warn(message);
  },
  validate: object => validateNewPod(object as Pod),
  prepareForUpdate: object => syncServiceAccount((object as Pod).spec),
  validateUpdate: (object, old) => validatePodUpdate(object as Pod, old as Pod),
  warnings: (object, old) => (old ? [] : podWarnings(object as Pod)),
  subresources: {
    status: {
      prepareForUpdate: (object, old) => prepareStatus(object as Pod, old as Pod),
      validateUpdate: (object, old) => validatePodStatusUpdate(object as Pod, old as Pod),
      warnings: object => addressWarnings((object as Pod).status ?? {}),
    },
    ephemeralcontainers: {
      metadataOnUpdate: 'both',
      prepareForUpdate(object, old) {
        keepMetadataForStatus(object, old);
        keepEphemeralContainersOnly(object as Pod, old as Pod);
      },
      validateUpdate: (object, old) => validateEphemeralContainersUpdate(object as Pod, old as Pod),
    },
    resize: {
      metadataOnUpdate: 'both',
      prepareForUpdate(object, old) {
        keepMetadataForStatus(object, old);
        keepResizeOnly(object as Pod, old as Pod);
      },
      validateUpdate: (object, old) => validatePodResize(object as Pod, old as Pod),
    },
  },
  returnDeletedObject: true,
  gracePeriod: (object, options) => podGracePeriod(object as Pod, options),
  fields({spec, status}: Pod) {
    return {
      'spec.nodeName': spec.nodeName ?? '',
      'spec.restartPolicy': spec.restartPolicy ?? '',
      'spec.schedulerName': spec.schedulerName ?? '',
      'spec.serviceAccountName': spec.serviceAccountName ?? '',
      'spec.hostNetwork': String(spec.hostNetwork ?? false),
      'status.phase': status?.phase ?? '',
      'status.podIP': status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
      'status.podIPs': '',
      'status.nominatedNodeName': status?.nominatedNodeName ?? '',
    };
  },
  indexedField: 'spec.nodeName',
  unknownField: label => `field label not supported: ${label}`,
  fieldLabel: label => (label === 'spec.host' ? 'spec.nodeName' : undefined),
} as Strategy;

function newStatus(spec: PodSpec, now: number): PodStatus {
  const gated = {
    type: 'PodScheduled',
    status: 'False',
    lastProbeTime: null as unknown as string,
    lastTransitionTime: formatTime(now),
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  };
  return {
    phase: 'Pending',
    ...(spec.schedulingGates?.length && {conditions: [gated]}),
    qosClass: podQualityOfService(spec),
  };
}

/** Values of the pod's own labels join the selectors that name the labels (matchLabelKeys). */
function mergeLabelKeys(spec: PodSpec, labels: {[key: string]: string}): void {
  for (const affinity of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    for (const term of affinityTerms(affinity)) {
      addExpressions(term.labelSelector, term.matchLabelKeys, 'In', labels);
      addExpressions(term.labelSelector, term.mismatchLabelKeys, 'NotIn', labels);
    }
  }
  for (const {labelSelector, matchLabelKeys} of spec.topologySpreadConstraints ?? [])
    addExpressions(labelSelector, matchLabelKeys, 'In', labels);
}

const affinityTerms = (affinity: PodAffinity | undefined): PodAffinityTerm[] => [
  ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({podAffinityTerm}) => podAffinityTerm),
  ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
];

function addExpressions(
  selector: LabelSelector | undefined,
  keys: readonly string[] = [],
  operator: string,
  labels: {[key: string]: string},
): void {
  if (!selector) return;
  for (const key of keys) {
    if (labels[key] === undefined) continue;
    selector.matchExpressions ??= [];
    selector.matchExpressions.push({key, operator, values: [labels[key]]});
  }
}

/** The annotation of old is taken for the field where that is not set; gives the warnings. */
function takeAppArmorAnnotations({metadata, spec}: Pod): string[] {
  if (spec.os?.name === 'windows') return [];
  const warnings: string[] = [];
  for (const [container] of containersWithPaths(spec, '')) {
    const key = APPARMOR_PREFIX + container.name;
    const annotation = metadata.annotations?.[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue;
    const profile = appArmorProfile(annotation);
    const ofPod = spec.securityContext?.appArmorProfile;
    const same = profile && ofPod?.type === profile.type && ofPod.localhostProfile === profile.localhostProfile;
    if (profile && !same) container.securityContext = {...container.securityContext, appArmorProfile: profile};
    if (!same) warnings.push(`metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
  }
  return warnings;
}

function appArmorProfile(annotation: string): {type: string; localhostProfile?: string} | undefined {
  if (annotation === 'unconfined') return {type: 'Unconfined'};
  if (annotation === 'runtime/default') return {type: 'RuntimeDefault'};
  const [, profile] = /^localhost\/(.+)$/.exec(annotation) ?? [];
  return profile !== undefined && profile.trim() === profile ? {type: 'Localhost', localhostProfile: profile} : undefined;
}

/** What a status does not say is kept: its QoS class and the generations it was made for; owners are no matter of status. */
function prepareStatus(object: Pod, old: Pod): void {
  const {metadata} = object;
  if (old.metadata.ownerReferences) metadata.ownerReferences = old.metadata.ownerReferences;
  else delete metadata.ownerReferences;
  object.status ??= {};
  const {status} = object;
  if (!status.qosClass && old.status?.qosClass) status.qosClass = old.status.qosClass;
  if (!status.observedGeneration && old.status?.observedGeneration) status.observedGeneration = old.status.observedGeneration;
  const before = [...(old.status?.conditions ?? [])];
  for (const condition of status.conditions ?? []) {
    const i = before.findIndex(({type}) => type === condition.type);
    const [match] = i === -1 ? [] : before.splice(i, 1);
    if (!condition.observedGeneration && match?.observedGeneration) condition.observedGeneration = match.observedGeneration;
  }
}

/** Subresources that are no status take no metadata but what a status takes (metav1.ResetObjectMetaForStatus). */
function keepMetadataForStatus(object: KubeObject, old: KubeObject): void {
  for (const field of ['deletionTimestamp', 'generation', 'selfLink', 'labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    if (old.metadata[field] === undefined) delete object.metadata[field];
    else Object.assign(object.metadata, {[field]: old.metadata[field]});
  }
}

const addressWarnings = ({podIPs = [], hostIPs = []}: PodStatus): string[] => [
  ...podIPs.flatMap(({ip}, i) => warningsForIP(`status.podIPs[${i}].ip`, ip ?? '')),
  ...hostIPs.flatMap(({ip}, i) => warningsForIP(`status.hostIPs[${i}].ip`, ip ?? '')),
];

/** Pods that run nowhere, or no more, go at once (CheckGracefulDelete). */
function podGracePeriod({spec, status}: Pod, {gracePeriodSeconds}: DeleteOptions): number {
  const ended = status?.phase === 'Failed' || status?.phase === 'Succeeded';
  const period = !spec.nodeName || ended ? 0 : (gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 0);
  return period < 0 ? 1 : period;
}
