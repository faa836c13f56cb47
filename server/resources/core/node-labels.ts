import type {FieldPath} from '../../api/field.ts';
import {at, child} from '../../api/field.ts';
import type {LabelSelector} from '../../api/kinds.generated.ts';

const DEPRECATED: {readonly [label: string]: string} = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

/** What to say of a label of nodes that is no longer to be used; undefined of all others (pkg/api/node). */
export const deprecatedNodeLabel = (label: string): string | undefined =>
  Object.hasOwn(DEPRECATED, label) ? DEPRECATED[label] : undefined;

/** What to say of a selector of nodes that names such labels. */
export function nodeSelectorWarnings(selector: LabelSelector | undefined, path: FieldPath): string[] {
  const told = (key: string, where: FieldPath, what = ''): string[] => {
    const message = deprecatedNodeLabel(key);
    return message === undefined ? [] : [`${where}: ${what}${message}`];
  };
  return [
    ...(selector?.matchExpressions ?? []).flatMap(({key}, i) =>
      told(key, child(at(child(path, 'matchExpressions'), i), 'key'), `${key} is `),
    ),
    ...Object.keys(selector?.matchLabels ?? {}).flatMap(key => told(key, child(path, 'matchLabels', key))),
  ];
}
