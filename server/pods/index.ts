import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {connect} from './connect.ts';
import {admitted} from './connect-options.ts';
import {podLog} from './log.ts';
import {proxy} from './proxy.ts';

type Verb = (environment: Environment, context: RequestContext, resource: Resource) => ApiResponse | Promise<ApiResponse>;

const connecting = admitted(connect);
const proxying = admitted(proxy);
const CONNECT = {get: connecting, create: connecting};
// OPTIONS is no verb of its own.
const PROXY = {get: proxying, create: proxying, update: proxying, patch: proxying, delete: proxying, '': proxying};

/** The subresources that reach a pod through its kubelet, by name and verb. */
export const podConnections: {readonly [subresource: string]: {readonly [verb: string]: Verb}} = {
  log: {get: podLog},
  exec: CONNECT,
  attach: CONNECT,
  portforward: CONNECT,
  proxy: PROXY,
};
