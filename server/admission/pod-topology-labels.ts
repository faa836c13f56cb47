import type {Binding, Pod} from '../api/kinds.generated.ts';
import type {AdmissionPlugin} from './admission.ts';

const TOPOLOGY_LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A pod carries the zone and region of its node as labels, from its binding (or its creation with a node) on. */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  handles: ({operation, resource, subresource}) =>
    operation === 'CREATE' &&
    resource.group === '' &&
    ((resource.resource === 'pods' && (subresource === 'binding' || subresource === '')) || resource.resource === 'bindings'),
  admit({object, resource, subresource}, lookup) {
    const binds = subresource === 'binding' || resource.resource === 'bindings';
    const nodeName = binds ? (object as unknown as Binding).target.name : (object as unknown as Pod).spec.nodeName;
    if (!nodeName) return;
    const labels = lookup.get('', 'nodes', '', nodeName)?.metadata.labels;
    for (const name of TOPOLOGY_LABELS) {
      if (labels?.[name] !== undefined) object!.metadata.labels = {...object!.metadata.labels, [name]: labels[name]};
    }
  },
};
