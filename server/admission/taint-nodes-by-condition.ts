import type {Node} from '../api/kinds.generated.ts';
import type {AdmissionPlugin} from './admission.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';

/** A new node takes no pods until the node lifecycle controller has seen it ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: ({operation, resource, subresource}) =>
    operation === 'CREATE' && resource.group === '' && resource.resource === 'nodes' && subresource === '',
  admit({object}) {
    const {spec} = object as unknown as Node;
    if (spec.taints?.some(({key, effect}) => key === NOT_READY && effect === 'NoSchedule')) return;
    spec.taints = [...(spec.taints ?? []), {key: NOT_READY, effect: 'NoSchedule'}];
  },
};
