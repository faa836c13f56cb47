import type {IncomingMessage} from 'node:http';
import {request as sendRequest} from 'node:http';
import type {FieldError} from '../api/field.ts';
import {forbiddenField, invalid, invalidObject} from '../api/field.ts';
import {ApiError, badRequest, internalError, unknownError} from '../api/status.ts';
import {canonicalTime} from '../api/time.ts';
import {queryFlag} from '../request/info.ts';
import {queryInteger} from '../request/options.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {chooseContainer, findPod, kubeletAddress} from './pod-target.ts';

/** GET of a pod's log: what its kubelet says (pkg/registry/core/pod/rest/log.go). A pod without a node has nothing to say. */
export async function podLog(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  const {query, signal} = context.request;
  const {name, namespace} = context.info;
  checkOptions(name, query);
  const pod = findPod(environment, context, resource);
  const container = chooseContainer(pod, query.get('container') ?? '');
  const {nodeName} = pod.spec;
  if (!nodeName) return {status: 204, headers: {}, body: {type: 'none'}};
  const path = `/containerLogs/${namespace}/${name}/${container}${kubeletQuery(query)}`;
  const response = await ask(environment, nodeName, path, signal);
  if (response.statusCode !== 200) throw refused(response.statusCode!, await readText(response));
  return {status: 200, headers: {}, body: {type: 'stream', stream: response, contentType: 'text/plain'}};
}

/** PodLogOptions (pkg/apis/core/validation ValidatePodLogOptions). */
function checkOptions(name: string, query: URLSearchParams): void {
  const errors: FieldError[] = [];
  const atLeast = (field: string, least: 0 | 1) => {
    const value = queryInteger(query, field);
    if (value === undefined || value >= least) return;
    errors.push(invalid(field, value, least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0'));
  };
  checkTime(query.get('sinceTime') ?? '');
  for (const field of NUMBERS) queryInteger(query, field);
  atLeast('tailLines', 0);
  atLeast('limitBytes', 1);
  if (query.get('sinceSeconds') && query.get('sinceTime')) {
    errors.push(forbiddenField('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  } else atLeast('sinceSeconds', 1);
  // One of two streams only: not before the feature gate PodLogsQuerySplitStreams is on.
  if (query.has('stream')) errors.push(forbiddenField('stream', 'may not be specified'));
  if (errors.length > 0) throw invalidObject({group: '', kind: 'PodLogOptions'}, name, errors);
}

const NUMBERS = ['sinceSeconds', 'tailLines', 'limitBytes'] as const;

/** Query parameters are read before anything is checked. */
function checkTime(text: string): void {
  if (text === '' || text === 'null') return;
  try {
    canonicalTime(text);
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}

function kubeletQuery(query: URLSearchParams): string {
  const passed = new URLSearchParams();
  for (const flag of ['follow', 'previous', 'timestamps']) if (queryFlag(query, flag)) passed.set(flag, 'true');
  for (const field of NUMBERS) {
    const value = queryInteger(query, field);
    if (value !== undefined) passed.set(field, String(value));
  }
  if (query.get('sinceTime')) passed.set('sinceTime', query.get('sinceTime')!);
  return passed.size > 0 ? `?${passed}` : '';
}

function ask(environment: Environment, node: string, path: string, signal?: AbortSignal): Promise<IncomingMessage> {
  const connection = environment.dial({node});
  if (!connection) {
    const address = kubeletAddress(environment, node);
    throw unknownError(`Get "https://${address}${path}": dial tcp ${address}: connect: connection refused`);
  }
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest({path, createConnection: () => connection, ...(signal && {signal})}, resolve);
    outgoing.on('error', error => reject(unknownError(`Get ${JSON.stringify(path)}: ${error.message}`)));
    outgoing.end();
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

/** What the kubelet refuses, as the API server passes it on (k8s.io/apiserver/pkg/registry/generic/rest/response_checker.go). */
function refused(status: number, text: string): ApiError {
  if (status === 400) return badRequest(text);
  if (status === 500) return internalError(text);
  return new ApiError(status, status === 404 ? 'NotFound' : undefined, `the server could not find the requested resource: ${text}`);
}
