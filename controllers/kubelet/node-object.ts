import type {JsonObject} from '../../server/api/json.ts';
import type {Node, NodeCondition, NodeStatus} from '../../server/api/kinds.generated.ts';
import {formatTime} from '../../server/api/time.ts';

export const SIMULATED = 'kubedouble.dev/simulated';
const KWOK = 'kwok.x-k8s.io/node';

/** Whether a node asks for a simulated kubelet. */
export const isSimulated = (node: Node): boolean => node.metadata.annotations?.[SIMULATED] === 'true' || isKwok(node);

/** Whether it asks for it in KWOK's words: such a kubelet tells no more of pods than KWOK does. */
export const isKwok = ({metadata: {annotations}}: Node): boolean => annotations?.[KWOK] === 'fake';

export interface NodeFacts {
  name: string;
  /** InternalIP */
  ip: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** `v1.36.3` */
  version: string;
  uuid(): string;
}

/** A node as a kubelet registers it, Ready from the first. */
export function newNode(facts: NodeFacts, podCIDR: string | undefined): Node {
  const {name} = facts;
  return {
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
      },
      annotations: {[SIMULATED]: 'true', 'volumes.kubernetes.io/controller-managed-attach-detach': 'true'},
    },
    spec: podCIDR ? {podCIDR, podCIDRs: [podCIDR]} : {},
    status: {...reportedStatus({}, facts), capacity: CAPACITY, allocatable: CAPACITY, conditions: nodeConditions(undefined, facts.now)},
  };
}

/** The patch that makes a node Ready; what its author put into its status stays. */
export function readyPatch({metadata, status = {}}: Node, facts: NodeFacts): JsonObject {
  const capacity = hasAmounts(status.capacity) ? {} : {capacity: CAPACITY};
  const allocatable = hasAmounts(status.allocatable) ? {} : {allocatable: status.capacity ?? CAPACITY};
  const conditions = nodeConditions(status, facts.now);
  return {metadata: {uid: metadata.uid}, status: {...reportedStatus(status, facts), ...capacity, ...allocatable, conditions}} as JsonObject;
}

/** The patch of a heartbeat: only its time moves. */
export const heartbeatPatch = ({metadata, status}: Node, now: number): JsonObject =>
  ({
    metadata: {uid: metadata.uid},
    status: {
      conditions: (status?.conditions ?? [])
        .filter(({type}) => REPORTED.has(type))
        .map(({type}) => ({type, lastHeartbeatTime: formatTime(now)})),
    },
  }) as JsonObject;

/** A kubelet reports for this node and it is not known to be away. */
export const isReady = ({status}: Node): boolean =>
  (status?.conditions ?? []).some(({type, status: value}) => type === 'Ready' && value !== 'Unknown');

export const internalIP = ({status}: Node): string | undefined => status?.addresses?.find(({type}) => type === 'InternalIP')?.address;

const CAPACITY = {cpu: '8', 'ephemeral-storage': '100Gi', 'hugepages-1Gi': '0', 'hugepages-2Mi': '0', memory: '32Gi', pods: '110'};

const hasAmounts = (amounts: {[name: string]: string} | undefined): boolean => Object.keys(amounts ?? {}).length > 0;

function reportedStatus(status: NodeStatus, {name, ip, version, uuid}: NodeFacts): NodeStatus {
  const addresses = [
    {type: 'InternalIP', address: ip},
    {type: 'Hostname', address: name},
  ];
  return {
    addresses: status.addresses?.length ? status.addresses : addresses,
    daemonEndpoints: {kubeletEndpoint: {Port: 10250}},
    nodeInfo: status.nodeInfo?.kubeletVersion
      ? status.nodeInfo
      : {
          architecture: 'amd64',
          bootID: uuid(),
          containerRuntimeVersion: 'containerd://2.1.4',
          kernelVersion: '6.12.0',
          kubeProxyVersion: '',
          kubeletVersion: version,
          machineID: uuid().replaceAll('-', ''),
          operatingSystem: 'linux',
          osImage: 'Debian GNU/Linux 13 (trixie)',
          systemUUID: uuid(),
        },
  };
}

/** What a kubelet and the route controller say of a node that is well. */
const CONDITIONS: readonly Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[] = [
  {type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated', message: 'RouteController created a route'},
  {type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available'},
  {type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure'},
  {type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available'},
  {type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status'},
];

const REPORTED = new Set(CONDITIONS.map(({type}) => type));

/** Conditions that the author has set to something definite stay. */
function nodeConditions(status: NodeStatus | undefined, now: number): NodeCondition[] {
  const time = formatTime(now);
  return CONDITIONS.filter(({type}) => !status?.conditions?.some(known => known.type === type && known.status !== 'Unknown')).map(
    condition => ({
      ...condition,
      lastHeartbeatTime: time,
      lastTransitionTime: time,
    }),
  );
}
