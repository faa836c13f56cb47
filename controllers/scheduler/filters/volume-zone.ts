import {isBound, podClaims} from '../claims.ts';
import type {FilterPlugin, NodeInfo} from '../framework.ts';
import {rejection} from '../framework.ts';

/** Labels that tie a volume to a place, with the older names that mean the same. */
const TOPOLOGY_LABELS: {readonly [label: string]: string} = {
  'topology.kubernetes.io/zone': 'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
};

/** Volumes labelled with zones (several are joined by `__`) can be used only there. */
export const volumeZone: FilterPlugin = {
  name: 'VolumeZone',
  prepare(pod, {lookup}) {
    const places: {label: string; values: string[]}[] = [];
    for (const {name} of podClaims(pod.pod)) {
      const claim = lookup.claim(pod.namespace, name);
      const volume = claim && isBound(claim) ? lookup.volume(claim.spec!.volumeName!) : undefined;
      for (const [label, value] of Object.entries(volume?.metadata.labels ?? {}))
        if (TOPOLOGY_LABELS[label]) places.push({label, values: value.split('__')});
    }
    if (places.length === 0) return undefined;
    const there = ({labels}: NodeInfo) =>
      places.every(({label, values}) => values.includes(labels[label] ?? labels[TOPOLOGY_LABELS[label]!] ?? ''));
    return {filter: node => (there(node) ? undefined : rejection('node(s) had no available volume zone', true))};
  },
  hint: event => event.type === 'Storage' || event.type === 'NodeAdd' || event.type === 'NodeUpdate',
};
