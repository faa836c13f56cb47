import assert from 'node:assert/strict';
import type {Cluster} from '../../cluster/index.ts';
import {startCluster} from '../../cluster/index.ts';
import type {ApiClient, ResourceType} from '../../server/api/client.ts';
import type {Deployment, Pod} from '../../server/api/kinds.generated.ts';
import {
  configMaps,
  cronJobs,
  deployments,
  endpointSlices,
  jobs,
  namespaces,
  pods,
  replicaSets,
  services,
  statefulSets,
  validatingAdmissionPolicies,
} from '../../server/api/resource-types.generated.ts';
import {isApiError} from '../../server/api/status.ts';
import {eventually} from '../support/eventually.ts';

const TEMPLATE = (app: string, image = 'nginx:1.27') => ({metadata: {labels: {app}}, spec: {containers: [{name: 'c', image}]}});

const deployment = (name: string, replicas: number, spec: object = {}): Deployment => ({
  metadata: {name, namespace: 'default'},
  spec: {replicas, selector: {matchLabels: {app: name}}, template: TEMPLATE(name), ...spec},
});

describe('controllers of a cluster', () => {
  let cluster: Cluster;
  let client: ApiClient;
  before(async () => {
    cluster = await startCluster({nodes: 2});
    client = cluster.client;
    await cluster.settled();
  });
  after(() => cluster.stop());

  const podsOf = async (app: string): Promise<Pod[]> =>
    (await client.list(pods, {namespace: 'default', labelSelector: `app=${app}`})).items;
  const exists = <T>(type: ResourceType<T>, name: string, namespace = 'default') =>
    client.get(type, {namespace, name}).then(
      () => true,
      error => {
        if (isApiError(error, 'NotFound')) return false;
        throw error;
      },
    );

  it('roll a Deployment out, back, and remove all that is its', async () => {
    await client.create(deployments, deployment('web', 3));
    await cluster.settled();
    const {status} = await client.get(deployments, {namespace: 'default', name: 'web'});
    assert.deepEqual([status?.availableReplicas, status?.updatedReplicas, status?.observedGeneration], [3, 3, 1]);

    const change = {spec: {template: TEMPLATE('web', 'nginx:1.28')}};
    await client.patch(deployments, {namespace: 'default', name: 'web'}, {type: 'strategic', patch: change});
    await cluster.settled();
    const images = (await podsOf('web')).map(({spec}) => spec?.containers[0]?.image);
    assert.deepEqual(images, ['nginx:1.28', 'nginx:1.28', 'nginx:1.28']);
    const sets = (await client.list(replicaSets, {namespace: 'default', labelSelector: 'app=web'})).items;
    assert.deepEqual(sets.map(({spec}) => spec?.replicas).sort(), [0, 3]);

    await client.delete(deployments, {namespace: 'default', name: 'web'});
    await cluster.settled();
    assert.deepEqual(await podsOf('web'), []);
    assert.equal((await client.list(replicaSets, {namespace: 'default', labelSelector: 'app=web'})).items.length, 0);
  });

  it('tell of expressions that do not fit the kinds of a policy', async () => {
    const expressions = [
      'object.spec.replicaz < 5',
      "variables.n < 'x'",
      'object.spec.replicas < 5 && has(object.metadata.labels)',
      'params.data.most == oldObject.metadata.generation',
    ];
    const rules = (apiGroups: string[], resources: string[]) => ({apiGroups, apiVersions: ['v1'], operations: ['CREATE'], resources});
    await client.create(validatingAdmissionPolicies, {
      metadata: {name: 'typed'},
      spec: {
        paramKind: {apiVersion: 'v1', kind: 'ConfigMap'},
        matchConstraints: {
          resourceRules: [
            rules(['apps'], ['replicasets', 'deployments', 'deployments/scale']),
            rules(['*'], ['pods']),
            rules(['none.example.com'], ['things']),
          ],
        },
        variables: [{name: 'n', expression: 'object.spec.replicas'}],
        validations: [...expressions.map(expression => ({expression})), {expression: 'true', messageExpression: 'string(object.nome)'}],
      },
    });
    await cluster.settled();
    const {status} = await client.get(validatingAdmissionPolicies, {name: 'typed'});
    const kinds = ['Deployment', 'ReplicaSet'];
    const told = (column: number, source: string, message: string) =>
      kinds
        .map(kind => `apps/v1, Kind=${kind}: ERROR: <input>:1:${column + 1}: ${message}\n | ${source}\n | ${'.'.repeat(column)}^\n`)
        .join('\n');
    assert.equal(status?.observedGeneration, 1);
    assert.deepEqual(status?.typeChecking?.expressionWarnings, [
      {fieldRef: 'spec.validations[0].expression', warning: told(11, expressions[0]!, "undefined field 'replicaz'")},
      {
        fieldRef: 'spec.validations[1].expression',
        warning: told(12, expressions[1]!, "found no matching overload for '_<_' applied to '(int, string)'"),
      },
      {
        fieldRef: 'spec.validations[3].expression',
        warning: told(17, expressions[3]!, "found no matching overload for '_==_' applied to '(string, int)'"),
      },
      {fieldRef: 'spec.validations[4].messageExpression', warning: told(13, 'string(object.nome)', "undefined field 'nome'")},
    ]);
  });

  it('write nothing when nothing changes', async () => {
    await client.create(deployments, deployment('calm', 2));
    await client.create(services, {
      metadata: {name: 'calm', namespace: 'default'},
      spec: {selector: {app: 'calm'}, ports: [{port: 80}]},
    } as never);
    await cluster.settled();
    const version = async () => (await client.list(configMaps, {namespace: 'default'})).metadata.resourceVersion;
    const before = await version();
    await cluster.settled();
    assert.equal(await version(), before);
    const [slice] = (await client.list(endpointSlices, {namespace: 'default', labelSelector: 'kubernetes.io/service-name=calm'})).items;
    assert.equal(slice?.endpoints?.length, 2);
  });

  it('run a Job to its end and a StatefulSet in order', async () => {
    const template = {spec: {restartPolicy: 'Never', containers: [{name: 'c', image: 'busybox:1.37', command: ['true']}]}};
    await client.create(jobs, {metadata: {name: 'five', namespace: 'default'}, spec: {completions: 5, parallelism: 2, template}});
    await client.create(statefulSets, {
      metadata: {name: 'db', namespace: 'default'},
      spec: {replicas: 2, serviceName: 'db', selector: {matchLabels: {app: 'db'}}, template: TEMPLATE('db')},
    });
    await cluster.settled();
    assert.deepEqual(
      (await podsOf('db')).map(({metadata}) => metadata.name),
      ['db-0', 'db-1'],
    );
    // Simulated pods of a Job end a moment after they run.
    await eventually(async () => {
      const {status} = await client.get(jobs, {namespace: 'default', name: 'five'});
      assert.ok(status?.conditions?.some(({type}) => type === 'Complete'));
      assert.equal(status?.succeeded, 5);
    });
  });

  it('empty a namespace and let it go', async () => {
    await client.create(namespaces, {metadata: {name: 'gone'}, spec: {}});
    await cluster.settled();
    await client.create(deployments, {...deployment('x', 2), metadata: {name: 'x', namespace: 'gone'}});
    await client.create(cronJobs, {
      metadata: {name: 'c', namespace: 'gone'},
      spec: {
        schedule: '0 0 29 2 *',
        jobTemplate: {spec: {template: {spec: {restartPolicy: 'Never', containers: [{name: 'c', image: 'x'}]}}}},
      },
    });
    await cluster.settled();
    await client.delete(namespaces, {name: 'gone'});
    await eventually(async () => assert.equal(await exists(namespaces, 'gone', ''), false));
    assert.deepEqual((await client.list(pods, {namespace: 'gone'})).items, []);
  });
});
