import type {Ingress} from '../api/kinds.generated.ts';
import {parseTime} from '../api/time.ts';
import type {AdmissionPlugin} from './admission.ts';

const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** Ingresses that name no class get the newest default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: ({operation, resource, subresource}) =>
    operation === 'CREATE' && resource.group === 'networking.k8s.io' && resource.resource === 'ingresses' && subresource === '',
  admit({object}, lookup) {
    const ingress = object as unknown as Ingress;
    if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const [newest] = lookup
      .list('networking.k8s.io', 'ingressclasses')
      .filter(({metadata}) => metadata.annotations?.[DEFAULT_CLASS] === 'true')
      .sort(
        (a, b) =>
          parseTime(b.metadata.creationTimestamp!) - parseTime(a.metadata.creationTimestamp!) ||
          (a.metadata.name! < b.metadata.name! ? -1 : 1),
      );
    if (newest) ingress.spec = {...ingress.spec, ingressClassName: newest.metadata.name!};
  },
};
