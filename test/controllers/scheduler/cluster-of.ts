import type {ClusterState} from '../../../controllers/scheduler/cluster.ts';
import {createClusterState} from '../../../controllers/scheduler/cluster.ts';
import {describeDiagnosis} from '../../../controllers/scheduler/diagnosis.ts';
import type {Lookup, PodInfo} from '../../../controllers/scheduler/framework.ts';
import {filters, scores} from '../../../controllers/scheduler/plugins.ts';
import {newPodInfo} from '../../../controllers/scheduler/pod-info.ts';
import type {ScheduleOptions} from '../../../controllers/scheduler/schedule.ts';
import {schedule} from '../../../controllers/scheduler/schedule.ts';
import type {
  Node,
  NodeSpec,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  StorageClass,
} from '../../../server/api/kinds.generated.ts';

type Labels = {[key: string]: string};

export interface NodeOptions extends NodeSpec {
  labels?: Labels;
  allocatable?: Labels;
}

export const node = (name: string, {labels, allocatable, ...spec}: NodeOptions = {}): Node => ({
  metadata: {name, uid: name, labels: {'kubernetes.io/hostname': name, ...labels}},
  spec,
  status: {allocatable: {cpu: '8', memory: '32Gi', pods: '110', ...allocatable}},
});

export interface PodOptions extends Partial<PodSpec> {
  labels?: Labels;
  namespace?: string;
  cpu?: string;
  startTime?: string;
}

export const pod = (name: string, {labels, namespace = 'default', cpu, startTime, ...spec}: PodOptions = {}): Pod => ({
  metadata: {name, namespace, uid: name, labels, generation: 1},
  spec: {containers: [{name: 'c', image: 'i', ...(cpu && {resources: {requests: {cpu}}})}], ...spec},
  status: {phase: 'Pending', ...(startTime && {startTime})},
});

export interface Objects {
  claims?: PersistentVolumeClaim[];
  volumes?: PersistentVolume[];
  classes?: StorageClass[];
  namespaces?: {[name: string]: Labels};
  defaultSelector?: Lookup['defaultSelector'];
}

const byName = <T extends {metadata: {name?: string}}>(objects: T[] | undefined, name: string) =>
  objects?.find(({metadata}) => metadata.name === name);

const lookupOf = ({claims, volumes, classes, namespaces, defaultSelector}: Objects): Lookup => ({
  namespaceLabels: name => namespaces?.[name],
  claim: (_namespace, name) => byName(claims, name),
  volume: name => byName(volumes, name),
  volumes: () => volumes ?? [],
  storageClass: name => byName(classes, name),
  volumeLimit: () => undefined,
  defaultSelector: defaultSelector ?? (() => undefined),
});

/** A cluster of these nodes with these pods placed on them (spec.nodeName). */
export function clusterOf(nodes: Node[], pods: Pod[] = [], objects: Objects = {}): ClusterState {
  const cluster = createClusterState(lookupOf(objects));
  for (const one of nodes) cluster.setNode(one);
  for (const one of pods) cluster.setPod(one);
  return cluster;
}

export const info = (one: Pod, cluster: ClusterState): PodInfo => newPodInfo(one, cluster.lookup);

export const OPTIONS: ScheduleOptions = {
  filters,
  scores,
  random: {float: () => 0, integer: () => 0, bytes: length => new Uint8Array(length), uuid: () => ''},
  nominated: () => [],
  start: 0,
};

/** The chosen node's name, or the reason why there is none. */
export function place(one: Pod, cluster: ClusterState, options: Partial<ScheduleOptions> = {}): string {
  const result = schedule(info(one, cluster), cluster, {...OPTIONS, ...options});
  return 'node' in result ? result.node.name : describeDiagnosis(result.diagnosis);
}
