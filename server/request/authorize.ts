import type {Identity} from '../api/client.ts';
import {ApiError, forbidden} from '../api/status.ts';
import type {RequestInfo} from './info.ts';

const PUBLIC_PATHS = /^\/(healthz|livez|readyz|version)(\/|$)/;

/** Every authenticated identity may do everything; anybody may ask for health and version. */
export function authorize({name, groups}: Identity, info: RequestInfo): void {
  if (groups.includes('system:authenticated')) return;
  if (!info.isResource) {
    if (PUBLIC_PATHS.test(info.path)) return;
    throw new ApiError(
      403,
      'Forbidden',
      `forbidden: User ${JSON.stringify(name)} cannot ${info.verb} path ${JSON.stringify(info.path)}`,
      {},
    );
  }
  const where = info.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(info.namespace)}`;
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  throw forbidden(
    {group: info.group, resource: info.resource},
    info.name,
    `User ${JSON.stringify(name)} cannot ${info.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(info.group)} ${where}`,
  );
}
