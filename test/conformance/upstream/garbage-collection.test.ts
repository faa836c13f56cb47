import assert from 'node:assert/strict';
import type {OwnerReference} from '../../../server/api/object.ts';
import {
  configMaps,
  deployments,
  namespaces,
  pods,
  replicaSets,
  replicationControllers,
  services,
} from '../../../server/api/resource-types.generated.ts';
import {conditionOf, podSpec, template, useWorld} from '../../support/world.ts';

describe('upstream: garbage collection and namespaces', () => {
  const world = useWorld();
  const controller = (name: string, replicas: number) =>
    world.create(replicationControllers, name, {spec: {replicas, selector: {name}, template: template({name})}});
  const ownedPods = async () => (await world.list(pods)).filter(({metadata}) => metadata.ownerReferences?.length);

  it('deletes the pods of a ReplicationController in the background', async () => {
    await controller('rc', 2);
    await world.rest();
    await world.remove(replicationControllers, 'rc', {propagationPolicy: 'Background'});
    await world.rest();
    assert.deepEqual(await world.names(pods), []);
  });

  it('orphans the pods of a ReplicationController', async () => {
    await controller('rc', 10);
    await world.rest();
    await world.remove(replicationControllers, 'rc', {propagationPolicy: 'Orphan'});
    await world.rest();
    await world.cluster.pass(30_000);
    assert.equal((await world.list(pods)).length, 10);
    assert.deepEqual(await ownedPods(), []);
    assert.equal(await world.find(replicationControllers, 'rc'), undefined);
  });

  for (const [policy, left] of [
    ['Background', 0],
    ['Orphan', 1],
  ] as const) {
    it(`leaves ${left} ReplicaSets of a Deployment deleted with ${policy}`, async () => {
      await world.create(deployments, 'web', {
        spec: {replicas: 2, selector: {matchLabels: {app: 'web'}}, template: template({app: 'web'})},
      });
      await world.rest();
      await world.remove(deployments, 'web', {propagationPolicy: policy});
      await world.rest();
      const sets = await world.list(replicaSets);
      assert.equal(sets.length, left);
      assert.ok(sets.every(({metadata}) => !metadata.ownerReferences));
      assert.equal((await world.list(pods)).length, 2 * left);
    });
  }

  it('keeps a ReplicationController until its pods are gone', async () => {
    await controller('rc', 5);
    await world.rest();
    const seen: string[] = [];
    const note = (kind: string) => ({event: (type: string) => void (type === 'DELETED' && seen.push(kind)), end: () => {}});
    const watches = [
      world.client.watch(pods, {namespace: world.namespace}, note('pod')),
      world.client.watch(replicationControllers, {namespace: world.namespace}, note('rc')),
    ];
    const deleted = await world.remove(replicationControllers, 'rc', {propagationPolicy: 'Foreground'});
    assert.deepEqual((deleted as {metadata: {finalizers?: string[]}}).metadata.finalizers, ['foregroundDeletion']);
    await world.rest();
    for (const watch of watches) watch.stop();
    assert.deepEqual(seen, ['pod', 'pod', 'pod', 'pod', 'pod', 'rc']);
  });

  it('keeps pods that have another owner than the one that waits for them', async () => {
    await controller('going', 6);
    const {metadata} = await controller('staying', 0);
    await world.rest();
    const half = (await world.names(pods)).slice(0, 3);
    for (const name of half) {
      const owner = {apiVersion: 'v1', kind: 'ReplicationController', name: 'staying', uid: metadata.uid};
      await world.strategic(pods, name, {metadata: {ownerReferences: [owner]}});
    }
    await world.remove(replicationControllers, 'going', {propagationPolicy: 'Foreground'});
    await world.rest();
    assert.equal(await world.find(replicationControllers, 'going'), undefined);
    assert.deepEqual(await world.names(pods), half);
    assert.ok((await world.list(pods)).every(({metadata: {ownerReferences = []}}) => ownerReferences.length === 1));
  });

  it('gets out of a circle of owners', async () => {
    const made = new Map<string, string>();
    for (const name of ['pod1', 'pod2', 'pod3']) made.set(name, (await world.create(pods, name, {spec: podSpec()})).metadata.uid!);
    const own = (name: string, owner: string) => {
      const reference: OwnerReference = {
        apiVersion: 'v1',
        kind: 'Pod',
        name: owner,
        uid: made.get(owner)!,
        controller: true,
        blockOwnerDeletion: true,
      };
      return world.merge(pods, name, {metadata: {ownerReferences: [reference]}});
    };
    await own('pod1', 'pod3');
    await own('pod2', 'pod1');
    await own('pod3', 'pod2');
    await world.rest();
    await world.remove(pods, 'pod1', {propagationPolicy: 'Foreground'});
    await world.cluster.pass(30_000);
    assert.deepEqual(await world.names(pods), []);
  });

  for (const [what, type, object] of [
    ['pods', pods, {spec: podSpec()}],
    ['services', services, {spec: {selector: {foo: 'bar'}, ports: [{port: 80, targetPort: 80}]}}],
  ] as const) {
    it(`removes all ${what} with their namespace`, async () => {
      await world.create(type as typeof pods, 'one', object);
      await world.rest();
      const {namespace} = world;
      await world.client.delete(namespaces, {name: namespace});
      await world.cluster.pass(10_000);
      assert.equal(await world.find(namespaces, namespace), undefined);
      await world.client.create(namespaces, {metadata: {name: namespace}, spec: {}});
      await world.rest();
      assert.deepEqual(await world.names(type as typeof pods), []);
    });
  }

  it('deletes the pods of a namespace before everything else', async () => {
    await world.create(pods, 'held', {metadata: {finalizers: ['example.com/finalizer']}, spec: podSpec()});
    await world.create(configMaps, 'kept', {});
    await world.rest();
    await world.client.delete(namespaces, {name: world.namespace});
    await world.cluster.pass(20_000);
    assert.ok((await world.get(pods, 'held')).metadata.deletionTimestamp);
    assert.ok(await world.find(configMaps, 'kept'));
    const namespace = await world.get(namespaces, world.namespace);
    assert.deepEqual(
      ['NamespaceDeletionContentFailure', 'NamespaceContentRemaining', 'NamespaceFinalizersRemaining'].map(
        type => conditionOf(namespace, type)?.status,
      ),
      ['False', 'True', 'True'],
    );
    await world.merge(pods, 'held', {metadata: {finalizers: null}});
    await world.cluster.pass(20_000);
    assert.equal(await world.find(namespaces, world.namespace), undefined);
  });
});
