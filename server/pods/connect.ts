import type {Duplex} from 'node:stream';
import {relay} from '../../wire/relay.ts';
import type {Pod} from '../api/kinds.generated.ts';
import {badRequest, forbidden, unknownError} from '../api/status.ts';
import type {ApiRequest, ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {chooseContainer, findPod, kubeletAddress} from './pod-target.ts';

/** exec, attach and portforward: the client's connection is handed to the pod's kubelet (pkg/registry/core/pod/rest/subresources.go). */
export async function connect(environment: Environment, context: RequestContext, resource: Resource): Promise<ApiResponse> {
  await checkCreate(environment, context, resource);
  const {headers} = context.request;
  const pod = findPod(environment, context, resource);
  const path = kubeletPath(pod, context);
  const {nodeName} = pod.spec;
  if (!nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  if (headers.upgrade === undefined) throw badRequest('Upgrade request required');
  const kubelet = environment.dial({node: nodeName});
  if (!kubelet) {
    const address = kubeletAddress(environment, nodeName);
    throw unknownError(`error dialing backend: dial tcp ${address}: connect: connection refused`);
  }
  const open = (client: Duplex, head: Buffer): void => {
    begin(kubelet, path, headers);
    relay(client, head, kubelet);
  };
  return {status: 101, headers: {}, body: {type: 'upgrade', open}};
}

/** WebSockets start with a GET: who may only read may not reach into pods by them. */
async function checkCreate({authorizer}: Environment, {identity, info}: RequestContext, resource: Resource): Promise<void> {
  if (info.verb === 'create') return;
  const {allowed, reason, error} = await authorizer({identity, ...info, verb: 'create'});
  if (error !== undefined) throw unknownError(error);
  if (!allowed) throw forbidden(resource, info.name, reason);
}

/** Names of the options as the kubelet has them. */
const KUBELET_FLAGS: {readonly [option: string]: string} = {stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty'};

function kubeletPath(pod: Pod, {info, request}: RequestContext): string {
  const {namespace, name} = pod.metadata;
  const {query} = request;
  if (info.subresource === 'portforward') {
    const ports = new URLSearchParams(query.getAll('ports').map((port): [string, string] => ['port', port]));
    return `/portForward/${namespace}/${name}?${ports}`;
  }
  const container = chooseContainer(pod, query.get('container') ?? '');
  const passed = new URLSearchParams(query.getAll('command').map((word): [string, string] => ['command', word]));
  for (const [option, flag] of Object.entries(KUBELET_FLAGS)) if (isSet(query.get(option))) passed.set(flag, '1');
  return `/${info.subresource}/${namespace}/${name}/${container}?${passed}`;
}

const isSet = (value: string | null): boolean => value !== null && value !== '0' && value !== 'false';

/** What the kubelet has to see of the client's request. */
const PASSED_HEADERS = /^(upgrade|connection|sec-websocket-.*|x-stream-protocol-version)$/;

/** Asks the kubelet what the client asked. */
function begin(kubelet: Duplex, path: string, headers: ApiRequest['headers']): void {
  const lines = Object.entries(headers).filter(([name, value]) => value !== undefined && PASSED_HEADERS.test(name));
  kubelet.write(
    [`GET ${path} HTTP/1.1`, 'host: kubelet', ...lines.map(([name, value]) => `${name}: ${[value].flat().join(', ')}`), '', ''].join(
      '\r\n',
    ),
  );
}
