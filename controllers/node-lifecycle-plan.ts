import type {Node, NodeCondition, Taint} from '../server/api/kinds.generated.ts';
import {formatTime} from '../server/api/time.ts';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Which taint a condition's status brings. */
const TAINTS: {[type: string]: {[status: string]: string}} = {
  Ready: {False: NOT_READY, Unknown: UNREACHABLE},
  MemoryPressure: {True: 'node.kubernetes.io/memory-pressure'},
  DiskPressure: {True: 'node.kubernetes.io/disk-pressure'},
  NetworkUnavailable: {True: 'node.kubernetes.io/network-unavailable'},
  PIDPressure: {True: 'node.kubernetes.io/pid-pressure'},
};
const MANAGED = new Set([UNSCHEDULABLE, ...Object.values(TAINTS).flatMap(byStatus => Object.values(byStatus))]);

export const nodeCondition = ({status}: Node, type: string): NodeCondition | undefined =>
  status?.conditions?.find(condition => condition.type === type);

export const isReady = (node: Node): boolean => nodeCondition(node, 'Ready')?.status === 'True';

/**
 * The taints that conditions and cordoning ask for; other taints stay. Undefined: nothing changes. `mayEvict` is false while no node at
 * all is ready: then it is rather the control plane that is cut off, and no pod has to go (handleDisruption).
 */
export function nodeTaints(node: Node, now: number, mayEvict = true): Taint[] | undefined {
  const wanted = new Map<string, Taint>();
  const want = (key: string, effect: string) => wanted.set(`${key}:${effect}`, {key, effect, timeAdded: formatTime(now)});
  for (const {type, status} of node.status?.conditions ?? []) {
    const key = TAINTS[type]?.[status];
    if (key) want(key, 'NoSchedule');
  }
  if (node.spec?.unschedulable) want(UNSCHEDULABLE, 'NoSchedule');
  const ready = nodeCondition(node, 'Ready');
  const evicting = ready && TAINTS.Ready![ready.status];
  if (evicting && mayEvict) want(evicting, 'NoExecute');

  const present = node.spec?.taints ?? [];
  const isManaged = ({key, effect}: Taint) =>
    (effect === 'NoSchedule' && MANAGED.has(key)) || (effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE));
  const kept = present.filter(taint => !isManaged(taint) || wanted.has(`${taint.key}:${taint.effect}`));
  const added = [...wanted.values()].filter(({key, effect}) => !present.some(taint => taint.key === key && taint.effect === effect));
  return kept.length === present.length && added.length === 0 ? undefined : [...kept, ...added];
}

const REPORTED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a node whose kubelet is silent. Undefined: it is known already. */
export function unknownConditions(node: Node, now: number): NodeCondition[] | undefined {
  const conditions = node.status?.conditions ?? [];
  const time = formatTime(now);
  const changed = conditions.map(condition =>
    REPORTED.includes(condition.type) && condition.status !== 'Unknown'
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: time,
        }
      : condition,
  );
  const missing = REPORTED.filter(type => !conditions.some(condition => condition.type === type)).map(type => ({
    type,
    status: 'Unknown',
    reason: 'NodeStatusNeverUpdated',
    message: 'Kubelet never posted node status.',
    lastHeartbeatTime: node.metadata.creationTimestamp!,
    lastTransitionTime: time,
  }));
  return missing.length === 0 && changed.every((condition, i) => condition === conditions[i]) ? undefined : [...changed, ...missing];
}

/** The older names under which os and architecture are known too. Undefined: they are right. */
export function legacyLabels({metadata}: Node): {[key: string]: string} | undefined {
  const wanted: {[key: string]: string} = {};
  for (const name of ['os', 'arch']) {
    const value = metadata.labels?.[`kubernetes.io/${name}`];
    if (value !== undefined && metadata.labels?.[`beta.kubernetes.io/${name}`] !== value) wanted[`beta.kubernetes.io/${name}`] = value;
  }
  return Object.keys(wanted).length > 0 ? wanted : undefined;
}

/** What is remembered of a node between two looks at it. */
export interface Health {
  /** When it last showed a sign of life. */
  seen: number;
  heartbeat: string | undefined;
  renewTime: string | undefined;
  ready: string | undefined;
}

export const GRACE = 50_000;
export const STARTUP_GRACE = 60_000;

/** Takes note of heartbeats and lease renewals; `created` is the node's creation in milliseconds (tryUpdateNodeHealth). */
export function observeHealth(node: Node, renewTime: string | undefined, last: Health | undefined, created: number, now: number): Health {
  const ready = nodeCondition(node, 'Ready');
  const heartbeat = ready && (ready.lastHeartbeatTime ?? '');
  const isFirst = last === undefined;
  const isRenewed = renewTime !== undefined && (last?.renewTime === undefined || last.renewTime < renewTime);
  const isPosted = !isFirst && last.heartbeat !== heartbeat;
  const seen = isFirst ? (ready ? now : created) : last.seen;
  return {
    seen: isRenewed || isPosted ? now : seen,
    heartbeat,
    renewTime: isRenewed ? renewTime : last?.renewTime,
    ready: ready?.status,
  };
}

export const isSilent = (node: Node, {seen}: Health, now: number): boolean =>
  now > seen + (nodeCondition(node, 'Ready') ? GRACE : STARTUP_GRACE);
