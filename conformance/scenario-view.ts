import type {Json, JsonObject} from '../server/api/json.ts';
import type {KubeObject} from '../server/api/object.ts';
import type {Scenario} from './scenario.ts';

export type Thing = KubeObject & {spec?: JsonObject; status?: JsonObject};

type ShownIn = Pick<Scenario, 'nodes' | 'show'>;
type View = (object: Thing, shown: ShownIn, out: JsonObject) => void;

const METADATA = ['labels', 'annotations', 'finalizers', 'generation', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;
const IGNORED_ANNOTATIONS = /^(kwok\.x-k8s\.io|kubectl\.kubernetes\.io\/last-applied|endpoints\.kubernetes\.io\/last-change|node\.alpha)/;

/** The parts of an object that a scenario compares. */
export function viewOf(resource: string, object: Thing, shown: ShownIn): JsonObject {
  const {metadata, spec, status} = object;
  const out: JsonObject = {name: metadata.name!, ...structuredClone(pick(metadata as unknown as JsonObject, ...METADATA))};
  if (metadata.annotations) {
    const kept = Object.entries(metadata.annotations).filter(([name]) => !IGNORED_ANNOTATIONS.test(name));
    if (kept.length > 0) out.annotations = Object.fromEntries(kept);
    else delete out.annotations;
  }
  if (metadata.ownerReferences) out.ownerReferences = metadata.ownerReferences.map(({uid: _uid, ...rest}) => rest) as Json;
  const view = VIEWS[resource];
  if (view) view(object, shown, out);
  else Object.assign(out, spec && {spec}, status && {status});
  return out;
}

/** The state of an object in a word or two, for transitions. */
export function briefly(resource: string, type: string, {metadata, spec = {}, status = {}}: Thing): string {
  if (type === 'DELETED') return 'gone';
  const condition = (name: string) => conditionsOf(status).find(each => each.type === name);
  if (resource === 'deployments')
    return `Available=${condition('Available')?.status ?? '-'} Progressing=${condition('Progressing')?.reason ?? '-'}`;
  if (metadata.deletionTimestamp) return 'terminating';
  switch (resource) {
    case 'pods':
      return isFinished(status) ? String(status.phase) : isReady({status}) ? 'ready' : 'waiting';
    case 'replicasets':
    case 'replicationcontrollers':
      return `replicas=${spec.replicas}`;
    case 'jobs':
      return (
        conditionsOf(status)
          .filter(each => each.status === 'True')
          .map(each => each.type)
          .join(',') || 'running'
      );
    case 'persistentvolumeclaims':
    case 'persistentvolumes':
    case 'namespaces':
      return String(status.phase ?? '-');
    default:
      return 'present';
  }
}

export const isReady = ({status}: {status?: JsonObject}): boolean =>
  conditionsOf(status).some(({type, status: value}) => type === 'Ready' && value === 'True');

export const isFinished = (status: JsonObject | undefined): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

interface Condition extends JsonObject {
  type: string;
  status: string;
}

const conditionsOf = (status: JsonObject | undefined): Condition[] => (status?.conditions ?? []) as Condition[];

function pick(from: JsonObject | undefined, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.filter(key => from?.[key] !== undefined).map(key => [key, from![key]!]));
}

const specs =
  (...fields: string[]): View =>
  ({spec}, _shown, out) => {
    out.spec = pick(spec, ...fields);
  };

const both =
  (...fields: string[]): View =>
  (object, shown, out) => {
    specs(...fields)(object, shown, out);
    if (object.status !== undefined) out.status = object.status;
  };

const statusOnly: View = ({status}, _shown, out) => {
  if (status !== undefined) out.status = status;
};

const withData: View = (object, _shown, out) => {
  if (object.type !== undefined) out.type = object.type;
  out.dataKeys = Object.keys((object.data ?? {}) as JsonObject).sort();
};

const withRules: View = (object, _shown, out) => {
  out.rules = object.rules as Json;
};

