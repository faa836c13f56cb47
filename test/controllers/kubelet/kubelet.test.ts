import assert from 'node:assert/strict';
import {once} from 'node:events';
import {request} from 'node:http';
import type {Cluster} from '../../../cluster/index.ts';
import {startCluster} from '../../../cluster/index.ts';
import {createRandom} from '../../../cluster/random.ts';
import type {KubeletOptions, Kubelets} from '../../../controllers/kubelet/kubelet.ts';
import {startKubelets} from '../../../controllers/kubelet/kubelet.ts';
import {createInformers} from '../../../controllers/runtime/informers.ts';
import type {Pod, PodSpec} from '../../../server/api/kinds.generated.ts';
import {configMaps, customResourceDefinitions, events, leases, nodes, pods} from '../../../server/api/resource-types.generated.ts';
import {isApiError} from '../../../server/api/status.ts';
import {eventually} from '../../support/eventually.ts';

interface Fixture {
  cluster: Cluster;
  kubelets: Kubelets;
  /** Creates a pod on node-1 and waits until it is as wanted. */
  run(name: string, spec: Partial<PodSpec>, wanted: (pod: Pod) => boolean): Promise<Pod>;
}

describe('simulated kubelets', () => {
  let fixture: Fixture;

  before(async () => {
    fixture = await start({nodes: 1, podCidr: '10.244.0.0/16'});
  });
  after(async () => {
    fixture.kubelets.stop();
    await fixture.cluster.stop();
  });

  const start = async (options: Pick<KubeletOptions, 'nodes' | 'podCidr'>): Promise<Fixture> => {
    const cluster = await startCluster({controllers: 'serviceaccount,root-ca-certificate-publisher-controller', nodes: 0});
    const {client, clock} = cluster;
    const informers = createInformers(client, clock);
    const kubelets = startKubelets({client, clock, random: createRandom(), informers, ...options});
    await eventually(async () => assert.equal((await client.list(nodes)).items.length, options.nodes));
    return {
      cluster,
      kubelets,
      async run(name, spec, wanted) {
        const pod = {
          metadata: {name, namespace: 'default'},
          spec: {nodeName: 'node-1', containers: [{name: 'c', image: 'busybox'}], ...spec},
        };
        await eventually(() => client.create(pods, pod as Pod));
        return eventually(async () => {
          const found = await client.get(pods, {namespace: 'default', name});
          assert.ok(wanted(found), JSON.stringify(found.status));
          return found;
        });
      },
    };
  };

  const isReady = ({status}: Pod) => status?.conditions?.some(({type, status: value}) => type === 'Ready' && value === 'True') ?? false;

  it('register nodes that are ready and renew their leases', async () => {
    const {client} = fixture.cluster;
    const node = await client.get(nodes, {name: 'node-1'});
    assert.equal(node.spec?.podCIDR, '10.244.0.0/24');
    assert.equal(node.status?.nodeInfo?.kubeletVersion, 'v1.36.3');
    assert.ok(node.status?.conditions?.some(({type, status}) => type === 'Ready' && status === 'True'));
    await eventually(async () => {
      const lease = await client.get(leases, {namespace: 'kube-node-lease', name: 'node-1'});
      assert.equal(lease.spec?.holderIdentity, 'node-1');
      assert.equal(lease.metadata.ownerReferences?.[0]?.uid, node.metadata.uid);
    });
  });

  it('run a pod, tell about it, and remove it', async () => {
    const {client} = fixture.cluster;
    const pod = await fixture.run('simple', {}, isReady);
    assert.equal(pod.status?.phase, 'Running');
    assert.match(pod.status?.podIP ?? '', /^10\.244\.0\.\d+$/);
    assert.match(pod.status?.containerStatuses?.[0]?.containerID ?? '', /^containerd:\/\/[0-9a-f]{64}$/);
    await eventually(async () => {
      const {items} = await client.list(events, {namespace: 'default', fieldSelector: 'involvedObject.name=simple'});
      assert.deepEqual(items.map(({reason}) => reason).sort(), ['Created', 'Pulled', 'Pulling', 'Started']);
      assert.ok(items.every(({involvedObject}) => involvedObject.fieldPath === 'spec.containers{c}'));
    });
    await client.delete(pods, {namespace: 'default', name: 'simple'});
    await eventually(() =>
      assert.rejects(client.get(pods, {namespace: 'default', name: 'simple'}), (error: unknown) => isApiError(error, 'NotFound')),
    );
  });

  it('complete a pod as its command says', async () => {
    const containers = [{name: 'c', image: 'busybox', command: ['sh', '-c', 'echo bye; exit 3']}];
    const {status} = await fixture.run('failing', {containers, restartPolicy: 'Never'}, pod => pod.status?.phase === 'Failed');
    assert.equal(status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 3);
  });

  it('start a pod when the ConfigMap it needs appears', async () => {
    const containers = [
      {name: 'c', image: 'busybox', envFrom: [{configMapRef: {name: 'later'}}], command: ['sh', '-c', 'echo $GREETING; sleep 60']},
    ];
    const waiting = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError';
    await fixture.run('waiting', {containers}, waiting);
    const {client} = fixture.cluster;
    await client.create(configMaps, {metadata: {name: 'later', namespace: 'default'}, data: {GREETING: 'hello'}});
    await eventually(async () => assert.ok(isReady(await client.get(pods, {namespace: 'default', name: 'waiting'}))));
    assert.equal(await get('/containerLogs/default/waiting/c'), 'hello\n');
  });

  it('resize containers where there is room', async () => {
    const {client} = fixture.cluster;
    const resources = (cpu: string) => ({requests: {cpu}});
    const resize = (cpu: string) => {
      const patch = {spec: {containers: [{name: 'c', resources: resources(cpu)}]}};
      return client.patch(pods, {namespace: 'default', name: 'growing'}, {type: 'strategic', patch}, {subresource: 'resize'});
    };
    const has = (cpu: string, pending: string | undefined) =>
      eventually(async () => {
        const {status} = await client.get(pods, {namespace: 'default', name: 'growing'});
        assert.deepEqual(status?.containerStatuses?.[0]?.allocatedResources, {cpu});
        assert.equal(status?.conditions?.find(({type}) => type === 'PodResizePending')?.reason, pending);
      });
    await fixture.run('growing', {containers: [{name: 'c', image: 'busybox', resources: resources('1')}]}, isReady);
    await resize('2');
    await has('2', undefined);
    await resize('100');
    await has('2', 'Infeasible');
    await resize('3');
    await has('3', undefined);
  });

  it('leave alone what someone else says of a pod', async () => {
    const {client} = fixture.cluster;
    await fixture.run('overruled', {}, isReady);
    const patch = {status: {phase: 'Failed', reason: 'Evicted'}};
    await client.patch(pods, {namespace: 'default', name: 'overruled'}, {type: 'merge', patch}, {subresource: 'status'});
    await fixture.cluster.settled();
    assert.equal((await client.get(pods, {namespace: 'default', name: 'overruled'})).status?.phase, 'Failed');
  });

  it('make a node ready that asks for it, and keep what its author said', async () => {
    const {client} = fixture.cluster;
    const capacity = {cpu: '4', memory: '8Gi', pods: '7'};
    await client.create(nodes, {
      metadata: {name: 'adopted', annotations: {'kwok.x-k8s.io/node': 'fake'}},
      spec: {},
      status: {capacity, allocatable: capacity},
    });
    await client.create(nodes, {metadata: {name: 'alone'}, spec: {}});
    await eventually(async () => {
      const {status} = await client.get(nodes, {name: 'adopted'});
      assert.ok(status?.conditions?.some(({type, status: value}) => type === 'Ready' && value === 'True'));
      assert.deepEqual(status?.capacity, capacity);
    });
    // KWOK tells of no container that it started.
    await fixture.run('quiet', {nodeName: 'adopted'}, isReady);
    await fixture.run('told', {}, isReady);
    await eventually(async () => {
      const {items} = await client.list(events, {namespace: 'default'});
      assert.ok(items.some(({involvedObject, reason}) => involvedObject.name === 'told' && reason === 'Started'));
      assert.deepEqual(
        items.filter(({involvedObject}) => involvedObject.name === 'quiet'),
        [],
      );
    });
    assert.deepEqual((await client.get(nodes, {name: 'alone'})).status?.conditions ?? [], []);
    assert.equal(fixture.kubelets.dial({node: 'alone'}), undefined);
  });

  it('evict pods that asked for nothing when the node is said to be short of memory', async () => {
    const {client} = fixture.cluster;
    await fixture.run('modest', {}, isReady);
    await fixture.run('demanding', {containers: [{name: 'c', image: 'busybox', resources: {requests: {memory: '1Mi'}}}]}, isReady);
    const report = (status: string) =>
      client.patch(
        nodes,
        {name: 'node-1'},
        {type: 'strategic', patch: {status: {conditions: [{type: 'MemoryPressure', status}]}}},
        {subresource: 'status'},
      );
    await report('True');
    await eventually(async () => {
      const {status} = await client.get(pods, {namespace: 'default', name: 'modest'});
      assert.deepEqual([status?.phase, status?.reason], ['Failed', 'Evicted']);
    });
    assert.ok(isReady(await client.get(pods, {namespace: 'default', name: 'demanding'})));
    await report('False');
  });

  it('follow Stage objects where they are defined', async () => {
    const {client} = fixture.cluster;
    const schema = {openAPIV3Schema: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}};
    const names = {plural: 'stages', singular: 'stage', kind: 'Stage', listKind: 'StageList'};
    await client.create(customResourceDefinitions, {
      metadata: {name: 'stages.kwok.x-k8s.io'},
      spec: {group: 'kwok.x-k8s.io', scope: 'Cluster', names, versions: [{name: 'v1alpha1', served: true, storage: true, schema}]},
    });
    const stage = {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'Stage',
      metadata: {name: 'doomed'},
      spec: {
        resourceRef: {apiGroup: 'v1', kind: 'Pod'},
        selector: {matchLabels: {doomed: 'yes'}, matchExpressions: [{key: '.status.phase', operator: 'In', values: ['Running']}]},
        next: {statusTemplate: 'phase: Failed\nreason: Doomed'},
      },
    };
    const type = {group: 'kwok.x-k8s.io', version: 'v1alpha1', resource: 'stages', kind: 'Stage', namespaced: false};
    await eventually(() => client.create(type, stage));
    await fixture.run('doomed', {}, isReady);
    await client.patch(pods, {namespace: 'default', name: 'doomed'}, {type: 'merge', patch: {metadata: {labels: {doomed: 'yes'}}}});
    await eventually(async () => assert.equal((await client.get(pods, {namespace: 'default', name: 'doomed'})).status?.reason, 'Doomed'));
  });

  it('serve logs, also while they are being written', async () => {
    const containers = [{name: 'c', image: 'busybox', command: ['sh', '-c', 'echo one; echo two; sleep 0.05; echo three']}];
    await fixture.run('talking', {containers, restartPolicy: 'Never'}, pod => pod.status?.phase !== 'Pending');
    assert.equal(await get('/containerLogs/default/talking/c?follow=true'), 'one\ntwo\nthree\n');
    assert.equal(await get('/containerLogs/default/talking/c?tailLines=1'), 'three\n');
    assert.equal(await get('/containerLogs/default/talking/c?limitBytes=5'), 'one\nt');
    assert.match(await get('/containerLogs/default/talking/c?timestamps=true&tailLines=1'), /^\d{4}-\S+Z three\n$/);
    assert.equal(
      await get('/containerLogs/default/talking/c?previous=true', 400),
      'previous terminated container "c" in pod "talking" not found',
    );
    assert.equal(await get('/containerLogs/default/absent/c', 404), 'pod "absent" does not exist');
    assert.equal(await get('/healthz'), 'ok');
  });

  it('take over what is there after a restart', async () => {
    const {client, clock} = fixture.cluster;
    const before = await fixture.run('surviving', {}, isReady);
    fixture.kubelets.stop();
    const informers = createInformers(client, clock);
    informers.for(pods);
    informers.for(nodes);
    await informers.whenSynced();
    fixture.kubelets = startKubelets({client, clock, random: createRandom(), informers, nodes: 1, podCidr: '10.244.0.0/16'});
    const next = await fixture.run('next', {}, isReady);
    const {items} = await client.list(pods, {namespace: 'default'});
    const addresses = items.map(({status}) => status?.podIP).filter(ip => ip !== undefined);
    assert.equal(new Set(addresses).size, addresses.length);
    assert.ok(addresses.includes(next.status!.podIP!));
    const after = await client.get(pods, {namespace: 'default', name: 'surviving'});
    assert.equal(after.metadata.resourceVersion, before.metadata.resourceVersion);
  });

  /** GET from the kubelet of node-1. */
  async function get(path: string, status = 200): Promise<string> {
    const client = fixture.kubelets.dial({node: 'node-1'})!;
    const outgoing = request({path, createConnection: () => client});
    outgoing.end();
    const [response] = await once(outgoing, 'response');
    assert.equal(response.statusCode, status);
    let text = '';
    for await (const chunk of response) text += chunk;
    return text;
  }
});
