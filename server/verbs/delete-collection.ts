import {isApiError} from '../api/status.ts';
import {deleteOptions} from '../request/delete-options.ts';
import {listQuery} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import {deleteObject, warnOfOrphans} from './delete.ts';
import type {Environment} from './environment.ts';
import {find} from './list.ts';
import {select} from './select.ts';

/** DELETE of a collection: each object by itself, under the same options; answers with the list as it was found. */
export async function removeCollection(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const {namespace} = context.info;
  const query = listQuery(context.request.query, false);
  const options = await deleteOptions(environment, context);
  warnOfOrphans(context, resource, options);
  const selection = select(resource, namespace, query.labelSelector, query.fieldSelector);
  const {entries, metadata} = await find(environment.storage(resource), resource, namespace, query, selection);
  for (const entry of entries) {
    try {
      await deleteObject(environment, context, resource, entry.name, options, entry.namespace);
    } catch (error) {
      // Somebody else was quicker: what was asked for is done.
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
  return {status: 200, headers: {}, body: {type: 'list', resource, entries, metadata}};
}
