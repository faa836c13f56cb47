import assert from 'node:assert/strict';
import {events, nodes, pods, priorityClasses, replicaSets} from '../../../server/api/resource-types.generated.ts';
import {conditionOf, podSpec, template, useWorld} from '../../support/world.ts';

const FOO = 'scheduling.k8s.io/foo';
const NODES = ['node-1', 'node-2'];

describe('upstream: scheduling', () => {
  const world = useWorld();
  before(async () => {
    const classes = {low: 1, medium: 100, high: 1000, p1: 1, p2: 2, p3: 3, p4: 4};
    for (const [name, value] of Object.entries(classes)) await world.client.create(priorityClasses, {metadata: {name}, value});
  });
  const on = (nodeName: string) => ({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{matchFields: [{key: 'metadata.name', operator: 'In', values: [nodeName]}]}],
      },
    },
  });
  const asking = (amounts: {[name: string]: string}, rest: object = {}) => podSpec({resources: {requests: amounts, limits: amounts}}, rest);
  const pod = async (name: string, spec: object, metadata: object = {}) => {
    await world.create(pods, name, {metadata, spec});
    await world.rest();
  };
  const advertise = async (amounts: {[name: string]: string | null}, names = NODES) => {
    for (const name of names)
      await world.strategic(nodes, name, {status: {capacity: amounts, allocatable: amounts}}, {subresource: 'status'});
    await world.rest();
  };
  const nodeOf = async (name: string) => (await world.get(pods, name)).spec.nodeName;
  const refused = async (name: string) => {
    const found = await world.get(pods, name);
    assert.equal(found.spec.nodeName, undefined);
    return conditionOf(found, 'PodScheduled')?.message ?? '';
  };
  const exists = async (name: string) => (await world.find(pods, name)) !== undefined;

  it('respects the resources of nodes', async () => {
    for (const name of NODES) await pod(`filler-${name}`, asking({cpu: '5'}, {affinity: on(name)}));
    await pod('additional-pod', asking({cpu: '4'}));
    assert.equal(
      await refused('additional-pod'),
      '0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
    );
    const told = (await world.list(events)).filter(
      ({involvedObject, reason}) => involvedObject.name === 'additional-pod' && reason === 'FailedScheduling',
    );
    assert.ok(told.length > 0);
  });

  it('respects a node selector', async () => {
    await pod('restricted-pod', podSpec({}, {nodeSelector: {label: 'nonempty'}}));
    assert.match(await refused('restricted-pod'), /^0\/2 nodes are available: 2 node\(s\) didn't match Pod's node affinity\/selector\./);
    await world.merge(nodes, 'node-2', {metadata: {labels: {'kubernetes.io/e2e-label': '42'}}});
    await pod('with-labels', podSpec({}, {nodeSelector: {'kubernetes.io/e2e-label': '42'}}));
    assert.equal(await nodeOf('with-labels'), 'node-2');
    await world.merge(nodes, 'node-2', {metadata: {labels: {'kubernetes.io/e2e-label': null}}});
  });

  it('sees a conflict of the same host port where one has all addresses', async () => {
    const hostPort = (hostIP: string) =>
      podSpec({ports: [{containerPort: 54323, hostPort: 54322, protocol: 'TCP', hostIP}]}, {affinity: on('node-1')});
    await pod('pod4', hostPort('0.0.0.0'));
    assert.equal(await nodeOf('pod4'), 'node-1');
    await pod('pod5', hostPort('127.0.0.1'));
    assert.match(await refused('pod5'), /1 node\(s\) didn't have free ports for the requested pod ports/);
  });

  for (const [what, namespace, priorityClassName] of [
    ['a high priority', undefined, 'high'],
    ['a critical', 'kube-system', 'system-cluster-critical'],
  ] as const) {
    it(`lets ${what} pod preempt one of lower priority`, async () => {
      await advertise({[FOO]: '3'});
      await pod('low', asking({[FOO]: '2'}, {priorityClassName: 'low', affinity: on('node-1')}));
      await pod('medium', asking({[FOO]: '2'}, {priorityClassName: 'medium', affinity: on('node-2')}));
      const key = {namespace: namespace ?? world.namespace, name: 'preemptor-pod'};
      await world.client.create(pods, {metadata: key, spec: asking({[FOO]: '2'}, {priorityClassName})});
      await world.cluster.pass(30_000);
      const {spec, status} = await world.client.get(pods, key);
      assert.deepEqual([spec.nodeName, status?.phase], ['node-1', 'Running']);
      assert.deepEqual([await exists('low'), await exists('medium')], [false, true]);
      await world.client.delete(pods, key, {gracePeriodSeconds: 0});
      await advertise({[FOO]: null});
    });
  }

  it('adds the reason of its disruption to a preempted pod', async () => {
    await advertise({[FOO]: '1'}, ['node-1']);
    const spec = asking({[FOO]: '1'}, {priorityClassName: 'low', affinity: on('node-1')});
    await pod('victim-pod', spec, {finalizers: ['example.com/test-finalizer']});
    await pod('preemptor-pod', asking({[FOO]: '1'}, {priorityClassName: 'high', affinity: on('node-1')}));
    await world.cluster.pass(5000);
    const condition = conditionOf(await world.get(pods, 'victim-pod'), 'DisruptionTarget');
    assert.deepEqual(
      [condition?.status, condition?.reason, condition?.message],
      ['True', 'PreemptionByScheduler', 'default-scheduler: preempting to accommodate a higher priority pod'],
    );
    await world.merge(pods, 'victim-pod', {metadata: {finalizers: null}});
    await advertise({[FOO]: null}, ['node-1']);
  });

  it('preempts among ReplicaSets by their priority', async () => {
    const resource = 'example.com/fakecpu';
    await advertise({[resource]: '1000'}, ['node-1']);
    const made = new Map<string, number>();
    const watch = world.client.watch(
      pods,
      {namespace: world.namespace},
      {
        event(type, {metadata}) {
          const name = metadata.labels?.name ?? '';
          if (type === 'ADDED') made.set(name, (made.get(name) ?? 0) + 1);
        },
        end() {},
      },
    );
    const set = async (name: string, replicas: number, amount: string) => {
      const spec = asking({[resource]: amount}, {priorityClassName: name, affinity: on('node-1')});
      await world.create(replicaSets, name, {spec: {replicas, selector: {matchLabels: {name}}, template: template({name}, spec)}});
      await world.cluster.pass(20_000);
    };
    await set('p1', 1, '200');
    await set('p2', 1, '300');
    await set('p3', 1, '450');
    for (const name of ['p1', 'p2', 'p3']) assert.equal((await world.get(replicaSets, name)).status?.readyReplicas, 1);
    await set('p4', 1, '500');
    watch.stop();
    // 50 is free: the lowest that make room have to go, and come back as waiting pods.
    assert.equal((await world.get(replicaSets, 'p4')).status?.readyReplicas, 1);
    assert.deepEqual(Object.fromEntries(made), {p1: 2, p2: 2, p3: 1, p4: 1});
    await advertise({[resource]: null}, ['node-1']);
  });
});
