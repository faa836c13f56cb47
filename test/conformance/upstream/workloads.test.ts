import assert from 'node:assert/strict';
import type {ResourceType} from '../../../server/api/client.ts';
import {
  deployments,
  pods,
  replicaSets,
  replicationControllers,
  resourceQuotas,
  statefulSets,
} from '../../../server/api/resource-types.generated.ts';
import {conditionOf, isReady, podSpec, refusal, template, useWorld} from '../../support/world.ts';

/** What the tests read of every workload. */
interface Workload {
  metadata: {name?: string; labels?: {[key: string]: string}; annotations?: {[key: string]: string}};
  spec?: {replicas?: number; template?: {spec?: {containers: {image?: string}[]; terminationGracePeriodSeconds?: number}}};
  status?: {replicas?: number; readyReplicas?: number; availableReplicas?: number};
}

const KINDS = {
  Deployment: deployments,
  ReplicaSet: replicaSets,
  StatefulSet: statefulSets,
  ReplicationController: replicationControllers,
} as unknown as {[kind: string]: ResourceType<Workload>};

describe('upstream: workloads', () => {
  const world = useWorld();
  const LABELS = {name: 'sample-pod', pod: 'httpd'};
  const workload = (kind: string, replicas: number, spec: object = {}) =>
    world.create(KINDS[kind]!, 'test', {
      metadata: {labels: LABELS},
      spec: {
        replicas,
        selector: kind === 'ReplicationController' ? LABELS : {matchLabels: LABELS},
        template: template(LABELS),
        ...(kind === 'StatefulSet' && {serviceName: 'test'}),
        ...spec,
      },
    });
  const images = async (selector?: string) => (await world.list(pods, selector)).map(({spec}) => spec.containers[0]!.image);

  for (const kind of Object.keys(KINDS)) {
    it(`${kind}: has a working scale subresource`, async () => {
      const type = KINDS[kind]!;
      await workload(kind, 1);
      await world.rest();
      const key = {namespace: world.namespace, name: 'test'};
      interface Scale {
        metadata: {resourceVersion?: string};
        spec: {replicas: number};
        status: {replicas: number; selector: string};
      }
      const scale = (await world.client.get(type, key, {subresource: 'scale'})) as unknown as Scale;
      assert.deepEqual([scale.spec.replicas, scale.status.replicas, scale.status.selector], [1, 1, 'name=sample-pod,pod=httpd']);
      const unconditional = {...scale, metadata: {...scale.metadata, resourceVersion: ''}, spec: {replicas: 2}};
      const updated = (await world.client.update(type, unconditional as never, {subresource: 'scale'})) as unknown as Scale;
      assert.equal(updated.spec.replicas, 2);
      assert.equal((await world.get(type, 'test')).spec?.replicas, 2);
      await world.strategic(type, 'test', {spec: {replicas: 4}}, {subresource: 'scale'});
      await world.rest();
      const {spec, status} = await world.get(type, 'test');
      assert.deepEqual([spec?.replicas, status?.readyReplicas], [4, 4]);
    });

    it(`${kind}: lists, patches and deletes a collection`, async () => {
      const type = KINDS[kind]!;
      await workload(kind, 1);
      await world.rest();
      const container = {name: 'c', image: 'registry.example/pause:2'};
      const patch = {
        metadata: {labels: {'test-rs': 'patched'}},
        spec: {replicas: 2, template: {spec: {TerminationGracePeriodSeconds: 1, containers: [container]}}},
      };
      await world.strategic(type, 'test', patch);
      await world.rest();
      const {spec, status} = await world.get(type, 'test');
      assert.deepEqual([spec?.replicas, spec?.template?.spec?.containers[0]?.image, status?.readyReplicas], [2, container.image, 2]);
      const found = await world.client.list(type, {labelSelector: 'test-rs=patched'});
      assert.equal(found.items.length, 1);
      await world.client.deleteCollection(
        type,
        {namespace: world.namespace, labelSelector: 'test-rs=patched'},
        {propagationPolicy: 'Background'},
      );
      assert.equal((await world.client.list(type, {labelSelector: 'test-rs=patched'})).items.length, 0);
      await world.rest();
      assert.deepEqual(await world.names(pods), []);
    });

    it(`${kind}: shows what is written to its status`, async () => {
      const type = KINDS[kind]!;
      await workload(kind, 1);
      await world.rest();
      const condition = {type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test'};
      const tell = (event: string, object: Workload) =>
        `${event} ${conditionOf(object, 'StatusUpdate')?.reason ?? conditionOf(object, 'StatusPatched')?.status}`;
      const updated = await world.watch(
        type,
        () =>
          world.change(
            type,
            'test',
            object => {
              const status = object.status as {conditions?: object[]};
              status.conditions = [...(status.conditions ?? []), condition];
            },
            {subresource: 'status'},
          ),
        tell,
      );
      assert.ok(updated.includes('MODIFIED E2E'), updated.join());
      const patched = await world.watch(
        type,
        () => world.merge(type, 'test', {status: {conditions: [{type: 'StatusPatched', status: 'True'}]}}, {subresource: 'status'}),
        tell,
      );
      assert.ok(patched.includes('MODIFIED True'), patched.join());
    });
  }

  for (const kind of ['ReplicaSet', 'ReplicationController']) {
    it(`${kind}: adopts matching pods and releases those that match no longer`, async () => {
      await world.create(pods, 'orphan', {metadata: {labels: LABELS}, spec: podSpec()});
      await world.rest();
      const {metadata} = (await workload(kind, 1)) as {metadata: {uid?: string}};
      await world.rest();
      const owners = async () => (await world.get(pods, 'orphan')).metadata.ownerReferences?.map(({uid}) => uid);
      assert.deepEqual(await owners(), [metadata.uid]);
      assert.deepEqual(await world.names(pods), ['orphan']);
      await world.merge(pods, 'orphan', {metadata: {labels: {name: 'not-matching'}}});
      await world.rest();
      assert.equal(await owners(), undefined);
      assert.equal((await world.names(pods, 'name=sample-pod')).length, 1);
    });
  }

  it('ReplicaSet: is scaled, patched and replaced', async () => {
    await workload('ReplicaSet', 1);
    await world.rest();
    await world.change(replicaSets, 'test', ({spec}) => Object.assign(spec!, {replicas: 2}));
    await world.rest();
    assert.equal((await world.list(pods)).length, 2);
    await world.strategic(replicaSets, 'test', {
      metadata: {labels: {'test-rs': 'patched'}},
      spec: {
        replicas: 3,
        template: {spec: {terminationGracePeriodSeconds: 1, containers: [{name: 'c', image: 'registry.example/pause:2'}]}},
      },
    });
    await world.rest();
    const {metadata, spec, status} = await world.get(replicaSets, 'test');
    assert.deepEqual(
      [metadata.labels?.['test-rs'], spec?.template?.spec?.terminationGracePeriodSeconds, status?.readyReplicas],
      ['patched', 1, 3],
    );
  });

  it('ReplicationController: tells that it cannot make pods, until it can', async () => {
    await world.create(resourceQuotas, 'condition-test', {spec: {hard: {pods: '2'}}});
    await world.rest();
    await workload('ReplicationController', 3);
    await world.rest();
    const failure = conditionOf(await world.get(replicationControllers, 'test'), 'ReplicaFailure');
    assert.deepEqual([failure?.status, failure?.reason], ['True', 'FailedCreate']);
    assert.match(failure?.message ?? '', /exceeded quota: condition-test, requested: pods=1, used: pods=2, limited: pods=2/);
    await world.merge(replicationControllers, 'test', {spec: {replicas: 2}});
    await world.rest();
    assert.equal(conditionOf(await world.get(replicationControllers, 'test'), 'ReplicaFailure'), undefined);
  });

  it('ReplicationController: goes through its life', async () => {
    const tell = (event: string, {status}: Workload) => `${event} ${status?.readyReplicas ?? 0}`;
    const type = KINDS.ReplicationController!;
    const seen = await world.watch(type, () => workload('ReplicationController', 1), tell);
    assert.equal(seen[0], 'ADDED 0');
    assert.ok(seen.includes('MODIFIED 1'), seen.join());
    await world.strategic(type, 'test', {metadata: {labels: {'test-rc-static': 'true'}}});
    const scaled = await world.watch(type, () => world.strategic(type, 'test', {spec: {replicas: 2}}), tell);
    assert.ok(scaled.includes('MODIFIED 2'), scaled.join());
    await world.strategic(type, 'test', {status: {readyReplicas: 0, availableReplicas: 0}}, {subresource: 'status'});
    await world.rest();
    assert.deepEqual(
      (await world.client.list(type, {labelSelector: 'test-rc-static=true'})).items.map(({metadata}) => metadata.name),
      ['test'],
    );
    await world.client.deleteCollection(type, {namespace: world.namespace, labelSelector: 'test-rc-static=true'});
    await world.rest();
    assert.equal(await world.find(type, 'test'), undefined);
  });

  for (const strategy of ['RollingUpdate', 'Recreate']) {
    it(`Deployment: ${strategy} deletes old pods and makes new ones`, async () => {
      if (strategy === 'RollingUpdate') {
        // A ReplicaSet that was there before, with another image.
        await world.create(replicaSets, 'old', {
          metadata: {labels: LABELS, annotations: {'deployment.kubernetes.io/revision': '3546343826724305832'}},
          spec: {replicas: 1, selector: {matchLabels: LABELS}, template: template(LABELS, podSpec({image: 'registry.example/httpd:1'}))},
        });
        await world.rest();
      }
      await workload('Deployment', 1, {strategy: {type: strategy}});
      await world.rest();
      let most = 0;
      const live = new Map<string, boolean>();
      const seen = await world.watch(
        pods,
        () =>
          world.strategic(deployments, 'test', {
            spec: {template: {spec: {containers: [{name: 'c', image: 'registry.example/agnhost:2'}]}}},
          }),
        (type, pod) => {
          live.set(pod.metadata.name!, type !== 'DELETED' && pod.status?.phase === 'Running');
          most = Math.max(most, [...live.values()].filter(Boolean).length);
          return `${type} ${pod.spec.containers[0]!.image}`;
        },
      );
      if (strategy === 'Recreate') {
        assert.ok(seen.indexOf('DELETED registry.example/pause:1') < seen.indexOf('ADDED registry.example/agnhost:2'), seen.join('\n'));
        assert.equal(most, 1);
      }
      assert.deepEqual(await images(), ['registry.example/agnhost:2']);
      const revision = (await world.get(deployments, 'test')).metadata.annotations?.['deployment.kubernetes.io/revision'];
      assert.equal(revision, strategy === 'Recreate' ? '2' : '3546343826724305834');
      const sets = await world.list(replicaSets);
      assert.ok(sets.every(({metadata}) => metadata.ownerReferences?.[0]?.name === 'test'));
      assert.deepEqual(sets.map(({spec}) => spec?.replicas).sort(), strategy === 'Recreate' ? [0, 1] : [0, 0, 1]);
    });
  }

  it('Deployment: deletes old ReplicaSets', async () => {
    await world.create(replicaSets, 'cleanup', {
      metadata: {labels: LABELS},
      spec: {replicas: 1, selector: {matchLabels: LABELS}, template: template(LABELS, podSpec({image: 'registry.example/httpd:1'}))},
    });
    await world.rest();
    await workload('Deployment', 1, {revisionHistoryLimit: 0});
    await world.rest();
    assert.deepEqual(
      (await world.list(replicaSets)).map(({spec}) => spec?.template?.spec?.containers[0]?.image),
      ['registry.example/pause:1'],
    );
  });

  it('Deployment: rolls over to a third image', async () => {
    await world.create(replicaSets, 'rollover', {
      metadata: {labels: LABELS},
      spec: {replicas: 1, selector: {matchLabels: LABELS}, template: template(LABELS, podSpec({image: 'registry.example/httpd:1'}))},
    });
    await world.rest();
    const rollingUpdate = {maxUnavailable: 0, maxSurge: 1};
    await workload('Deployment', 1, {
      minReadySeconds: 10,
      strategy: {type: 'RollingUpdate', rollingUpdate},
      template: template(LABELS, podSpec({name: 'slave', image: 'registry.example/redis:does-not-exist'})),
    });
    await world.cluster.pass(20_000);
    const old = await world.get(replicaSets, 'rollover');
    assert.equal(old.status?.availableReplicas, 1);
    await world.change(deployments, 'test', ({spec}) =>
      Object.assign(spec!.template!, template(LABELS, podSpec({image: 'registry.example/agnhost:2'}))),
    );
    await world.cluster.pass(30_000);
    assert.deepEqual(await images(), ['registry.example/agnhost:2']);
    const sets = await world.list(replicaSets);
    assert.deepEqual(sets.map(({spec}) => spec?.replicas).sort(), [0, 0, 1]);
  });

  it('Deployment: scales proportionally', async () => {
    await workload('Deployment', 10, {strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: 3, maxUnavailable: 2}}});
    await world.rest();
    const container = {name: 'c', image: 'registry.example/httpd:does-not-exist'};
    await world.strategic(deployments, 'test', {spec: {template: {spec: {containers: [container]}}}});
    await world.rest();
    const sizes = async () => {
      const sets = await world.list(replicaSets);
      const sizeOf = (broken: boolean) =>
        sets.find(({spec}) => (spec?.template?.spec?.containers[0]?.image === container.image) === broken)?.spec?.replicas;
      return [sizeOf(false), sizeOf(true)];
    };
    assert.deepEqual(await sizes(), [8, 5]);
    const {status} = await world.get(deployments, 'test');
    assert.deepEqual([status?.replicas, status?.availableReplicas, status?.updatedReplicas], [13, 8, 5]);
    await world.merge(deployments, 'test', {spec: {replicas: 30}});
    await world.rest();
    assert.deepEqual(await sizes(), [20, 13]);
  });

  it('Deployment: goes through its life', async () => {
    await workload('Deployment', 2);
    await world.rest();
    const patch = {
      metadata: {labels: {'test-deployment': 'patched'}},
      spec: {replicas: 1, template: {spec: {containers: [{name: 'c', image: 'registry.example/agnhost:2'}]}}},
    };
    await world.strategic(deployments, 'test', patch);
    await world.rest();
    const found = await world.client.list(deployments, {labelSelector: 'test-deployment=patched'});
    assert.deepEqual(
      found.items.map(({status}) => status?.readyReplicas),
      [1],
    );
    const seen = await world.watch(
      deployments,
      () =>
        world.change(deployments, 'test', ({status}) => Object.assign(status!, {readyReplicas: 0, availableReplicas: 0}), {
          subresource: 'status',
        }),
      (event, {status}) => `${event} ${status?.readyReplicas ?? 0}`,
    );
    assert.deepEqual(seen.slice(0, 2), ['MODIFIED 0', 'MODIFIED 1']);
    await world.client.deleteCollection(
      deployments,
      {namespace: world.namespace, labelSelector: 'test-deployment=patched'},
      {gracePeriodSeconds: 1},
    );
    await world.rest();
    assert.deepEqual(await world.names(pods), []);
  });

  it('StatefulSet: updates in phases by its partition', async () => {
    await workload('StatefulSet', 3);
    await world.rest();
    const {currentRevision, updateRevision} = (await world.get(statefulSets, 'test')).status!;
    assert.equal(currentRevision, updateRevision);
    const container = {name: 'c', image: 'registry.example/httpd:2'};
    const update = (partition: number) =>
      world.strategic(statefulSets, 'test', {
        spec: {updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition}}, template: {spec: {containers: [container]}}},
      });
    const updated = async () => (await images()).map(image => image === container.image);
    // Above the number of replicas: nothing is updated, whatever is deleted.
    await update(3);
    await world.rest();
    const next = (await world.get(statefulSets, 'test')).status!;
    assert.equal(next.currentRevision, currentRevision);
    assert.notEqual(next.updateRevision, currentRevision);
    assert.deepEqual(await updated(), [false, false, false]);
    await update(2);
    await world.rest();
    assert.deepEqual(await updated(), [false, false, true]);
    for (const name of ['test-0', 'test-2']) await world.remove(pods, name);
    await world.rest();
    const revisions = (await world.list(pods)).map(({metadata}) => metadata.labels?.['controller-revision-hash']);
    assert.deepEqual(revisions, [currentRevision, currentRevision, next.updateRevision]);
    await update(1);
    await world.rest();
    assert.deepEqual(await updated(), [false, true, true]);
    const order = await world.watch(pods, () => update(0));
    assert.ok(order.includes('DELETED test-0') && !order.includes('DELETED test-1'));
    const done = (await world.get(statefulSets, 'test')).status!;
    assert.deepEqual([done.currentRevision, done.updatedReplicas], [next.updateRevision, 3]);
    assert.ok((await world.list(pods)).every(isReady));
  });

  it('StatefulSet: makes a pod anew that its node cannot take', async () => {
    const ports = [{name: 'conflict', hostPort: 21017, containerPort: 21017}];
    await world.create(pods, 'test-pod', {spec: podSpec({ports}, {nodeName: 'node-1'})});
    await world.rest();
    const seen: string[] = [];
    const tell = (event: string, {metadata, status}: {metadata: {name?: string}; status?: {phase?: string; reason?: string}}) => {
      if (metadata.name === 'test-0') seen.push(`${event} ${status?.phase} ${status?.reason ?? ''}`.trim());
      return '';
    };
    const act = async () => {
      await workload('StatefulSet', 1, {template: template(LABELS, podSpec({ports}, {nodeName: 'node-1'}))});
      await world.cluster.pass(3000);
    };
    await world.watch(pods, act, tell);
    assert.ok(seen.includes('MODIFIED Failed NodePorts'), seen.join('\n'));
    assert.ok(seen.some(text => text.startsWith('DELETED')));
    await world.remove(pods, 'test-pod', {gracePeriodSeconds: 0});
    await world.cluster.pass(30_000);
    assert.equal((await world.get(pods, 'test-0')).status?.phase, 'Running');
  });

  it('refuses a scale below zero', async () => {
    await workload('Deployment', 1);
    assert.equal((await refusal(world.merge(deployments, 'test', {spec: {replicas: -1}}, {subresource: 'scale'}))).code, 422);
  });
});