const VIEWS: {readonly [resource: string]: View} = {
  pods: viewPod,
  replicasets(object, shown, out) {
    both('replicas', 'paused')(object, shown, out);
    if (!object.metadata.ownerReferences?.length) return;
    // How many writes a rollout takes is a matter of timing.
    const {observedGeneration, ...status} = object.status ?? {};
    delete out.generation;
    Object.assign(out, {status, observed: observedGeneration === object.metadata.generation});
  },
  deployments(object, shown, out) {
    both('replicas', 'paused')(object, shown, out);
    const {status} = object;
    if (status?.conditions) out.status = {...status, conditions: conditionsOf(status).map(progress) as Json[]};
  },
  statefulsets: both('replicas', 'paused'),
  replicationcontrollers: both('replicas', 'paused', 'selector'),
  daemonsets: statusOnly,
  controllerrevisions(object, _shown, out) {
    out.revision = object.revision as Json;
  },
  jobs: both('parallelism', 'completions', 'suspend', 'backoffLimit'),
  cronjobs: both('suspend'),
  configmaps: withData,
  secrets: withData,
  serviceaccounts(object, _shown, out) {
    if (object.secrets) out.secrets = object.secrets;
  },
  services: both('type', 'clusterIP', 'ports', 'ipFamilies', 'ipFamilyPolicy', 'selector'),
  endpoints(object, _shown, out) {
    const each = (list: Json | undefined) => (list as JsonObject[]).map(endpoint);
    const subsets = object.subsets as JsonObject[] | undefined;
    if (subsets === undefined) return;
    out.subsets = subsets.map(subset => ({
      ...subset,
      ...(subset.addresses && {addresses: each(subset.addresses)}),
      ...(subset.notReadyAddresses && {notReadyAddresses: each(subset.notReadyAddresses)}),
    }));
  },
  endpointslices(object, _shown, out) {
    Object.assign(out, pick(object as JsonObject, 'addressType', 'ports'));
    out.endpoints = ((object.endpoints ?? []) as JsonObject[]).map(endpoint);
  },
  persistentvolumeclaims: both('volumeName', 'storageClassName', 'resources', 'accessModes'),
  persistentvolumes({spec, status}, _shown, out) {
    out.spec = pick(spec, 'persistentVolumeReclaimPolicy', 'storageClassName');
    if (spec?.claimRef) out.spec.claimRef = pick(spec.claimRef as JsonObject, 'kind', 'namespace', 'name');
    out.status = pick(status, 'phase', 'reason', 'message');
  },
  nodes({spec, status}, _shown, out) {
    const order = ({key, effect}: JsonObject) => `${key}${effect}`;
    const taints = ((spec?.taints ?? []) as JsonObject[]).map(({timeAdded: _time, ...taint}) => taint);
    out.spec = {...pick(spec, 'unschedulable'), taints: taints.sort((a, b) => (order(a) < order(b) ? -1 : 1))};
    out.status = {conditions: conditionsOf(status).map(each => pick(each, 'type', 'status', 'reason', 'message'))};
    delete out.labels;
    delete out.annotations;
  },
  leases: specs('holderIdentity', 'leaseDurationSeconds'),
  clusterroles: withRules,
  roles: withRules,
  certificatesigningrequests(object, shown, out) {
    both('signerName', 'username', 'usages')(object, shown, out);
    if (object.status?.certificate) out.status = {...object.status, certificate: '<certificate>'};
  },
};

function viewPod(object: Thing, {nodes, show = []}: ShownIn, out: JsonObject): void {
  const {spec = {}, status = {}} = object;
  const labels = out.labels as JsonObject | undefined;
  delete out.generation;
  delete out.deletionGracePeriodSeconds;
  if (!nodes && labels)
    for (const label of ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']) if (labels[label]) labels[label] = '<zone>';
  const seen = pick(spec, 'priority', 'priorityClassName', 'hostname', 'subdomain', 'schedulingGates', 'overhead');
  if (seen.priority === 0) delete seen.priority;
  if (spec.nodeName) seen.nodeName = nodes === 'names' ? spec.nodeName : '<node>';
  const containers = spec.containers as JsonObject[];
  if (show.includes('images')) seen.images = containers.map(({image}) => image!);
  if (show.includes('env')) seen.env = containers.map(({env = null}) => env);
  for (const field of ['volumes', 'tolerations', 'affinity'])
    if (show.includes(field) && spec[field] !== undefined) seen[field] = spec[field];
  out.spec = seen;
  const conditions = conditionsOf(status)
    .filter(
      ({type, status: value}) =>
        (type === 'PodScheduled' && value === 'False') || type === 'DisruptionTarget' || type === 'PodResizePending',
    )
    .map(each => pick(each, 'type', 'status', 'reason', 'message'));
  for (const each of conditions) if (status.nominatedNodeName && each.message) each.message = firstAttempt(String(each.message));
  out.status = {
    ...pick(status, 'phase', 'reason', 'message', 'nominatedNodeName', 'qosClass'),
    ready: isReady(object),
    ...(conditions.length > 0 && {conditions}),
  };
}

/** The next attempt adds why nobody is preempted. */
const firstAttempt = (message: string): string => message.replace(/ no new claims to deallocate, preemption: not eligible.*$/, '');

const MOVING = new Set(['NewReplicaSetCreated', 'FoundNewReplicaSet', 'ReplicaSetUpdated']);

/** Which of these reasons stays when nothing moves any more is a matter of timing; the message of the last keeps the name it had. */
function progress(condition: Condition): JsonObject {
  const {type, reason, message} = condition;
  if (type === 'Progressing' && MOVING.has(String(reason))) return {...condition, reason: '<moving>', message: '<moving>'};
  if (reason === 'NewReplicaSetAvailable') return {...condition, message: String(message).replace(/"[^"]*"/, '"<replicaset>"')};
  return condition;
}

const endpoint = (each: JsonObject): JsonObject => ({
  ...each,
  ...(each.nodeName && {nodeName: '<node>'}),
  ...(each.zone && {zone: '<zone>'}),
  ...(each.targetRef && {targetRef: pick(each.targetRef as JsonObject, 'kind', 'name', 'namespace')}),
});
