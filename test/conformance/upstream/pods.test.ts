import assert from 'node:assert/strict';
import type {Pod, Taint} from '../../../server/api/kinds.generated.ts';
import {configMaps, nodes, pods, replicationControllers, runtimeClasses, secrets} from '../../../server/api/resource-types.generated.ts';
import {conditionOf, isReady, podSpec, refusal, template, useWorld} from '../../support/world.ts';

describe('upstream: pods and nodes', () => {
  const world = useWorld();
  const pod = (name: string, spec = podSpec(), metadata: object = {}) => world.create(pods, name, {metadata, spec});
  const phase = async (name: string) => (await world.get(pods, name)).status?.phase;

  for (const [restartPolicy, end] of [
    ['Always', 'Running'],
    ['Never', 'Succeeded'],
  ] as const) {
    it(`run init containers in order with restart policy ${restartPolicy}`, async () => {
      const init = ['init1', 'init2'].map(name => ({name, image: 'busybox:1', command: ['/bin/true']}));
      const main = restartPolicy === 'Never' ? {command: ['/bin/true']} : {};
      const seen = await world.watch(
        pods,
        async () => {
          await pod('p', podSpec(main, {restartPolicy, initContainers: init}));
          await world.cluster.pass(1000);
        },
        (_event, {status}) => String(status?.initContainerStatuses?.map(({state, ready}) => `${Object.keys(state ?? {})} ${ready}`)),
      );
      const {status} = await world.get(pods, 'p');
      assert.deepEqual([status?.phase, conditionOf({status}, 'Initialized')?.status], [end, 'True']);
      for (const {state, ready} of status!.initContainerStatuses!) assert.deepEqual([state?.terminated?.exitCode, ready], [0, true]);
      assert.equal(seen.at(-1), 'terminated true,terminated true');
    });
  }

  it('can be deleted while they always fail', async () => {
    await pod('failing', podSpec({command: ['/bin/false']}, {restartPolicy: 'Always'}));
    await world.cluster.pass(15_000);
    assert.ok((await world.get(pods, 'failing')).status!.containerStatuses![0]!.restartCount > 0);
    await world.remove(pods, 'failing');
    await world.rest();
    assert.equal(await world.find(pods, 'failing'), undefined);
  });

  const taint = (taints: Partial<Taint>[]) => world.merge(nodes, 'node-1', {spec: {taints}});
  const EVICT = {key: 'kubernetes.io/e2e-evict-taint-key', value: 'evictTaintVal', effect: 'NoExecute'} as const;
  const tolerating = (tolerationSeconds: number) =>
    podSpec({}, {nodeName: 'node-1', tolerations: [{...EVICT, operator: 'Equal', tolerationSeconds}]});

  it('stay when a taint is removed in time', async () => {
    await pod('taint-eviction-4', tolerating(60));
    await world.rest();
    await taint([EVICT]);
    await world.cluster.pass(30_000);
    await taint([]);
    await world.cluster.pass(120_000);
    assert.equal(await phase('taint-eviction-4'), 'Running');
  });

  it('are evicted after the least of their toleration seconds', async () => {
    await pod('b1', tolerating(5));
    await pod(
      'b2',
      podSpec(
        {},
        {
          nodeName: 'node-1',
          tolerations: [5, 100].map(tolerationSeconds => ({
            ...EVICT,
            operator: tolerationSeconds === 5 ? 'Equal' : 'Exists',
            ...(tolerationSeconds === 100 && {value: undefined}),
            tolerationSeconds,
          })),
        },
      ),
    );
    await world.rest();
    await taint([EVICT]);
    await world.cluster.pass(4000);
    assert.deepEqual(await world.names(pods), ['b1', 'b2']);
    await world.cluster.pass(4000);
    assert.deepEqual(await world.names(pods), []);
    await taint([]);
  });

  it('count the changes of their spec as generations', async () => {
    const made = await pod('p', podSpec({}, {initContainers: [{name: 'init', image: 'busybox:1', command: ['true']}]}), {generation: 100});
    assert.equal(made.metadata.generation, 1);
    await world.rest();
    const changes: [(pod: Pod) => unknown, 0 | 1][] = [
      [() => {}, 0],
      [({spec}) => spec.tolerations!.push({key: 'foo', operator: 'Equal', value: 'bar', effect: 'NoSchedule'}), 1],
      [({spec}) => Object.assign(spec, {activeDeadlineSeconds: 5000}), 1],
      [({spec}) => Object.assign(spec.containers[0]!, {image: 'registry.example/nginx:1'}), 1],
      [({spec}) => Object.assign(spec.initContainers![0]!, {image: 'registry.example/pause:2'}), 1],
      [({metadata}) => Object.assign(metadata, {annotations: {key: 'value'}}), 0],
      [({metadata}) => Object.assign(metadata, {generation: 1}), 0],
    ];
    let generation = 1;
    for (const [change, more] of changes) {
      generation += more;
      assert.equal((await world.change(pods, 'p', change)).metadata.generation, generation);
      await world.rest();
      const {status} = await world.get(pods, 'p');
      assert.equal(status?.observedGeneration, generation);
      assert.equal((conditionOf({status}, 'Ready') as {observedGeneration?: number}).observedGeneration, generation);
    }
    await world.merge(pods, 'p', {metadata: {finalizers: ['example.com/hold']}});
    await world.remove(pods, 'p', {gracePeriodSeconds: 60});
    assert.equal((await world.get(pods, 'p')).metadata.generation, generation + 1);
    await world.merge(pods, 'p', {metadata: {finalizers: null}});
  });

  it('observe five hundred changes in the end', async function () {
    this.timeout(60_000);
    await pod('p');
    await world.rest();
    const change = (tag: number) =>
      world.strategic(pods, 'p', {spec: {containers: [{name: 'c', image: `registry.example/pause:t${tag}`}]}});
    for (let i = 0; i < 500; i += 4) await Promise.all([i, i + 1, i + 2, i + 3].map(change));
    await world.cluster.pass(10_000);
    const {metadata, status} = await world.get(pods, 'p');
    assert.deepEqual([metadata.generation, status?.observedGeneration], [501, 501]);
  });

  it('fail when a deadline is set that has passed', async () => {
    await pod('p');
    await world.rest();
    await world.merge(pods, 'p', {spec: {activeDeadlineSeconds: 5}});
    await world.cluster.pass(6000);
    const {status} = await world.get(pods, 'p');
    assert.deepEqual([status?.phase, status?.reason], ['Failed', 'DeadlineExceeded']);
  });

  it('are submitted, updated and removed, as a watch shows', async () => {
    const seen = await world.watch(
      pods,
      async () => {
        await pod('p', podSpec(), {labels: {name: 'foo', time: '1'}});
        await world.rest();
        await world.change(pods, 'p', ({metadata}) => Object.assign(metadata, {labels: {name: 'foo', time: '2'}}));
        assert.equal((await world.list(pods, 'time=2')).length, 1);
        await world.remove(pods, 'p', {gracePeriodSeconds: 30});
      },
      (event, {metadata, spec}) =>
        `${event} ${metadata.labels?.time} ${metadata.deletionTimestamp ? 'terminating' : ''} ${spec.nodeName ? 'bound' : ''}`,
    );
    assert.equal(seen[0], 'ADDED 1  ');
    assert.ok(seen.includes('MODIFIED 2  bound'));
    assert.equal(seen.at(-1), 'DELETED 2 terminating bound');
  });

  it('are deleted as a collection', async () => {
    for (const name of ['test-pod-1', 'test-pod-2', 'test-pod-3']) await pod(name, podSpec(), {labels: {type: 'Testing'}});
    await world.rest();
    assert.equal((await world.list(pods, 'type=Testing')).length, 3);
    await world.client.deleteCollection(pods, {namespace: world.namespace, labelSelector: 'type=Testing'}, {gracePeriodSeconds: 1});
    await world.rest();
    assert.deepEqual(await world.names(pods), []);
  });

  it('get the address of their host', async () => {
    await pod('p');
    await world.rest();
    const {status, spec} = await world.get(pods, 'p');
    const node = await world.get(nodes, spec.nodeName!);
    assert.equal(status?.hostIP, node.status?.addresses?.find(({type}) => type === 'InternalIP')?.address);
    assert.deepEqual(status?.hostIPs, [{ip: status?.hostIP}]);
  });

  it('show what is written to their status', async () => {
    await pod('p', podSpec({}, {readinessGates: [{conditionType: 'example.com/gate'}]}), {labels: {'test-pod-static': 'true'}});
    await world.rest();
    assert.equal(isReady(await world.get(pods, 'p')), false);
    const patched = await world.strategic(
      pods,
      'p',
      {status: {conditions: [{type: 'example.com/gate', status: 'True'}]}},
      {subresource: 'status'},
    );
    assert.equal(conditionOf(patched, 'example.com/gate')?.status, 'True');
    await world.rest();
    assert.equal(isReady(await world.get(pods, 'p')), true);
    const message = {status: {message: 'Patched by e2e test', reason: 'E2E'}};
    const {status} = await world.strategic(pods, 'p', message, {subresource: 'status'});
    assert.deepEqual([status?.message, status?.reason], ['Patched by e2e test', 'E2E']);
  });

  it('go through their life', async () => {
    await pod('pod-test', podSpec({}, {terminationGracePeriodSeconds: 1}), {labels: {'test-pod-static': 'true'}});
    await world.rest();
    assert.equal(isReady(await world.get(pods, 'pod-test')), true);
    await world.strategic(pods, 'pod-test', {
      metadata: {labels: {'test-pod': 'patched'}},
      spec: {containers: [{name: 'c', image: 'registry.example/agnhost:2'}]},
    });
    await world.rest();
    assert.equal((await world.list(pods, 'test-pod=patched')).length, 1);
    const replaced = await world.change(
      pods,
      'pod-test',
      ({status}) => {
        const ready = status!.conditions!.find(({type}) => type === 'Ready')!;
        Object.assign(ready, {status: 'False'});
      },
      {subresource: 'status'},
    );
    assert.equal(isReady(replaced), false);
    const seen = await world.watch(pods, () =>
      world.client.deleteCollection(pods, {namespace: world.namespace, labelSelector: 'test-pod-static=true'}, {gracePeriodSeconds: 1}),
    );
    assert.equal(seen.at(-1), 'DELETED pod-test');
  });

  for (const overhead of [{cpu: '10m', memory: '1Mi'}, undefined]) {
    it(`are scheduled with a RuntimeClass ${overhead ? 'and its overhead' : 'without overhead'}`, async () => {
      const name = `class-${world.namespace}`;
      await world.client.create(runtimeClasses, {metadata: {name}, handler: 'runc', ...(overhead && {overhead: {podFixed: overhead}})});
      await pod('p', podSpec({}, {runtimeClassName: name}));
      await world.rest();
      const {spec, status} = await world.get(pods, 'p');
      assert.deepEqual([spec.overhead, status?.phase], [overhead, 'Running']);
      assert.match((await refusal(pod('q', podSpec({}, {runtimeClassName: 'absent'})))).message, /RuntimeClass "absent" not found/);
    });
  }

  it('mount Secrets and ConfigMaps beside each other', async () => {
    await world.create(secrets, 'secret', {data: {'data-1': Buffer.from('value-1').toString('base64')}});
    await world.create(configMaps, 'map', {data: {'data-1': 'value-1'}});
    const volumes = [
      {name: 'secret', secret: {secretName: 'secret'}},
      {name: 'map', configMap: {name: 'map'}},
    ];
    await pod('p', podSpec({volumeMounts: volumes.map(({name}) => ({name, mountPath: `/etc/${name}`}))}, {volumes}));
    await world.rest();
    assert.equal(isReady(await world.get(pods, 'p')), true);
  });

  it('mount fifty ConfigMaps each, without a race', async () => {
    const names = Array.from({length: 50}, (_, i) => `racey-configmap-${i}`);
    for (const name of names) await world.create(configMaps, name, {data: {'data-1': 'value-1'}});
    const volumes = names.map(name => ({name, configMap: {name}}));
    const spec = podSpec({volumeMounts: names.map(name => ({name, mountPath: `/etc/${name}`}))}, {volumes});
    await world.create(replicationControllers, 'wrapped', {
      spec: {replicas: 5, selector: {name: 'wrapped'}, template: template({name: 'wrapped'}, spec)},
    });
    await world.rest();
    assert.equal((await world.list(pods)).filter(isReady).length, 5);
  });
});
