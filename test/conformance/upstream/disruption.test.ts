import assert from 'node:assert/strict';
import {podDisruptionBudgets, pods, replicaSets} from '../../../server/api/resource-types.generated.ts';
import {conditionOf, podSpec, refusal, template, useWorld} from '../../support/world.ts';

const LABELS = {foo: 'bar'};

describe('upstream: disruption budgets', () => {
  const world = useWorld();
  const budget = (spec: object, labels: object = {}) =>
    world.create(podDisruptionBudgets, 'foo', {metadata: {labels}, spec: {selector: {matchLabels: LABELS}, ...spec}});
  const pod = (name: string) => world.create(pods, name, {metadata: {labels: LABELS}, spec: podSpec({}, {restartPolicy: 'Always'})});
  const evict = (name: string) =>
    world.client.request({
      method: 'POST',
      path: `/api/v1/namespaces/${world.namespace}/pods/${name}/eviction`,
      body: {apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name}},
    });

  it('are made, updated, patched and deleted', async () => {
    await budget({minAvailable: '1%'});
    await world.rest();
    assert.equal((await world.get(podDisruptionBudgets, 'foo')).spec?.minAvailable, '1%');
    const updated = await world.change(podDisruptionBudgets, 'foo', ({spec}) => Object.assign(spec!, {minAvailable: '2%'}));
    assert.equal(updated.spec?.minAvailable, '2%');
    const patched = await world.strategic(podDisruptionBudgets, 'foo', {spec: {minAvailable: '3%'}});
    assert.equal(patched.spec?.minAvailable, '3%');
    await world.remove(podDisruptionBudgets, 'foo');
    assert.equal(await world.find(podDisruptionBudgets, 'foo'), undefined);
  });

  it('are listed over all namespaces and deleted as a collection', async () => {
    await budget({minAvailable: 1}, {special: 'yes'});
    assert.equal((await world.client.list(podDisruptionBudgets, {labelSelector: 'special=yes'})).items.length, 1);
    await world.client.deleteCollection(podDisruptionBudgets, {namespace: world.namespace, labelSelector: 'special=yes'});
    await world.rest();
    assert.deepEqual(await world.names(podDisruptionBudgets), []);
  });

  it('observe how many disruptions are allowed', async () => {
    await budget({minAvailable: 1});
    await pod('pod-0');
    await pod('pod-1');
    await pod('pod-2');
    await world.rest();
    const found = await world.get(podDisruptionBudgets, 'foo');
    assert.deepEqual([found.status?.disruptionsAllowed, found.status?.currentHealthy], [2, 3]);
    assert.deepEqual(
      [conditionOf(found, 'DisruptionAllowed')?.status, conditionOf(found, 'DisruptionAllowed')?.reason],
      ['True', 'SufficientPods'],
    );
  });

  it('take writes to their status', async () => {
    await budget({minAvailable: 1});
    await pod('pod-0');
    await world.rest();
    const disruptedPods = {'pod-0': new Date(world.cluster.clock.now()).toISOString().replace(/\.\d+/, '')};
    const updated = await world.change(podDisruptionBudgets, 'foo', ({status}) => Object.assign(status!, {disruptedPods}), {
      subresource: 'status',
    });
    assert.deepEqual(Object.keys(updated.status?.disruptedPods ?? {}), ['pod-0']);
    const patched = await world.client.patch(
      podDisruptionBudgets,
      {namespace: world.namespace, name: 'foo'},
      {type: 'json', patch: [{op: 'remove', path: '/status/disruptedPods'}]},
      {subresource: 'status'},
    );
    assert.equal(patched.status?.disruptedPods, undefined);
  });

  it('block evictions until they allow them', async () => {
    await world.create(replicaSets, 'rs', {spec: {replicas: 3, selector: {matchLabels: LABELS}, template: template(LABELS)}});
    await world.rest();
    await budget({minAvailable: 3});
    await world.rest();
    const [name] = await world.names(pods);
    const blocked = await refusal(
      world.client.create(pods, {kind: 'Eviction', apiVersion: 'policy/v1', metadata: {name: name!, namespace: world.namespace}} as never, {
        subresource: 'eviction',
      }),
    );
    assert.deepEqual([blocked.code, blocked.message], [429, "Cannot evict pod as it would violate the pod's disruption budget."]);
    await world.strategic(podDisruptionBudgets, 'foo', {spec: {minAvailable: 2}});
    await world.rest();
    assert.equal((await evict(name!)).status, 201);
    await world.rest();
    await world.strategic(podDisruptionBudgets, 'foo', {spec: {minAvailable: 3}});
    await world.rest();
    assert.equal((await evict((await world.names(pods))[0]!)).status, 429);
    await world.remove(podDisruptionBudgets, 'foo');
    await world.rest();
    assert.equal((await evict((await world.names(pods))[0]!)).status, 201);
  });
});
