import assert from 'node:assert/strict';
import type {ResourceType} from '../../../server/api/client.ts';
import {
  configMaps,
  pods,
  replicaSets,
  replicationControllers,
  resourceQuotas,
  secrets,
  services,
} from '../../../server/api/resource-types.generated.ts';
import {podSpec, refusal, template, useWorld} from '../../support/world.ts';

const HARD = {
  pods: '5',
  services: '10',
  'services.nodeports': '1',
  'services.loadbalancers': '1',
  replicationcontrollers: '10',
  resourcequotas: '1',
  cpu: '1',
  memory: '500Mi',
  configmaps: '10',
  secrets: '10',
  persistentvolumeclaims: '10',
  'requests.storage': '10Gi',
  'requests.ephemeral-storage': '50Gi',
  'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '10',
  'gold.storageclass.storage.k8s.io/requests.storage': '10Gi',
  'count/replicasets.apps': '5',
  'requests.example.com/dongle': '3',
};

describe('upstream: resource quotas', () => {
  const world = useWorld();
  const used = async (name = 'test-quota') => {
    await world.rest();
    return (await world.get(resourceQuotas, name)).status?.used ?? {};
  };
  const quota = (hard: object = HARD, scopes?: string[]) =>
    world.create(resourceQuotas, 'test-quota', {spec: {hard, ...(scopes && {scopes})}});
  const requests = (amounts: {[name: string]: string}, limits?: object) =>
    podSpec({resources: {requests: amounts, ...(limits && {limits})}});

  it('has its status soon, all at zero', async () => {
    await quota();
    const zeros = Object.fromEntries(Object.keys(HARD).map(name => [name, '0']));
    // kube-root-ca.crt is there from the start.
    assert.deepEqual(await used(), {...zeros, configmaps: '1', resourcequotas: '1'});
    assert.deepEqual((await world.get(resourceQuotas, 'test-quota')).status?.hard, HARD);
  });

  it('counts services by type', async () => {
    await quota();
    await world.rest();
    const service = (type: string, rest = {}) => ({spec: {type, ports: [{port: 80, targetPort: 80}], ...rest}});
    await world.create(services, 'test-service', service('ClusterIP'));
    await world.create(services, 'test-service-np', service('NodePort'));
    const error = await refusal(world.create(services, 'test-service-lb', service('LoadBalancer', {allocateLoadBalancerNodePorts: true})));
    assert.equal(error.code, 403);
    const counted = async () => {
      const amounts = await used();
      return ['services', 'services.nodeports', 'services.loadbalancers'].map(name => amounts[name]);
    };
    assert.deepEqual(await counted(), ['2', '1', '0']);
    await world.remove(services, 'test-service');
    await world.remove(services, 'test-service-np');
    assert.deepEqual(await counted(), ['0', '0', '0']);
  });

  for (const [what, type, name, object] of [
    ['secret', secrets, 'secrets', {data: {'data-1': Buffer.from('value').toString('base64')}}],
    ['configMap', configMaps, 'configmaps', {data: {a: 'b'}}],
    [
      'replication controller',
      replicationControllers,
      'replicationcontrollers',
      {spec: {replicas: 0, selector: {a: 'b'}, template: template({a: 'b'})}},
    ],
    [
      'replica set',
      replicaSets,
      'count/replicasets.apps',
      {spec: {replicas: 0, selector: {matchLabels: {a: 'b'}}, template: template({a: 'b'})}},
    ],
  ] as const) {
    it(`captures the life of a ${what}`, async () => {
      const kind = type as ResourceType<{metadata: {name?: string}}>;
      await quota();
      const before = Number((await used())[name]);
      await world.create(kind, 'test', object);
      assert.equal((await used())[name], String(before + 1));
      await world.remove(kind, 'test');
      assert.equal((await used())[name], String(before));
    });
  }

  it('captures the life of a pod', async () => {
    await quota();
    await world.rest();
    await world.create(pods, 'test-pod', {
      spec: requests({cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'example.com/dongle': '2'}, {'example.com/dongle': '2'}),
    });
    const counted = async () => {
      const amounts = await used();
      return ['pods', 'cpu', 'memory', 'requests.ephemeral-storage', 'requests.example.com/dongle'].map(name => amounts[name]);
    };
    assert.deepEqual(await counted(), ['1', '500m', '252Mi', '30Gi', '2']);
    const tooMuchMemory = await refusal(world.create(pods, 'fail-pod', {spec: requests({cpu: '600m', memory: '100Mi'})}));
    assert.match(tooMuchMemory.message, /exceeded quota: test-quota, requested: cpu=600m, used: cpu=500m, limited: cpu=1/);
    const dongles = {cpu: '500m', memory: '100Mi', 'ephemeral-storage': '20Gi', 'example.com/dongle': '2'};
    const tooManyDongles = await refusal(world.create(pods, 'fail-pod-dongle', {spec: requests(dongles, {'example.com/dongle': '2'})}));
    assert.match(
      tooManyDongles.message,
      /requests.example.com\/dongle=2, used: requests.example.com\/dongle=2, limited: requests.example.com\/dongle=3/,
    );
    const grown = await refusal(
      world.merge(pods, 'test-pod', {
        spec: {containers: [{name: 'c', image: 'registry.example/pause:1', resources: {requests: {cpu: '100m', memory: '100Mi'}}}]},
      }),
    );
    assert.equal(grown.code, 422);
    assert.deepEqual(await counted(), ['1', '500m', '252Mi', '30Gi', '2']);
    await world.remove(pods, 'test-pod', {gracePeriodSeconds: 0});
    assert.deepEqual(await counted(), ['0', '0', '0', '0', '0']);
  });

  it('follows a change of its status and of its spec', async () => {
    await quota({cpu: '500m', memory: '500Mi'});
    assert.deepEqual(await used(), {cpu: '0', memory: '0'});
    const label = {metadata: {labels: {'e2e-rq-status': 'patched'}}};
    await world.merge(resourceQuotas, 'test-quota', label);
    const updated = await world.change(resourceQuotas, 'test-quota', object =>
      Object.assign(object.spec!.hard!, {cpu: '1', memory: '1Gi'}),
    );
    assert.deepEqual(updated.spec?.hard, {cpu: '1', memory: '1Gi'});
    await world.rest();
    assert.deepEqual((await world.get(resourceQuotas, 'test-quota')).status?.hard, {cpu: '1', memory: '1Gi'});
    const seen = await world.watch(
      resourceQuotas,
      async () => {
        await world.merge(resourceQuotas, 'test-quota', {status: {hard: {cpu: '9'}}}, {subresource: 'status'});
        await world.cluster.pass(300_000);
      },
      (type, {status}) => `${type} ${status?.hard?.cpu}`,
    );
    // The controller puts it right in time.
    assert.deepEqual(seen, ['MODIFIED 9', 'MODIFIED 1']);
  });

  for (const [scopes, pod, counted] of [
    [['BestEffort', 'NotBestEffort'], podSpec(), ['1', '0']],
    [['BestEffort', 'NotBestEffort'], requests({cpu: '500m', memory: '200Mi'}), ['0', '1']],
    [['Terminating', 'NotTerminating'], podSpec({}, {activeDeadlineSeconds: 3600}), ['1', '0']],
    [['Terminating', 'NotTerminating'], podSpec(), ['0', '1']],
  ] as const) {
    it(`counts a pod under one of ${scopes.join(' and ')}: ${counted.join(', ')}`, async () => {
      for (const scope of scopes) await world.create(resourceQuotas, scope.toLowerCase(), {spec: {hard: {pods: '5'}, scopes: [scope]}});
      await world.rest();
      await world.create(pods, 'one', {spec: pod});
      const amounts = () => Promise.all(scopes.map(async scope => (await used(scope.toLowerCase())).pods));
      assert.deepEqual(await amounts(), counted);
      await world.remove(pods, 'one', {gracePeriodSeconds: 0});
      assert.deepEqual(await amounts(), ['0', '0']);
    });
  }
});
