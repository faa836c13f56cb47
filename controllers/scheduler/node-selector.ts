import type {NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod} from '../../server/api/kinds.generated.ts';
import type {NodeInfo} from './framework.ts';

type Labels = {[key: string]: string};

/** The terms are alternatives; an empty one matches nothing (k8s.io/component-helpers/scheduling/corev1/nodeaffinity). */
export const matchesNodeSelector = (selector: NodeSelector, node: NodeLike): boolean =>
  selector.nodeSelectorTerms.some(term => matchesNodeSelectorTerm(term, node));

export function matchesNodeSelectorTerm({matchExpressions = [], matchFields = []}: NodeSelectorTerm, {name, labels}: NodeLike): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every(requirement => matchesRequirement(requirement, labels)) &&
    matchFields.every(requirement => requirement.key === 'metadata.name' && matchesRequirement(requirement, {'metadata.name': name}))
  );
}

/** spec.nodeSelector and required node affinity together. */
export function matchesNodeAffinity(pod: Pick<Pod, 'spec'>, node: NodeLike): boolean {
  const {nodeSelector, affinity} = pod.spec;
  if (nodeSelector) for (const key in nodeSelector) if (node.labels[key] !== nodeSelector[key]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || matchesNodeSelector(required, node);
}

type NodeLike = Pick<NodeInfo, 'name' | 'labels'>;

function matchesRequirement({key, operator, values = []}: NodeSelectorRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      if (value === undefined || !INTEGER.test(value) || !INTEGER.test(values[0] ?? '')) return false;
      return operator === 'Gt' ? BigInt(value) > BigInt(values[0]!) : BigInt(value) < BigInt(values[0]!);
    }
    default:
      return false;
  }
}

const INTEGER = /^-?\d+$/;
