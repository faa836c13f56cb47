import type {AccessAttributes, Authorizer} from '../access/authorizer.ts';
import type {Identity} from '../api/client.ts';
import {isPathSegmentName} from '../api/names.ts';
import {ApiError, forbidden} from '../api/status.ts';
import type {RequestInfo} from './info.ts';

/** Lets the request through or throws 403 in upstream's words. */
export function authorize(authorizer: Authorizer, identity: Identity, info: RequestInfo, query?: URLSearchParams): void {
  const attributes = {identity, ...info, name: info.name || selectedName(info, query)};
  const {allowed, reason} = authorizer(attributes);
  if (!allowed) throw refusal(attributes, reason);
}

/** Who lists or watches a single object by its name asks for no more than that object. */
function selectedName({verb}: RequestInfo, query: URLSearchParams | undefined): string {
  if (verb !== 'list' && verb !== 'watch') return '';
  const terms = query?.get('fieldSelector')?.split(',') ?? [];
  const name = terms.map(term => /^metadata\.name==?([^=]+)$/.exec(term)?.[1]).find(found => found !== undefined) ?? '';
  return isPathSegmentName(name).length === 0 ? name : '';
}

/** Apply and PUT may turn out to create: that is a right of its own. */
export const authorizeCreation = (authorizer: Authorizer, identity: Identity, info: RequestInfo): void =>
  authorize(authorizer, identity, {...info, verb: 'create'});

/** The 403 of a refused request (k8s.io/apiserver/pkg/endpoints/handlers/responsewriters ForbiddenStatusError). */
export function refusal(
  {identity, verb, isResource, group, resource, subresource, namespace, name, path}: AccessAttributes,
  reason: string,
): ApiError {
  const why = reason === '' ? '' : `: ${reason}`;
  const user = `User ${JSON.stringify(identity.name)} cannot`;
  if (!isResource) return new ApiError(403, 'Forbidden', `forbidden: ${user} ${verb} path ${JSON.stringify(path)}${why}`, {});
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  return forbidden(
    {group, resource},
    name,
    `${user} ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}${why}`,
  );
}
