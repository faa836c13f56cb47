import type {ApiError} from '../api/status.ts';
import {notFound, resourceNotFound} from '../api/status.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {get} from '../verbs/get.ts';
import {patch} from '../verbs/patch.ts';
import {update} from '../verbs/update.ts';
import {bind} from './binding.ts';
import {evict} from './eviction.ts';
import {getScale, patchScale, updateScale} from './scale.ts';
import {requestToken} from './token.ts';

type Verb = (environment: Environment, context: RequestContext, resource: Resource) => ApiResponse | Promise<ApiResponse>;

/** Subresources whose bodies are the object itself: the main verbs serve them, under the subresource's own rules. */
const OWN_KIND: {readonly [verb: string]: Verb} = {get, update, patch};

/** The others, by name and verb. */
const SPECIAL: {readonly [subresource: string]: {readonly [verb: string]: Verb}} = {
  scale: {get: getScale, update: updateScale, patch: patchScale},
  binding: {create: bind},
  eviction: {create: evict},
  token: {create: requestToken},
};

/** The function of a verb on a subresource; throws 404 for one the resource does not have and `refused` for a verb it does not have. */
export function subresourceVerb(resource: Resource, name: string, verb: string, refused: () => ApiError, more: typeof SPECIAL = {}): Verb {
  const subresource = resource.subresources.get(name);
  if (subresource === undefined) {
    if (resource.custom) return (_environment, {info}) => Promise.reject(notFound(resource, info.name));
    throw resourceNotFound();
  }
  const special = more[name] ?? SPECIAL[name];
  const found = special?.[verb] ?? (subresource.kind === resource.kind && subresource.verbs.includes(verb) ? OWN_KIND[verb] : undefined);
  if (found === undefined) throw refused();
  return found;
}
