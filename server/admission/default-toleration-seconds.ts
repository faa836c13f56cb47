import type {Pod, Toleration} from '../api/kinds.generated.ts';
import type {AdmissionPlugin} from './admission.ts';

const SECONDS = 300;

/** Pods outlive a node's outage by five minutes unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: ({operation, resource, subresource}) =>
    resource.group === '' && resource.resource === 'pods' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  admit({object}) {
    const {spec} = object as unknown as Pod;
    for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
      if ((spec.tolerations ?? []).some(toleration => tolerates(toleration, key))) continue;
      spec.tolerations = [...(spec.tolerations ?? []), {key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS}];
    }
  },
};

const tolerates = ({key, effect}: Toleration, taint: string): boolean =>
  (key === taint || key === undefined || key === '') && (effect === 'NoExecute' || effect === undefined || effect === '');
