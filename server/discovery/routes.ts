import {ApiError, resourceNotFound} from '../api/status.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Environment} from '../verbs/environment.ts';
import {health} from './health.ts';

/** Everything that is not a resource. */
export interface Routes {
  handle(environment: Environment, context: RequestContext): ApiResponse | Promise<ApiResponse>;
  unknownResource(environment: Environment, context: RequestContext): ApiResponse;
  unknownPath(): ApiResponse;
}

/** Plain text, as Go's http.NotFound says it. */
export const pageNotFound = (): ApiResponse => ({
  status: 404,
  headers: {},
  body: {type: 'text', text: '404 page not found\n', contentType: 'text/plain; charset=utf-8'},
});

export interface RoutesOptions {
  /** False until the server's own objects exist: /readyz says so. */
  isReady(): boolean;
}

/** The paths that every server has. */
export function createRoutes({isReady}: RoutesOptions): Routes {
  return {
    handle(_environment, {request, info}) {
      if (request.method !== 'GET')
        throw new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
      return health(info.path, request.query, isReady()) ?? pageNotFound();
    },
    /** Below a group-version of built-in kinds the answer is a Status; other paths are just unknown. */
    unknownResource({registry}, {info}) {
      if (info.prefix === 'api' || registry.resources.some(({group, custom}) => group === info.group && !custom)) throw resourceNotFound();
      return pageNotFound();
    },
    unknownPath: pageNotFound,
  };
}
