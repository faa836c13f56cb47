import type {NodeSelectorTerm} from '../../../server/api/kinds.generated.ts';
import type {FilterPlugin} from '../framework.ts';
import {rejection} from '../framework.ts';
import {matchesNodeAffinity} from '../node-selector.ts';

/** spec.nodeSelector and required node affinity. Terms that name nodes narrow the search before any other filter runs. */
export const nodeAffinity: FilterPlugin = {
  name: 'NodeAffinity',
  prepare({pod}) {
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required && Object.keys(pod.spec.nodeSelector ?? {}).length === 0) return undefined;
    const nodes = required && namedNodes(required.nodeSelectorTerms);
    if (nodes?.size === 0) return rejection('pod affinity terms conflict', true);
    return {
      ...(nodes && {nodes}),
      filter: node => (matchesNodeAffinity(pod, node) ? undefined : rejection("node(s) didn't match Pod's node affinity/selector", true)),
    };
  },
  hint(event, {pod}) {
    if (event.type === 'NodeAdd') return matchesNodeAffinity(pod, event.node);
    return event.type === 'NodeUpdate' && matchesNodeAffinity(pod, event.node) && !matchesNodeAffinity(pod, event.old);
  },
};

/** The nodes that the terms name, if every term names some; a term that names none may match any node. */
function namedNodes(terms: readonly NodeSelectorTerm[]): Set<string> | undefined {
  const all = new Set<string>();
  for (const {matchFields = []} of terms) {
    const lists = matchFields.filter(({key, operator}) => key === 'metadata.name' && operator === 'In').map(({values = []}) => values);
    if (lists.length === 0) return undefined;
    for (const name of lists[0]!) if (lists.every(list => list.includes(name))) all.add(name);
  }
  return terms.length > 0 ? all : undefined;
}
