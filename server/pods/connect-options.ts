import type {AdmissionRequest} from '../admission/admission.ts';
import type {JsonObject} from '../api/json.ts';
import type {KubeObject} from '../api/object.ts';
import {badRequest} from '../api/status.ts';
import {queryFlag} from '../request/info.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {warn} from '../verbs/strategy-context.ts';

type Verb = (environment: Environment, context: RequestContext, resource: Resource) => ApiResponse | Promise<ApiResponse>;

/** A connection that admission is asked about first, with its options as the object (k8s.io/apiserver/pkg/endpoints/handlers, ConnectResource). */
export const admitted =
  (verb: Verb): Verb =>
  async (environment, context, resource) => {
    if (context.request.query.has('dryRun')) throw badRequest('dryRun is not supported');
    const request = connectRequest(context, resource);
    await environment.admission.admit(request);
    await environment.admission.validate(request);
    return verb(environment, context, resource);
  };

function connectRequest(context: RequestContext, resource: Resource): AdmissionRequest {
  const {namespace, name, subresource} = context.info;
  const {group, version, kind} = {...resource, ...resource.subresources.get(subresource)};
  return {
    operation: 'CONNECT',
    resource,
    subresource,
    kind: {group, version, kind},
    namespace,
    name,
    object: {kind, apiVersion: 'v1', ...connectOptions(context)} as unknown as KubeObject,
    old: undefined,
    options: undefined,
    dryRun: false,
    identity: context.identity,
    warn: message => warn(context, message),
    audit: () => {},
  };
}

/** PodExecOptions and its like, as the query says them. */
function connectOptions({info, request}: RequestContext): JsonObject {
  const {query} = request;
  if (info.subresource === 'proxy') return filled({path: proxyPath(info)});
  if (info.subresource === 'portforward') {
    const ports = query
      .getAll('ports')
      .flatMap(list => list.split(','))
      .filter(port => port !== '');
    return ports.length > 0 ? {ports: ports.map(Number)} : {};
  }
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].filter(flag => queryFlag(query, flag)).map(flag => [flag, true]);
  const options = {...Object.fromEntries(flags), ...filled({container: query.get('container') ?? ''})};
  if (info.subresource === 'attach') return options;
  const command = query.getAll('command');
  return {...options, command: command.length > 0 ? command : null};
}

function proxyPath({parts, path}: {readonly parts: readonly string[]; readonly path: string}): string {
  const below = parts.slice(3).join('/');
  const start = below === '' ? '' : `/${below}`;
  return path.endsWith('/') && !start.endsWith('/') ? `${start}/` : start;
}

const filled = (fields: {readonly [name: string]: string}): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
