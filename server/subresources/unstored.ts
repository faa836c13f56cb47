import type {JsonObject} from '../api/json.ts';
import {notFound} from '../api/status.ts';
import type {ApiResponse, RequestContext} from '../request/request.ts';
import type {Resource} from '../resources/resource.ts';
import type {Environment} from '../verbs/environment.ts';
import {bindNamed} from './binding.ts';
import {review} from './reviews.ts';

type Verb = (environment: Environment, context: RequestContext, resource: Resource) => ApiResponse | Promise<ApiResponse>;

/** Verbs of resources that have no storage: they ask a question, act on something else, or show what the server sees. */
export function unstoredVerb(resource: Resource, verb: string): Verb {
  if (verb === 'create') return resource.resource === 'bindings' ? bindNamed : review;
  return verb === 'list' ? listComponents : getComponent;
}

const COMPONENTS = ['controller-manager', 'scheduler', 'etcd-0'];

/** v1 ComponentStatus: everything in this process is as healthy as the process. */
const component = (name: string): JsonObject => ({metadata: {name}, conditions: [{type: 'Healthy', status: 'True', message: 'ok'}]});

const listComponents: Verb = (_environment, _context, resource): ApiResponse => ({
  status: 200,
  headers: {},
  body: {type: 'object', object: {kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items: COMPONENTS.map(component)}, resource},
});

const getComponent: Verb = (_environment, {info}, resource): ApiResponse => {
  if (!COMPONENTS.includes(info.name)) throw notFound(resource, info.name);
  return {
    status: 200,
    headers: {},
    body: {type: 'object', object: {kind: 'ComponentStatus', apiVersion: 'v1', ...component(info.name)}, resource},
  };
};
