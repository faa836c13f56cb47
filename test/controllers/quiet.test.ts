import assert from 'node:assert/strict';
import {type ManualCluster, startManualCluster} from '../../cluster/manual.ts';
import type {ResourceType} from '../../server/api/client.ts';
import * as types from '../../server/api/resource-types.generated.ts';
import {template} from '../support/world.ts';

const TEN_MINUTES = 600_000;
const NODES = 2;

/**
 * What goes on although nothing happens: every kubelet renews its Lease every ten seconds and posts the time of its node's status every
 * five minutes. Nothing else may write.
 */
const UPKEEP = {'PUT leases': NODES * 60, 'PATCH nodes/status': NODES * 2};

/** How many writes the server has been asked for so far, by verb and resource, refused ones included. */
async function countWrites({client}: ManualCluster): Promise<{[what: string]: number}> {
  const {body} = await client.request({method: 'GET', path: '/metrics'});
  const counts: {[what: string]: number} = {};
  for (const [, labels = '', value] of String(body).matchAll(/^apiserver_request_total\{(.*)\} (\d+)$/gm)) {
    const {verb = '', resource, subresource} = Object.fromEntries(labels.split(',').map(label => label.replaceAll('"', '').split('=')));
    if (!/^(POST|PUT|PATCH|APPLY|DELETE|DELETECOLLECTION)$/.test(verb)) continue;
    const what = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
    counts[what] = (counts[what] ?? 0) + Number(value);
  }
  return counts;
}

async function writesDuring(cluster: ManualCluster, act: () => Promise<unknown>): Promise<{[what: string]: number}> {
  const before = await countWrites(cluster);
  await act();
  const after = Object.entries(await countWrites(cluster));
  return Object.fromEntries(after.map(([what, count]) => [what, count - (before[what] ?? 0)] as const).filter(([, more]) => more > 0));
}

describe('a cluster at rest', () => {
  let cluster: ManualCluster;
  const create = (type: unknown, name: string, object: object) =>
    cluster.client.create(type as ResourceType, {
      ...object,
      metadata: {name, ...((type as ResourceType).namespaced && {namespace: 'default'})},
    });

  before(async () => {
    cluster = await startManualCluster({nodes: NODES});
    const workload = (name: string, rest: object) => ({
      spec: {selector: {matchLabels: {app: name}}, template: template({app: name}), ...rest},
    });
    const finite = {template: {spec: {restartPolicy: 'Never', containers: [{name: 'c', image: 'i'}]}}};
    const capacity = {storage: '1Gi'};
    await create(types.persistentVolumes, 'disk', {
      spec: {capacity, accessModes: ['ReadWriteOnce'], hostPath: {path: '/disk'}, storageClassName: 'manual'},
    });
    const claim = {
      metadata: {name: 'data'},
      spec: {storageClassName: 'manual', accessModes: ['ReadWriteOnce'], resources: {requests: capacity}},
    };
    await create(types.deployments, 'web', workload('web', {replicas: 3}));
    await create(types.statefulSets, 'db', workload('db', {replicas: 1, serviceName: 'db', volumeClaimTemplates: [claim]}));
    await create(types.daemonSets, 'agent', workload('agent', {}));
    await create(types.replicationControllers, 'old', {spec: {replicas: 1, selector: {app: 'old'}, template: template({app: 'old'})}});
    await create(types.jobs, 'done', {spec: finite});
    await create(types.cronJobs, 'paused', {spec: {schedule: '* * * * *', suspend: true, jobTemplate: {spec: finite}}});
    await create(types.services, 'web', {spec: {type: 'LoadBalancer', selector: {app: 'web'}, ports: [{port: 80}]}});
    await create(types.podDisruptionBudgets, 'web', {spec: {minAvailable: 1, selector: {matchLabels: {app: 'web'}}}});
    await create(types.resourceQuotas, 'all', {spec: {hard: {pods: '100', 'count/configmaps': '10'}}});
    await cluster.pass(TEN_MINUTES);
  });
  after(() => cluster?.stop());

  it('writes nothing but its upkeep in ten minutes', async () => {
    assert.deepEqual(await writesDuring(cluster, () => cluster.pass(TEN_MINUTES)), UPKEEP);
  });

  it('writes each object once for a change that concerns it once', async () => {
    const touch = async () => {
      await cluster.client.patch(
        types.pods,
        {namespace: 'default', name: 'db-0'},
        {type: 'merge', patch: {metadata: {labels: {touched: 'yes'}}}},
      );
      await cluster.settled();
    };
    assert.deepEqual(await writesDuring(cluster, touch), {'PATCH pods': 1});
    const scale = async () => {
      await cluster.client.patch(types.deployments, {namespace: 'default', name: 'web'}, {type: 'merge', patch: {spec: {replicas: 4}}});
      await cluster.settled();
    };
    const writes = await writesDuring(cluster, scale);
    // One pod is made, bound and reported; its ReplicaSet is scaled once; all else only follows in status.
    for (const what of ['POST pods', 'POST pods/binding', 'PATCH pods/status', 'PUT replicasets', 'PATCH deployments'])
      assert.equal(writes[what], 1, `${what}: ${JSON.stringify(writes)}`);
  });
});
