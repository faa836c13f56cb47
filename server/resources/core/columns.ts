import type {
  ConfigMap,
  Endpoints,
  Event,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServicePort,
} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {
  AGE,
  age,
  CREATED_AT,
  column,
  containerImages,
  containerNames,
  count,
  formatAccessModes,
  formatIngressPoints,
  formatLabels,
  formatList,
  NAME,
  NONE,
  orNone,
  orUnknown,
  UNKNOWN,
  UNSET,
} from '../printing.ts';
import {podColumns} from './pod-columns.ts';

/** A kind that is made up on each request; no generated type has its conditions alone. */
interface ComponentStatus {
  conditions?: {type: string; status: string; message?: string; error?: string}[];
}

// Before there was a field, the class of a volume or claim was an annotation.
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

export const columns: ColumnsByKind = {
  Pod: podColumns,
  ComponentStatus: [
    NAME,
    column<ComponentStatus>('Status', object => {
      const status = healthOf(object)?.status;
      return status === 'True' ? 'Healthy' : status === 'False' ? 'Unhealthy' : 'Unknown';
    }),
    column<ComponentStatus>('Message', object => healthOf(object)?.message ?? ''),
    column<ComponentStatus>('Error', object => healthOf(object)?.error ?? ''),
  ],
  ConfigMap: [NAME, column<ConfigMap>('Data', ({data, binaryData}) => count(data) + count(binaryData), 'ConfigMap.data'), AGE],
  Endpoints: [NAME, column<Endpoints>('Endpoints', ({subsets}) => printSubsets(subsets ?? []), 'Endpoints.subsets'), AGE],
  Event: [
    column<Event>('Last Seen', printLastSeen, 'core.Event.lastTimestamp'),
    column<Event>('Type', ({type}) => type ?? '', 'core.Event.type'),
    column<Event>('Reason', ({reason}) => reason ?? '', 'core.Event.reason'),
    column<Event>(
      'Object',
      ({involvedObject}) => {
        const kind = (involvedObject?.kind ?? '').toLowerCase();
        return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind;
      },
      'core.Event.involvedObject',
    ),
    column<Event>('Subobject', ({involvedObject}) => involvedObject?.fieldPath ?? '', 'core.ObjectReference.fieldPath'),
    column<Event>(
      'Source',
      ({source, reportingComponent, reportingInstance}) => {
        const instance = source?.host || reportingInstance;
        return `${source?.component || reportingComponent || ''}${instance ? `, ${instance}` : ''}`;
      },
      'core.Event.source',
    ),
    column<Event>('Message', ({message}) => (message ?? '').trim(), 'core.Event.message'),
    column<Event>('First Seen', printFirstSeen, 'core.Event.firstTimestamp'),
    // Events of the new API do not count what happened once.
    column<Event>('Count', ({series, count}) => (series ? (series.count ?? 0) : count || 1), 'core.Event.count'),
    NAME,
  ],
  LimitRange: [NAME, CREATED_AT],
  Namespace: [NAME, column<Namespace>('Status', ({status}) => status?.phase ?? ''), AGE],
  Node: [
    NAME,
    column<Node>('Status', printNodeStatus),
    column<Node>('Roles', ({metadata}) => printRoles(metadata?.labels ?? {})),
    AGE,
    column<Node>('Version', ({status}) => status?.nodeInfo?.kubeletVersion ?? '', 'NodeSystemInfo.kubeletVersion'),
    column<Node>('Internal-IP', node => addressOf(node, 'InternalIP'), 'NodeStatus.addresses'),
    column<Node>('External-IP', node => addressOf(node, 'ExternalIP'), 'NodeStatus.addresses'),
    column<Node>('OS-Image', ({status}) => orUnknown(status?.nodeInfo?.osImage), 'NodeSystemInfo.osImage'),
    column<Node>('Kernel-Version', ({status}) => orUnknown(status?.nodeInfo?.kernelVersion), 'NodeSystemInfo.kernelVersion'),
    column<Node>(
      'Container-Runtime',
      ({status}) => orUnknown(status?.nodeInfo?.containerRuntimeVersion),
      'NodeSystemInfo.containerRuntimeVersion',
    ),
  ],
  PersistentVolume: [
    NAME,
    column<PersistentVolume>('Capacity', ({spec}) => spec?.capacity?.storage ?? '0', 'PersistentVolumeSpec.capacity'),
    column<PersistentVolume>('Access Modes', ({spec}) => formatAccessModes(spec?.accessModes), 'PersistentVolumeSpec.accessModes'),
    column<PersistentVolume>(
      'Reclaim Policy',
      ({spec}) => spec?.persistentVolumeReclaimPolicy ?? '',
      'PersistentVolumeSpec.persistentVolumeReclaimPolicy',
    ),
    column<PersistentVolume>(
      'Status',
      ({metadata, status}) => (metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
      'PersistentVolumeStatus.phase',
    ),
    column<PersistentVolume>(
      'Claim',
      ({spec}) => (spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : ''),
      'PersistentVolumeSpec.claimRef',
    ),
    column<PersistentVolume>(
      'StorageClass',
      ({metadata, spec}) => metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '',
    ),
    column<PersistentVolume>('VolumeAttributesClass', ({spec}) => spec?.volumeAttributesClassName ?? UNSET),
    column<PersistentVolume>('Reason', ({status}) => status?.reason ?? '', 'PersistentVolumeStatus.reason'),
    AGE,
    column<PersistentVolume>('VolumeMode', ({spec}) => spec?.volumeMode ?? UNSET, 'PersistentVolumeSpec.volumeMode'),
  ],
  PersistentVolumeClaim: [
    NAME,
    column<PersistentVolumeClaim>(
      'Status',
      ({metadata, status}) => (metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
      'PersistentVolumeClaimStatus.phase',
    ),
    column<PersistentVolumeClaim>('Volume', ({spec}) => spec?.volumeName ?? '', 'PersistentVolumeClaimSpec.volumeName'),
    column<PersistentVolumeClaim>(
      'Capacity',
      ({spec, status}) => (spec?.volumeName ? (status?.capacity?.storage ?? '0') : ''),
      'PersistentVolumeClaimStatus.capacity',
    ),
    column<PersistentVolumeClaim>(
      'Access Modes',
      ({spec, status}) => (spec?.volumeName ? formatAccessModes(status?.accessModes) : ''),
      'PersistentVolumeClaimStatus.accessModes',
    ),
    column<PersistentVolumeClaim>(
      'StorageClass',
      ({metadata, spec}) => metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '',
    ),
    column<PersistentVolumeClaim>('VolumeAttributesClass', ({spec}) => spec?.volumeAttributesClassName ?? UNSET),
    AGE,
    column<PersistentVolumeClaim>('VolumeMode', ({spec}) => spec?.volumeMode ?? UNSET, 'PersistentVolumeClaimSpec.volumeMode'),
  ],
  PodTemplate: [
    NAME,
    column<PodTemplate>('Containers', ({template}) => containerNames(template?.spec?.containers)),
    column<PodTemplate>('Images', ({template}) => containerImages(template?.spec?.containers)),
    column<PodTemplate>('Pod Labels', ({template}) => formatLabels(template?.metadata?.labels)),
  ],
  ReplicationController: [
    NAME,
    column<ReplicationController>('Desired', ({spec}) => spec?.replicas ?? 0, 'ReplicationControllerSpec.replicas'),
    column<ReplicationController>('Current', ({status}) => status?.replicas ?? 0, 'ReplicationControllerStatus.replicas'),
    column<ReplicationController>('Ready', ({status}) => status?.readyReplicas ?? 0, 'ReplicationControllerStatus.readyReplicas'),
    AGE,
    column<ReplicationController>('Containers', ({spec}) => containerNames(spec?.template?.spec?.containers)),
    column<ReplicationController>('Images', ({spec}) => containerImages(spec?.template?.spec?.containers)),
    column<ReplicationController>('Selector', ({spec}) => formatLabels(spec?.selector), 'ReplicationControllerSpec.selector'),
  ],
  ResourceQuota: [
    NAME,
    column<ResourceQuota>('Request', quota => printQuota(quota, false)),
    column<ResourceQuota>('Limit', quota => printQuota(quota, true)),
    AGE,
  ],
  Secret: [
    NAME,
    column<Secret>('Type', ({type}) => type ?? '', 'Secret.type'),
    column<Secret>('Data', ({data}) => count(data), 'Secret.data'),
    AGE,
  ],
  Service: [
    NAME,
    column<Service>('Type', ({spec}) => spec?.type ?? '', 'ServiceSpec.type'),
    column<Service>('Cluster-IP', ({spec}) => orNone(spec?.clusterIPs?.[0]), 'ServiceSpec.clusterIP'),
    column<Service>('External-IP', printExternalIP, 'ServiceSpec.externalIPs'),
    column<Service>('Port(s)', ({spec}) => orNone((spec?.ports ?? []).map(printPort).join(',')), 'ServiceSpec.ports'),
    AGE,
    column<Service>('Selector', ({spec}) => formatLabels(spec?.selector), 'ServiceSpec.selector'),
  ],
  ServiceAccount: [NAME, AGE],
};

const healthOf = ({conditions}: ComponentStatus) => conditions?.find(({type}) => type === 'Healthy');

/** Three endpoints are shown, those of all ports counted. */
function printSubsets(subsets: NonNullable<Endpoints['subsets']>): string {
  if (subsets.length === 0) return NONE;
  const list = subsets.flatMap(({addresses = [], ports = []}) =>
    ports.length === 0
      ? addresses.map(({ip}) => ip)
      : ports.flatMap(({port}) => addresses.map(({ip}) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`))),
  );
  return formatList(list, 3, '');
}

function printFirstSeen({firstTimestamp, eventTime}: Partial<Event>, now: number): string {
  return age(firstTimestamp || eventTime, now);
}

function printLastSeen(event: Partial<Event>, now: number): string {
  const {series, lastTimestamp} = event;
  if (series) return age(series.lastObservedTime, now);
  return lastTimestamp ? age(lastTimestamp, now) : printFirstSeen(event, now);
}

function printNodeStatus({spec, status}: Partial<Node>): string {
  const ready = status?.conditions?.find(({type}) => type === 'Ready');
  const text = !ready ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable ? `${text},SchedulingDisabled` : text;
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function printRoles(labels: {[key: string]: string}): string {
  const roles = Object.entries(labels).map(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return key.slice(ROLE_PREFIX.length);
    return key === 'kubernetes.io/role' ? value : '';
  });
  return orNone([...new Set(roles.filter(role => role !== ''))].sort().join(','));
}

const addressOf = ({status}: Partial<Node>, wanted: string): string =>
  orNone(status?.addresses?.find(({type}) => type === wanted)?.address);

function printQuota({status}: Partial<ResourceQuota>, limits: boolean): string {
  return Object.keys(status?.hard ?? {})
    .filter(name => name.startsWith('limits.') === limits)
    .sort()
    .map(name => `${name}: ${status?.used?.[name] ?? '0'}/${status!.hard![name]}`)
    .join(', ');
}

const printPort = ({port, nodePort, protocol}: ServicePort): string =>
  nodePort ? `${port}:${nodePort}/${protocol ?? 'TCP'}` : `${port}/${protocol ?? 'TCP'}`;

function printExternalIP({spec, status}: Partial<Service>): string {
  const external = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return orNone(external.join(','));
    case 'LoadBalancer':
      return [formatIngressPoints(status?.loadBalancer?.ingress), ...external].filter(Boolean).join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return UNKNOWN;
  }
}
