import type {Service} from '../api/kinds.generated.ts';
import type {AdmissionPlugin} from './admission.ts';
import {refuse} from './admission.ts';

/** No Service takes external addresses that it did not have. Off by default. */
export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  handles: ({operation, resource, subresource}) =>
    (operation === 'CREATE' || operation === 'UPDATE') && resource.group === '' && resource.resource === 'services' && subresource === '',
  validate(request) {
    const {object, old} = request;
    const addresses = (service: unknown) => (service as Service | undefined)?.spec?.externalIPs ?? [];
    const before = new Set(addresses(old));
    if (addresses(object).every(address => before.has(address))) return;
    throw refuse(request, 'Use of external IPs is denied by admission control.');
  },
};
