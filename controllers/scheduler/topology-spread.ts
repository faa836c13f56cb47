import type {Pod, TopologySpreadConstraint} from '../../server/api/kinds.generated.ts';
import type {NodeInfo, PodInfo} from './framework.ts';
import type {Labels} from './label-selector.ts';
import {labelSelectorMatcher} from './label-selector.ts';
import {countPods} from './node-info.ts';
import {matchesNodeAffinity} from './node-selector.ts';
import {findUntoleratedTaint} from './taints.ts';

export const HOSTNAME = 'kubernetes.io/hostname';
export const ZONE = 'topology.kubernetes.io/zone';

/** A spread constraint, compiled. */
export interface Spread {
  topologyKey: string;
  maxSkew: number;
  minDomains: number;
  /** Equal keys mean equal selectors in the same namespace. */
  key: string;
  matches(labels: Labels): boolean;
  honorsAffinity: boolean;
  honorsTaints: boolean;
}

/** The pod's own constraints of one kind. */
export const spreadConstraints = ({pod, namespace}: PodInfo, whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'): Spread[] =>
  (pod.spec.topologySpreadConstraints ?? [])
    .filter(constraint => constraint.whenUnsatisfiable === whenUnsatisfiable)
    .map(constraint => compile(constraint, namespace, pod));

/** Pods of this namespace on the node that the constraint counts; terminating ones do not. */
export const countSpread = (node: NodeInfo, {key, matches}: Pick<Spread, 'key' | 'matches'>, namespace: string): number =>
  countPods(node, key, other => other.namespace === namespace && !other.pod.metadata.deletionTimestamp && matches(other.labels));

/** Whether a node counts for a constraint at all. */
export function includesNode({honorsAffinity, honorsTaints}: Spread, {pod}: PodInfo, node: NodeInfo): boolean {
  if (honorsAffinity && !matchesNodeAffinity(pod, node)) return false;
  return !honorsTaints || !findUntoleratedTaint(node.node.spec?.taints, pod.spec.tolerations, ['NoSchedule', 'NoExecute']);
}

export const hasTopologies = (constraints: readonly Spread[], node: NodeInfo): boolean =>
  constraints.every(({topologyKey}) => node.labels[topologyKey] !== undefined);

function compile(constraint: TopologySpreadConstraint, namespace: string, pod: Pod): Spread {
  const {topologyKey, maxSkew, minDomains = 1, labelSelector, matchLabelKeys = [], nodeAffinityPolicy, nodeTaintsPolicy} = constraint;
  const labels = pod.metadata.labels ?? {};
  const same = matchLabelKeys.filter(key => labels[key] !== undefined).map(key => [key, labels[key]!] as const);
  const selects = labelSelectorMatcher(labelSelector);
  return {
    topologyKey,
    maxSkew,
    minDomains,
    key: `spread:${namespace}:${JSON.stringify(labelSelector)}:${JSON.stringify(same)}`,
    matches: other => selects(other) && same.every(([key, value]) => other[key] === value),
    honorsAffinity: (nodeAffinityPolicy ?? 'Honor') === 'Honor',
    honorsTaints: nodeTaintsPolicy === 'Honor',
  };
}
