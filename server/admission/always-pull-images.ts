import type {Container, Pod} from '../api/kinds.generated.ts';
import type {AdmissionPlugin} from './admission.ts';

/** Every container pulls its image anew, so that nobody runs one that they may not pull. Off by default. */
export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  handles: ({operation, resource, subresource}) =>
    (operation === 'CREATE' || operation === 'UPDATE') &&
    resource.group === '' &&
    resource.resource === 'pods' &&
    (subresource === '' || subresource === 'ephemeralcontainers'),
  admit({object}) {
    const {spec} = object as unknown as Pod;
    const ephemeral = (spec.ephemeralContainers ?? []) as unknown as Container[];
    for (const container of [...spec.containers, ...(spec.initContainers ?? []), ...ephemeral]) container.imagePullPolicy = 'Always';
  },
};
