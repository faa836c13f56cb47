import type {AccessAttributes, AccessDecision, Authorizer} from '../access/authorizer.ts';
import {withRawSelectors} from '../access/review-attributes.ts';
import type {Identity} from '../api/client.ts';
import {isPathSegmentName} from '../api/names.ts';
import {ApiError, forbidden} from '../api/status.ts';
import {PlainInternalError} from './fail.ts';
import type {RequestInfo} from './info.ts';

/** Lets the request through or throws 403 in upstream's words; a promise only where an authorizer has to ask somebody else. */
export function authorize(authorizer: Authorizer, identity: Identity, info: RequestInfo, query?: URLSearchParams): void | Promise<void> {
  const attributes = attributesOf(identity, info, query);
  const decision = authorizer(attributes);
  if (decision instanceof Promise) return decision.then(late => enforce(attributes, late));
  enforce(attributes, decision);
}

function enforce(attributes: AccessAttributes, {allowed, reason, error}: AccessDecision): void {
  if (allowed) return;
  if (error !== undefined) throw new PlainInternalError(error);
  throw refusal(attributes, reason);
}

function attributesOf(identity: Identity, info: RequestInfo, query: URLSearchParams | undefined): AccessAttributes {
  const {verb, name} = info;
  if (query === undefined || query.size === 0 || !(verb === 'list' || verb === 'watch' || verb === 'deletecollection'))
    return {identity, ...info};
  const limited = withRawSelectors(
    {identity, ...info},
    {fieldSelector: query.get('fieldSelector'), labelSelector: query.get('labelSelector')},
  );
  return name || verb === 'deletecollection' ? limited : {...limited, name: selectedName(limited)};
}

/** Who lists or watches a single object by its name asks for no more than that object. */
function selectedName({fieldSelector}: AccessAttributes): string {
  const name = fieldSelector?.find(({field, operator}) => field === 'metadata.name' && operator === '=')?.value ?? '';
  return isPathSegmentName(name).length === 0 ? name : '';
}

/** Apply and PUT may turn out to create: that is a right of its own. */
export const authorizeCreation = (authorizer: Authorizer, identity: Identity, info: RequestInfo): void | Promise<void> =>
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
