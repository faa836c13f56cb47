import {isApiError} from '../api/status.ts';
import {deleteOptions} from '../request/delete-options.ts';
import {listQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {deleteObject, warnOfOrphans} from './delete.ts';
import type {Environment} from './environment.ts';
import {find} from './list.ts';
import {select} from './select.ts';

/** How many objects are deleted at a time: what is written together is one transaction. */
const TOGETHER = 16;

/** DELETE of a collection: each object by itself, under the same options; answers with the list as it was found. */
export async function removeCollection(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const {namespace} = context.info;
  const query = listQuery(context.request.query, false);
  const options = await deleteOptions(environment, context);
  warnOfOrphans(context, resource, options);
  const selection = select(resource, namespace, query);
  const {entries, metadata} = await find(environment.storage(resource), resource, namespace, query, selection);
  for (let start = 0; start < entries.length; start += TOGETHER) {
    const deletions = entries
      .slice(start, start + TOGETHER)
      .map(({name, namespace}) => deleteObject(environment, context, resource, name, options, namespace));
    for (const result of await Promise.allSettled(deletions)) {
      // Where somebody else was quicker, what was asked for is done.
      if (result.status === 'rejected' && !isApiError(result.reason, 'NotFound')) throw result.reason;
    }
  }
  return {status: 200, headers: {}, body: {type: 'list', resource, entries, metadata}};
}
