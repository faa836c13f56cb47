import assert from 'node:assert/strict';
import {MetricError, type Workload, wishOf} from '../../controllers/autoscaling-metrics.ts';
import type {ApiClient, RawResponse} from '../../server/api/client.ts';
import type {Json} from '../../server/api/json.ts';
import type {MetricSpec, Pod} from '../../server/api/kinds.generated.ts';

const pod = (name: string): Pod => ({
  metadata: {name},
  spec: {
    containers: [
      {name: 'app', image: 'i', resources: {requests: {cpu: '100m'}}},
      {name: 'log', image: 'i'},
    ],
  },
  status: {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]},
});
const workload: Workload = {
  namespace: 'ns',
  selector: 'a=b',
  pods: [pod('x'), pod('y')],
  current: 2,
  observed: 2,
  tolerance: {up: 0.1, down: 0.1},
};

/** Answers by path, 404 for all others. */
const wish = (metric: Omit<MetricSpec, 'type'> & {type: string}, answers: {[path: string]: Json} = {}) => {
  const request = async ({path}: {path: string}): Promise<RawResponse> => {
    const body = answers[decodeURIComponent(path)];
    return {status: body === undefined ? 404 : 200, headers: {}, body: body ?? '404 page not found'};
  };
  const ingress = {
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'ingresses',
    kind: 'Ingress',
    namespaced: true,
    verbs: [],
    singular: 'ingress',
  };
  const discovery = () => ({all: [], preferred: [], failed: [], find: () => ingress});
  return wishOf(metric, workload, {client: {request} as unknown as ApiClient, discovery});
};
const failure = async (...args: Parameters<typeof wish>): Promise<string> => {
  const error = await wish(...args).then(
    () => assert.fail('was found'),
    (found: unknown) => found,
  );
  assert.ok(error instanceof MetricError);
  return `${error.reason}: ${error.message}`;
};

const pods = {type: 'Pods', pods: {metric: {name: 'rps'}, target: {type: 'AverageValue', averageValue: '10'}}};
const external = (target: object) => ({
  type: 'External',
  external: {metric: {name: 'queue', selector: {matchLabels: {q: 'w'}}}, target: {type: 'Value', ...target}},
});
const object = {
  type: 'Object',
  object: {
    metric: {name: 'hits'},
    describedObject: {apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main'},
    target: {type: 'Value', value: '10'},
  },
};
const container = {
  type: 'ContainerResource',
  containerResource: {name: 'cpu', container: 'app', target: {type: 'Utilization', averageUtilization: 50}},
};

describe('metrics of autoscalers', () => {
  it('that nobody serves are told as upstream tells them', async () => {
    const custom = 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
    const selector = '&LabelSelector{MatchLabels:map[string]string{q: w,},MatchExpressions:[]LabelSelectorRequirement{},}';
    const absent = 'the server could not find the requested resource';
    assert.equal(await failure(pods), `FailedGetPodsMetric: unable to get metric rps: ${custom}`);
    assert.equal(await failure(object), `FailedGetObjectMetric: unable to get metric hits: Ingress on ns main/${custom}`);
    assert.equal(
      await failure(external({value: '5'})),
      `FailedGetExternalMetric: unable to get external metric ns/queue/${selector}: unable to fetch metrics from external metrics API: ${absent} (get queue.external.metrics.k8s.io)`,
    );
    assert.equal(
      await failure(container),
      `FailedGetContainerResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: ${absent} (get pods.metrics.k8s.io)`,
    );
  });

  const CUSTOM = {'/apis/custom.metrics.k8s.io': {versions: [{version: 'v1beta1'}]}};
  const describe = (name: string, value: string) => ({describedObject: {name}, value});

  it('of pods are averaged', async () => {
    const path = '/apis/custom.metrics.k8s.io/v1beta1/namespaces/ns/pods/*/rps?labelSelector=a=b';
    const {replicas, name, status} = await wish(pods, {...CUSTOM, [path]: {items: [describe('x', '15'), describe('y', '25')]}});
    assert.deepEqual([replicas, name, status.pods?.current], [4, 'pods metric rps', {averageValue: '20'}]);
  });

  it('of an object count for all pods together', async () => {
    const path = '/apis/custom.metrics.k8s.io/v1beta1/namespaces/ns/ingresses.networking.k8s.io/main/hits';
    const {replicas, name, status} = await wish(object, {...CUSTOM, [path]: {items: [describe('main', '30')]}});
    assert.deepEqual([replicas, name, status.object?.current], [6, 'Ingress metric hits', {value: '30'}]);
  });

  it('from outside are summed, and shared out where the target is an average', async () => {
    const answers = {'/apis/external.metrics.k8s.io/v1beta1/namespaces/ns/queue?labelSelector=q=w': {items: [{value: '12'}, {value: '8'}]}};
    assert.equal((await wish(external({value: '5'}), answers)).replicas, 8);
    const shared = await wish(external({averageValue: '4'}), answers);
    assert.deepEqual([shared.replicas, shared.status.external?.current], [5, {averageValue: '10'}]);
  });

  it('of one container leave the others out', async () => {
    const usage = (name: string) => ({
      metadata: {name},
      containers: [
        {name: 'app', usage: {cpu: '100m'}},
        {name: 'log', usage: {cpu: '900m'}},
      ],
    });
    const answers = {'/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods?labelSelector=a=b': {items: [usage('x'), usage('y')]}};
    const {replicas, name, status} = await wish(container, answers);
    assert.deepEqual(
      [replicas, name, status.containerResource?.current],
      [4, 'cpu container resource utilization (percentage of request)', {averageValue: '100m', averageUtilization: 100}],
    );
    const whole = {type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: 50}}};
    assert.equal(
      await failure(whole, answers),
      'FailedGetResourceMetric: failed to get cpu utilization: missing request for cpu in container log of Pod x',
    );
  });
});
