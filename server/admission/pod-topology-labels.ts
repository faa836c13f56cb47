import type {Binding, Pod} from '../api/kinds.generated.ts';
import type {AdmissionPlugin} from './admission.ts';

const TOPOLOGY_LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A pod carries the zone and region of its node as labels, from its binding (or its creation with a node) on. */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  handles: ({operation, resource, subresource}) =>
    operation === 'CREATE' && resource.group === '' && resource.resource === 'pods' && (subresource === 'binding' || subresource === ''),
  admit({object, subresource}, lookup) {
    const nodeName = subresource === 'binding' ? boundTo(object as unknown as Binding) : (object as unknown as Pod).spec.nodeName;
    if (!nodeName) return;
    const labels = lookup.get('', 'nodes', '', nodeName)?.metadata.labels;
    for (const name of TOPOLOGY_LABELS) {
      if (labels?.[name] !== undefined) object!.metadata.labels = {...object!.metadata.labels, [name]: labels[name]};
    }
  },
};

const boundTo = ({target}: Binding): string | undefined => (target.kind === 'Node' ? target.name : undefined);
