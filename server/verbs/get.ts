import {badRequest, notFound, tooLargeResourceVersion, unknownError} from '../api/status.ts';
import {queryFlag} from '../request/info.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Entry} from '../storage/types.ts';
import type {Environment} from './environment.ts';
import {storageKey} from './environment.ts';

/** Reads one object. `export` is refused where it is wanted; other unknown parameters are ignored, as upstream does. */
export function get(environment: Environment, {request, info}: RequestContext, resource: Resource): ApiResponse {
  if (request.query.size > 0) {
    if (queryFlag(request.query, 'export')) throw badRequest('the export parameter, deprecated since v1.14, is no longer supported');
    checkFreshness(environment, resource, request.query.get('resourceVersion') ?? '');
  }
  return {status: 200, headers: {}, body: {type: 'entry', resource, entry: existing(environment, resource, info.namespace, info.name)}};
}

/** The stored entry, or 404. */
export function existing(environment: Environment, resource: Resource, namespace: string, name: string): Entry {
  const entry = environment.storage(resource).get(storageKey(resource, namespace, name));
  if (entry === undefined) throw notFound(resource, name);
  return entry;
}

function checkFreshness(environment: Environment, resource: Resource, resourceVersion: string): void {
  if (resourceVersion === '' || resourceVersion === '0') return;
  const wanted = parseResourceVersion(resourceVersion);
  if (wanted === undefined) throw unknownError(invalidResourceVersion(resourceVersion));
  const current = environment.storage(resource).revision;
  if (wanted > current) throw tooLargeResourceVersion(wanted, current);
}

/** A revision, or undefined for what is none (as strconv.ParseUint sees it). */
export const parseResourceVersion = (text: string): number | undefined => (/^\d{1,19}$/.test(text) ? Number(text) : undefined);

export const invalidResourceVersion = (text: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
