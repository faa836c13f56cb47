import type {
  Container,
  ContainerPort,
  EphemeralContainer,
  LifecycleHandler,
  PersistentVolumeClaimSpec,
  Pod,
  PodSpec,
  PodStatus,
  Probe,
  Volume,
} from '../../../api/kinds.generated.ts';
import {roundUpToMilli} from '../../../api/quantity.ts';
import {defaultPullPolicy} from './image.ts';
import {defaultPodResources} from './pod-resources.ts';

type Resources = {[name: string]: string};

/** Defaults of every pod spec, in pods and in templates (pkg/apis/core/v1/defaults.go). */
export function defaultPodSpec(spec: PodSpec): void {
  spec.containers ??= [];
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= 'default-scheduler';
  syncServiceAccount(spec);
  dropDisabledFields(spec);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  roundResources(spec.overhead);
  roundResources(spec.resources?.limits);
  roundResources(spec.resources?.requests);
}

/** What pods get beyond templates: requests from limits, service links, host ports. */
export function defaultPod(pod: Pod): void {
  pod.spec ??= {} as PodSpec;
  const {spec, status} = pod;
  defaultPodSpec(spec);
  if (status) syncPodIP(status);
  for (const container of spec.containers ?? []) requestLimits(container);
  for (const container of spec.initContainers ?? []) requestLimits(container);
  defaultPodResources(spec);
  spec.enableServiceLinks ??= true;
  if (!spec.hostNetwork) return;
  for (const {ports} of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
    for (const port of ports ?? []) port.hostPort ||= port.containerPort;
}

/** The deprecated `serviceAccount` always follows `serviceAccountName`. */
export function syncServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (name) spec.serviceAccountName = spec.serviceAccount = name;
}

/** `podIP` is the first of `podIPs`; where they differ it counts alone (Convert_v1_PodStatus_To_core_PodStatus). */
function syncPodIP(status: PodStatus): void {
  const first = status.podIPs?.[0]?.ip ?? '';
  if (status.podIP && status.podIP !== first) status.podIPs = [{ip: status.podIP}];
  else if (first) status.podIP = first;
}

/** Fields of features that are off by default in 1.36 are not kept. */
function dropDisabledFields(spec: PodSpec): void {
  delete spec.schedulingGroup;
  for (const {projected} of spec.volumes ?? []) {
    for (const source of projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
  }
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]) {
    if (container.lifecycle?.stopSignal === undefined) continue;
    delete container.lifecycle.stopSignal;
    if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle;
  }
}

/** Amounts have at most three decimals. */
export function roundResources(resources: Resources | undefined): void {
  if (!resources) return;
  for (const name of Object.keys(resources)) resources[name] = roundUpToMilli(resources[name]!);
}

/** Defaults of a claim's spec, in claims and in templates of claims. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
  roundResources(spec.resources?.limits);
  roundResources(spec.resources?.requests);
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  defaultPorts(container.ports);
  for (const {valueFrom} of container.env ?? []) if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1';
  container.resources ??= {};
  roundResources(container.resources.limits);
  roundResources(container.resources.requests);
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

function defaultPorts(ports: ContainerPort[] | undefined): void {
  for (const port of ports ?? []) port.protocol ||= 'TCP';
}

function defaultProbe(probe: Probe | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  defaultHandler(probe);
  if (probe.grpc) probe.grpc.service ??= '';
}

function defaultHandler(handler: LifecycleHandler | Probe | undefined): void {
  if (!handler?.httpGet) return;
  handler.httpGet.path ||= '/';
  handler.httpGet.scheme ||= 'HTTP';
}

function requestLimits({resources}: Container): void {
  if (!resources?.limits) return;
  resources.requests ??= {};
  for (const name of Object.keys(resources.limits)) resources.requests[name] ??= resources.limits[name]!;
}

const FILE_MODE = 0o644;

function defaultVolume(volume: Volume): void {
  if (hasNoSource(volume)) volume.emptyDir = {};
  if (volume.secret) volume.secret.defaultMode ??= FILE_MODE;
  if (volume.configMap) volume.configMap.defaultMode ??= FILE_MODE;
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= FILE_MODE;
    defaultFieldRefs(volume.downwardAPI.items);
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= FILE_MODE;
    for (const source of volume.projected.sources ?? []) {
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
      defaultFieldRefs(source.downwardAPI?.items);
    }
  }
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference);
  if (volume.ephemeral?.volumeClaimTemplate) defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec);
  defaultStorage(volume);
}

function hasNoSource(volume: Volume): boolean {
  for (const key in volume) if (key !== 'name' && volume[key as keyof Volume] !== undefined) return false;
  return true;
}

function defaultFieldRefs(items: {fieldRef?: {apiVersion?: string}}[] | undefined): void {
  for (const {fieldRef} of items ?? []) if (fieldRef) fieldRef.apiVersion ||= 'v1';
}

/** What sources of network storage default to, in volumes of pods and in PersistentVolumes. */
export function defaultStorage({iscsi, rbd, azureDisk, scaleIO}: Pick<Volume, 'iscsi' | 'rbd' | 'azureDisk' | 'scaleIO'>): void {
  if (iscsi) iscsi.iscsiInterface ||= 'default';
  if (rbd) {
    rbd.pool ||= 'rbd';
    rbd.user ||= 'admin';
    rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
    azureDisk.kind ??= 'Shared';
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
}
