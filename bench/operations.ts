import type {JsonObject} from '../server/api/json.ts';
import {INSTANCES, NO_RULES, WITH_RULES, widget} from './definitions.ts';
import {configMap, deployment, NAMESPACE, pod} from './objects.ts';

/** One request of the load. */
export interface LoadRequest {
  method: string;
  path: string;
  headers?: {[name: string]: string};
  body?: JsonObject | string;
  /** The answer has no end of its own: it is over when it has said this. */
  until?: string;
}

/** A kind of request, sent `count` times over `connections`. */
export interface Operation {
  name: string;
  connections: number;
  count: number;
  /** Sent before, unmeasured. */
  setUp?: LoadRequest[];
  request(number: number): LoadRequest;
  /** The server CPU per operation that we hold ourselves to, in milliseconds. */
  target?: number;
}

const CORE = `/api/v1/namespaces/${NAMESPACE}`;
const APPS = `/apis/apps/v1/namespaces/${NAMESPACE}`;

const post = (path: string, body: JsonObject): LoadRequest => ({method: 'POST', path, body});
const patch = (path: string, type: string, body: JsonObject | string): LoadRequest => ({
  method: 'PATCH',
  path,
  headers: {'Content-Type': `application/${type}`},
  body,
});

/** In the order in which they run: later ones find what earlier ones made. */
export const OPERATIONS: readonly Operation[] = [
  {
    name: 'create ConfigMap (1 KB)',
    connections: 8,
    count: 8_000,
    target: 0.35,
    request: i => post(`${CORE}/configmaps`, configMap(`config-${i}`)),
  },
  {
    name: 'create pod (3 KB)',
    connections: 8,
    count: 2_000,
    target: 0.6,
    request: i => post(`${CORE}/pods`, pod(`pod-${i}`, `node-${i % 100}`)),
  },
  {name: 'get pod', connections: 8, count: 10_000, target: 0.15, request: i => ({method: 'GET', path: `${CORE}/pods/pod-${i % 2000}`})},
  {name: 'list 2,000 pods', connections: 1, count: 40, target: 15, request: () => ({method: 'GET', path: `${CORE}/pods`})},
  {
    name: '2,000 pods as Table',
    connections: 1,
    count: 20,
    target: 20,
    request: () => ({method: 'GET', path: `${CORE}/pods`, headers: {Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io'}}),
  },
  {
    name: '2,000 pods as metadata',
    connections: 1,
    count: 20,
    request: () => ({
      method: 'GET',
      path: `${CORE}/pods`,
      headers: {Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'},
    }),
  },
  {
    name: '2,000 pods as protobuf',
    connections: 1,
    count: 20,
    target: 25,
    request: () => ({method: 'GET', path: `${CORE}/pods`, headers: {Accept: 'application/vnd.kubernetes.protobuf'}}),
  },
  {
    name: 'WatchList of 2,000 pods',
    connections: 1,
    count: 20,
    target: 25,
    request: () => ({
      method: 'GET',
      path: `${CORE}/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      until: '"k8s.io/initial-events-end":"true"',
    }),
  },
  {
    name: 'list by spec.nodeName, 1 %',
    connections: 1,
    count: 500,
    target: 0.8,
    request: i => ({method: 'GET', path: `${CORE}/pods?fieldSelector=spec.nodeName%3Dnode-${i % 100}`}),
  },
  {
    name: 'update ConfigMap',
    connections: 8,
    count: 5_000,
    request: i => ({method: 'PUT', path: `${CORE}/configmaps/config-${i}`, body: configMap(`config-${i}`, {changed: `${i}`})}),
  },
  {
    name: 'merge patch ConfigMap',
    connections: 8,
    count: 5_000,
    target: 0.45,
    request: i => patch(`${CORE}/configmaps/config-${i}`, 'merge-patch+json', {data: {patched: `${i}`}}),
  },
  {
    name: 'JSON patch ConfigMap',
    connections: 8,
    count: 5_000,
    target: 0.45,
    request: i =>
      patch(`${CORE}/configmaps/config-${i}`, 'json-patch+json', JSON.stringify([{op: 'add', path: '/data/added', value: `${i}`}])),
  },
  {
    name: 'apply ConfigMap',
    connections: 8,
    count: 5_000,
    target: 0.5,
    request: i => patch(`${CORE}/configmaps/config-${i}?fieldManager=bench&force=true`, 'apply-patch+yaml', configMap(`config-${i}`)),
  },
  {
    name: 'strategic patch Deployment',
    connections: 8,
    count: 2_000,
    target: 0.8,
    setUp: Array.from({length: 16}, (_, i) => post(`${APPS}/deployments`, deployment(`deployment-${i}`, 1))),
    request: i => {
      const containers = [{name: 'main', image: `registry.example.com/team/main:${i}`}];
      return patch(`${APPS}/deployments/deployment-${i % 16}`, 'strategic-merge-patch+json', {spec: {template: {spec: {containers}}}});
    },
  },
  {
    name: 'apply Deployment',
    connections: 8,
    count: 2_000,
    target: 1,
    request: i => {
      const path = `${APPS}/deployments/deployment-${i % 16}?fieldManager=bench&force=true`;
      return patch(path, 'apply-patch+yaml', deployment(`deployment-${i % 16}`, i % 7));
    },
  },
  {
    name: 'strategic patch pod status',
    connections: 8,
    count: 4_000,
    request: i => {
      const conditions = [{type: 'Ready', status: i % 2 ? 'True' : 'False', lastTransitionTime: null, message: `${i}`}];
      return patch(`${CORE}/pods/pod-${i % 2000}/status`, 'strategic-merge-patch+json', {status: {phase: 'Running', conditions}});
    },
  },
  {
    name: 'delete pod, grace 0',
    connections: 8,
    count: 2_000,
    request: i => ({method: 'DELETE', path: `${CORE}/pods/pod-${i}?gracePeriodSeconds=0`}),
  },
  {
    name: 'delete ConfigMap',
    connections: 8,
    count: 5_000,
    request: i => ({method: 'DELETE', path: `${CORE}/configmaps/config-${i}`}),
  },
];

const create = (definition: string, target: number): Operation => ({
  name: `create ${definition === WITH_RULES ? 'CR with CEL rules' : 'CR, schema only'}`,
  connections: 8,
  count: 4_000,
  target,
  request: i => post(INSTANCES(definition), widget(definition, `widget-${i}`)),
});

/** On objects of two definitions (definitions.ts). */
export const CUSTOM_OPERATIONS: readonly Operation[] = [create(NO_RULES, 0.4), create(WITH_RULES, 0.6)];

/** What `node:https` alone does on this machine. */
export const BARE: readonly Operation[] = [
  {name: 'bare https: GET', connections: 8, count: 10_000, request: () => ({method: 'GET', path: '/'})},
  {name: 'bare https: POST of 1 KB', connections: 8, count: 10_000, request: i => post('/', configMap(`config-${i}`))},
];
