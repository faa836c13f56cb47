import {ApiError, badRequest} from '../api/status.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {chooseContainer, findPod} from './pod-target.ts';

/** exec, attach and portforward: what can be said before anything is streamed; the streams themselves are refused by name. */
export function connect(environment: Environment, context: RequestContext, resource: Resource): ApiResponse {
  const {subresource} = context.info;
  const pod = findPod(environment, context, resource);
  if (subresource !== 'portforward') chooseContainer(pod, context.request.query.get('container') ?? '');
  if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  throw new ApiError(501, 'NotImplemented', `pods/${subresource} is not implemented by this server`);
}
