import type {Service} from '../api/kinds.generated.ts';
import {forbidden} from '../api/status.ts';
import type {AdmissionPlugin} from './admission.ts';

/** No Service takes external addresses that it did not have. Off by default. */
export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  handles: ({operation, resource, subresource}) =>
    (operation === 'CREATE' || operation === 'UPDATE') && resource.group === '' && resource.resource === 'services' && subresource === '',
  validate({object, old, resource, name}) {
    const addresses = (service: unknown) => (service as Service | undefined)?.spec?.externalIPs ?? [];
    const before = new Set(addresses(old));
    if (addresses(object).every(address => before.has(address))) return;
    throw forbidden(resource, name, 'Use of external IPs is denied by admission control.');
  },
};
