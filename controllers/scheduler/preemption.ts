import type {PodDisruptionBudget} from '../../server/api/kinds.generated.ts';
import type {Diagnosis} from './diagnosis.ts';
import {describeDiagnosis} from './diagnosis.ts';
import type {Cluster, NodeInfo, PodInfo, Rejection} from './framework.ts';
import {labelSelectorMatcher} from './label-selector.ts';
import {withPods} from './node-info.ts';
import type {Profile} from './schedule.ts';
import {fits} from './schedule.ts';

export interface Victims {
  node: string;
  /** Most important first. */
  pods: PodInfo[];
  /** How many of them their disruption budgets protect. */
  violations: number;
}

/** What preemption would do: somewhere to make room, or the message why not. */
export type Preemption = {victims: Victims} | {message: string};

export interface PreemptionOptions extends Pick<Profile, 'filters'> {
  budgets: readonly PodDisruptionBudget[];
  /** The node that was promised to the pod before, if any. */
  nominatedNode?: string;
}

/** Finds the node on which the least is lost when pods of lower priority make room (plugins/defaultpreemption). */
export function findVictims(pod: PodInfo, diagnosis: Diagnosis, cluster: Cluster, options: PreemptionOptions): Preemption {
  const why = ineligible(pod, cluster, options.nominatedNode);
  if (why) return {message: `preemption: ${why}`};
  const rejected = new Map<string, Rejection>();
  const candidates: Victims[] = [];
  for (const node of cluster.nodes()) {
    const helpless = unresolvable(node, diagnosis);
    const victims = helpless ? undefined : victimsOn(node, pod, cluster, options);
    if (victims) candidates.push(victims);
    else rejected.set(node.name, helpless ? NOT_HELPFUL : NO_VICTIMS);
  }
  if (candidates.length > 0) return {victims: candidates.reduce((best, other) => (cheaper(other, best) ? other : best))};
  const fit: Diagnosis = {nodes: diagnosis.nodes, rejected, plugins: new Set()};
  return {message: `preemption: ${describeDiagnosis(fit)}`};
}

const NOT_HELPFUL: Rejection = {reasons: ['Preemption is not helpful for scheduling'], unresolvable: true};
const NO_VICTIMS: Rejection = {reasons: ['No preemption victims found for incoming pod'], unresolvable: false};

function ineligible(pod: PodInfo, cluster: Cluster, nominated: string | undefined): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const node = nominated && cluster.node(nominated);
  if (!node) return undefined;
  const leaving = [...node.pods.values()].some(other => other.priority < pod.priority && isPreempted(other));
  return leaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
}

const isPreempted = ({pod}: PodInfo): boolean =>
  !!pod.metadata.deletionTimestamp &&
  (pod.status?.conditions ?? []).some(
    ({type, status, reason}) => type === 'DisruptionTarget' && status === 'True' && reason === 'PreemptionByScheduler',
  );

const unresolvable = ({name}: NodeInfo, {rejected, unvisited, prepared}: Diagnosis): boolean =>
  (rejected.get(name) ?? unvisited ?? prepared)?.unresolvable ?? false;

/** All lower pods go, then as many as fit come back, the protected ones and the more important ones first. */
function victimsOn(node: NodeInfo, pod: PodInfo, cluster: Cluster, options: PreemptionOptions): Victims | undefined {
  const lower = [...node.pods.values()].filter(other => other.priority < pod.priority);
  if (lower.length === 0) return undefined;
  let current = withPods(node, [], lower);
  const possible = (candidate: NodeInfo) => fits(pod, candidate, withNode(cluster, candidate), options);
  if (!possible(current)) return undefined;
  const {violating, others} = byBudget(lower.sort(byImportance), options.budgets);
  const pods: PodInfo[] = [];
  let violations = 0;
  for (const victim of [...violating, ...others]) {
    const spared = withPods(current, [victim]);
    if (possible(spared)) current = spared;
    else {
      pods.push(victim);
      if (violating.includes(victim)) violations++;
    }
  }
  return pods.length > 0 ? {node: node.name, pods: pods.sort(byImportance), violations} : undefined;
}

const startTime = ({pod}: PodInfo): string => pod.status?.startTime ?? '9999';

/** Higher priority first, then the longer-running. */
const byImportance = (a: PodInfo, b: PodInfo): number =>
  b.priority - a.priority || (startTime(a) < startTime(b) ? -1 : startTime(a) > startTime(b) ? 1 : 0);

function byBudget(pods: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]): {violating: PodInfo[]; others: PodInfo[]} {
  const left = budgets.map(({metadata, spec, status}) => ({
    namespace: metadata.namespace,
    matches: labelSelectorMatcher(spec?.selector),
    allowed: status?.disruptionsAllowed ?? 0,
    disrupted: status?.disruptedPods ?? {},
  }));
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const pod of pods) {
    let violated = false;
    for (const budget of left) {
      if (budget.namespace !== pod.namespace || Object.keys(pod.labels).length === 0 || !budget.matches(pod.labels)) continue;
      if (Object.hasOwn(budget.disrupted, pod.pod.metadata.name!)) continue;
      if (--budget.allowed < 0) violated = true;
    }
    (violated ? violating : others).push(pod);
  }
  return {violating, others};
}

// Upstream adds this to every priority, so that negative ones do not make more victims look cheaper.
const PRIORITY_OFFSET = 2 ** 31;

/** The order in which candidates are preferred; of equal ones the first stays. */
function cheaper(a: Victims, b: Victims): boolean {
  const criteria: ((victims: Victims) => number | string)[] = [
    ({violations}) => violations,
    ({pods}) => pods[0]!.priority,
    ({pods}) => pods.reduce((sum, {priority}) => sum + priority + PRIORITY_OFFSET, 0),
    ({pods}) => pods.length,
  ];
  for (const criterion of criteria) {
    const [x, y] = [criterion(a), criterion(b)];
    if (x !== y) return x < y;
  }
  return earliestStart(a) > earliestStart(b);
}

/** When the longest-running of the most important victims started; the latest is the least loss. */
const earliestStart = ({pods}: Victims): string =>
  pods
    .filter(({priority}) => priority === pods[0]!.priority)
    .map(startTime)
    .sort()[0]!;

/** The cluster with one node replaced. */
function withNode(cluster: Cluster, replacement: NodeInfo): Cluster {
  const swap = (node: NodeInfo) => (node.name === replacement.name ? replacement : node);
  let nodes: NodeInfo[] | undefined;
  return {
    lookup: cluster.lookup,
    nodes: () => {
      nodes ??= cluster.nodes().map(swap);
      return nodes;
    },
    node: name => (name === replacement.name ? replacement : cluster.node(name)),
    nodesWithAffinity: () => [...cluster.nodesWithAffinity()].map(swap),
  };
}
