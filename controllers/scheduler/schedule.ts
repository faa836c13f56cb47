import type {Random} from '../../server/api/random.ts';
import type {Diagnosis} from './diagnosis.ts';
import type {Cluster, FilterPlugin, NodeInfo, PodInfo, PreparedFilter, Rejection, ScorePlugin} from './framework.ts';
import {isRejection, rejection} from './framework.ts';
import {withPods} from './node-info.ts';

export interface Profile {
  filters: readonly FilterPlugin[];
  scores: readonly ScorePlugin[];
}

export interface ScheduleOptions extends Profile {
  random: Random;
  /** Pods that were promised room on a node, by node name. */
  nominated(node: string): readonly PodInfo[];
  /** Where the search begins; large clusters are not searched whole. */
  start: number;
}

/** `visited`: how many nodes were looked at. */
export type Placement = {node: NodeInfo; visited: number} | {diagnosis: Diagnosis; visited: number};

type NamedFilter = PreparedFilter & {name: string};

/** Chooses a node for a pod: filters, then scores, then chance among the best (schedule_one.go). */
export function schedule(pod: PodInfo, cluster: Cluster, options: ScheduleOptions): Placement {
  const diagnosis: Diagnosis = {nodes: cluster.nodes().length, rejected: new Map(), plugins: new Set()};
  const prepared = prepareFilters(pod, cluster, options.filters, diagnosis);
  if (!prepared) return {diagnosis, visited: 0};
  const named = namedNodes(prepared, diagnosis);
  const {feasible, visited} = findFeasible(pod, cluster, prepared, named, options, diagnosis);
  if (feasible.length === 0) return {diagnosis, visited};
  return {node: feasible.length === 1 ? feasible[0]! : best(pod, feasible, cluster, options), visited};
}

/** Whether one node can take the pod, among other nodes as they are in `cluster`; used by preemption. */
export function fits(pod: PodInfo, node: NodeInfo, cluster: Cluster, {filters}: Pick<Profile, 'filters'>): boolean {
  return filters.every(plugin => {
    const prepared = plugin.prepare(pod, cluster);
    return !prepared || (!isRejection(prepared) && (!prepared.nodes || prepared.nodes.has(node.name)) && !prepared.filter(node));
  });
}

/** `undefined` when a plugin refused the pod as such. */
function prepareFilters(pod: PodInfo, cluster: Cluster, plugins: readonly FilterPlugin[], diagnosis: Diagnosis): NamedFilter[] | undefined {
  const prepared: NamedFilter[] = [];
  for (const plugin of plugins) {
    const result = plugin.prepare(pod, cluster);
    if (!result) continue;
    if (isRejection(result)) {
      diagnosis.prepared = result;
      diagnosis.plugins.add(plugin.name);
      return undefined;
    }
    prepared.push({name: plugin.name, ...result});
  }
  return prepared;
}

/** The nodes that plugins narrowed the search to; the others are refused by the plugins' names alone. */
function namedNodes(prepared: readonly NamedFilter[], diagnosis: Diagnosis): ReadonlySet<string> | undefined {
  const narrowing = prepared.filter(({nodes}) => nodes);
  if (narrowing.length === 0) return undefined;
  const names = narrowing.map(({name}) => name);
  for (const name of names) diagnosis.plugins.add(name);
  diagnosis.unvisited = rejection(`node(s) didn't satisfy plugin(s) [${names.join(' ')}]`, true);
  return new Set([...narrowing[0]!.nodes!].filter(name => narrowing.every(({nodes}) => nodes!.has(name))));
}

function findFeasible(
  pod: PodInfo,
  cluster: Cluster,
  prepared: readonly NamedFilter[],
  named: ReadonlySet<string> | undefined,
  {nominated, start}: ScheduleOptions,
  diagnosis: Diagnosis,
): {feasible: NodeInfo[]; visited: number} {
  const nodes = named ? [...named].map(name => cluster.node(name)).filter(node => node !== undefined) : cluster.nodes();
  const wanted = nodesToFind(nodes.length);
  const feasible: NodeInfo[] = [];
  let visited = 0;
  while (visited < nodes.length && feasible.length < wanted) {
    const node = nodes[(start + visited++) % nodes.length]!;
    const refused = refusal(pod, node, prepared, nominated(node.name));
    if (!refused) feasible.push(node);
    else {
      diagnosis.rejected.set(node.name, refused.rejection);
      diagnosis.plugins.add(refused.plugin);
    }
  }
  return {feasible, visited};
}

/** Pods of the same or a higher priority that were promised room count as if they were there. */
function refusal(pod: PodInfo, node: NodeInfo, prepared: readonly NamedFilter[], nominated: readonly PodInfo[]) {
  const promised = nominated.filter(other => other.uid !== pod.uid && other.priority >= pod.priority && !node.pods.has(other.uid));
  if (promised.length > 0) {
    const refused = firstRefusal(withPods(node, promised), prepared);
    if (refused) return refused;
  }
  return firstRefusal(node, prepared);
}

function firstRefusal(node: NodeInfo, prepared: readonly NamedFilter[]): {plugin: string; rejection: Rejection} | undefined {
  for (const {name, filter} of prepared) {
    const refused = filter(node);
    if (refused) return {plugin: name, rejection: refused};
  }
  return undefined;
}

const MIN_NODES = 100;
const MIN_PERCENTAGE = 5;

/** Large clusters are searched only until enough nodes are found (percentageOfNodesToScore). */
function nodesToFind(nodes: number): number {
  if (nodes < MIN_NODES) return nodes;
  const percentage = Math.max(MIN_PERCENTAGE, 50 - Math.trunc(nodes / 125));
  return Math.max(MIN_NODES, Math.trunc((nodes * percentage) / 100));
}

function best(pod: PodInfo, nodes: readonly NodeInfo[], cluster: Cluster, {scores, random}: ScheduleOptions): NodeInfo {
  const totals = nodes.map(() => 0);
  for (const plugin of scores) {
    const given = plugin.score(pod, nodes, cluster);
    if (given) for (let i = 0; i < totals.length; i++) totals[i]! += plugin.weight * given[i]!;
  }
  const highest = Math.max(...totals);
  const winners = nodes.filter((_, i) => totals[i] === highest);
  return winners[winners.length === 1 ? 0 : random.integer(winners.length)]!;
}
