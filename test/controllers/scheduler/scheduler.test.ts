import assert from 'node:assert/strict';
import type {Cluster} from '../../../cluster/index.ts';
import {startCluster} from '../../../cluster/index.ts';
import type {Node, Pod} from '../../../server/api/kinds.generated.ts';
import {eventsEventsV1, nodes, pods, priorityClasses, serviceAccounts} from '../../../server/api/resource-types.generated.ts';
import {eventually} from '../../support/eventually.ts';
import type {NodeOptions, PodOptions} from './cluster-of.ts';
import {node, pod} from './cluster-of.ts';

describe('the scheduler', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({controllers: 'scheduler', nodes: 0});
    await cluster.client.create(serviceAccounts, {metadata: {name: 'default', namespace: 'default'}});
  });
  after(() => cluster.stop());
  afterEach(async () => {
    await cluster.client.deleteCollection(pods, {namespace: 'default'}, {gracePeriodSeconds: 0});
    for (const {metadata} of (await cluster.client.list(nodes)).items) await cluster.client.delete(nodes, {name: metadata.name!});
  });

  const addNode = async (name: string, options: NodeOptions = {}): Promise<Node> => {
    const {metadata, spec, status} = node(name, options);
    const made = await cluster.client.create(nodes, {metadata: {name, labels: metadata.labels}, spec, status});
    // There is no controller here that would take off the taint of new nodes.
    return cluster.client.update(nodes, {...made, spec: {...made.spec, taints: spec.taints ?? []}});
  };
  const addPod = (name: string, options: PodOptions = {}): Promise<Pod> => {
    const {metadata, spec} = pod(name, options);
    return cluster.client.create(pods, {metadata: {name, namespace: 'default', labels: metadata.labels}, spec});
  };
  const get = (name: string): Promise<Pod> => cluster.client.get(pods, {namespace: 'default', name});
  const scheduled = (name: string, on?: string): Promise<Pod> =>
    eventually(async () => {
      const found = await get(name);
      assert.ok(found.spec.nodeName);
      if (on !== undefined) assert.equal(found.spec.nodeName, on);
      return found;
    });
  const refused = (name: string, message: RegExp): Promise<Pod> =>
    eventually(async () => {
      const found = await get(name);
      const condition = found.status?.conditions?.find(({type}) => type === 'PodScheduled');
      assert.equal(condition?.reason, 'Unschedulable');
      assert.match(condition?.message ?? '', message);
      return found;
    });
  const reasons = async (name: string): Promise<string[]> =>
    (await cluster.client.list(eventsEventsV1, {namespace: 'default'})).items
      .filter(({regarding}) => regarding?.name === name)
      .map(({reason, action}) => `${reason} ${action}`);

  it('binds pods, spread over the nodes', async () => {
    await Promise.all(['a', 'b', 'c'].map(name => addNode(name)));
    const names = Array.from({length: 9}, (_, i) => `pod-${i}`);
    await Promise.all(names.map(name => addPod(name, {cpu: '1'})));
    const placed = await Promise.all(names.map(name => scheduled(name)));
    for (const on of ['a', 'b', 'c']) assert.equal(placed.filter(({spec}) => spec.nodeName === on).length, 3);
    await eventually(async () => assert.deepEqual(await reasons('pod-0'), ['Scheduled Binding']));
  });

  it('leaves pods of other schedulers and gated ones alone', async () => {
    await addNode('a');
    await addPod('other', {schedulerName: 'mine'});
    await addPod('gated', {schedulingGates: [{name: 'x/y'}]});
    await addPod('plain');
    await scheduled('plain');
    await cluster.settled();
    assert.equal((await get('other')).spec.nodeName, undefined);
    assert.equal((await get('gated')).spec.nodeName, undefined);
    await cluster.client.patch(pods, {namespace: 'default', name: 'gated'}, {type: 'merge', patch: {spec: {schedulingGates: null}}});
    await scheduled('gated', 'a');
  });

  it('says why a pod fits nowhere, and tries again when something changes', async () => {
    await addPod('early');
    await refused('early', /^no nodes available to schedule pods$/);
    await addNode('a');
    await scheduled('early', 'a');
    await addPod('picky', {nodeSelector: {disk: 'ssd'}});
    await refused('picky', /^0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector\. no new claims/);
    await addNode('b', {labels: {disk: 'ssd'}});
    await scheduled('picky', 'b');
    await eventually(async () =>
      assert.deepEqual([...new Set(await reasons('picky'))], ['FailedScheduling Scheduling', 'Scheduled Binding']),
    );
  });

  it('never puts more on a node than fits, however many come at once', async () => {
    await addNode('a', {allocatable: {pods: '5'}});
    await Promise.all(Array.from({length: 12}, (_, i) => addPod(`crowd-${i}`)));
    await eventually(async () => {
      const {items} = await cluster.client.list(pods, {namespace: 'default'});
      assert.equal(items.filter(({spec}) => spec.nodeName === 'a').length, 5);
      assert.equal(items.filter(({status}) => status?.conditions?.some(({reason}) => reason === 'Unschedulable')).length, 7);
    });
  });

  it('makes room for a pod of higher priority', async () => {
    await cluster.client.create(priorityClasses, {metadata: {name: 'high'}, value: 1000});
    await addNode('a');
    await addPod('low', {cpu: '6'});
    await scheduled('low');
    await addPod('high', {cpu: '6', priorityClassName: 'high'});
    await eventually(async () => {
      const victim = await get('low');
      assert.ok(victim.metadata.deletionTimestamp);
      assert.ok(victim.status?.conditions?.some(({type, reason}) => type === 'DisruptionTarget' && reason === 'PreemptionByScheduler'));
      assert.equal((await get('high')).status?.nominatedNodeName, 'a');
    });
    await cluster.client.delete(pods, {namespace: 'default', name: 'low'}, {gracePeriodSeconds: 0});
    assert.equal((await scheduled('high', 'a')).status?.nominatedNodeName, undefined);
  });
});
