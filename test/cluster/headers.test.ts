import assert from 'node:assert/strict';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import type {JsonObject} from '../../server/api/json.ts';
import type {FlowSchema} from '../../server/api/kinds.generated.ts';
import type {KubeObject} from '../../server/api/object.ts';
import {useApiServer} from '../support/api-server.ts';
import {createHttpClient, type HttpClient} from '../support/http.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const SCHEMAS = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';

describe('headers of answers', () => {
  const server = useApiServer();

  const as = (user: string, group = 'system:authenticated') => ({'Impersonate-User': user, 'Impersonate-Group': group});
  const flowOf = async (path: string, headers: {[name: string]: string} = {}) =>
    (await server.client.send('GET', path, undefined, headers)).headers['x-kubernetes-pf-flowschema-uid'];
  const uidOf = async (schema: string) => ((await server.client.send('GET', `${SCHEMAS}/${schema}`)).json() as KubeObject).metadata.uid;

  it('name the flow schema by user, group and path', async () => {
    assert.equal(await flowOf(CONFIG_MAPS), await uidOf('exempt'));
    assert.equal(await flowOf(CONFIG_MAPS, as('jane')), await uidOf('global-default'));
    assert.equal(await flowOf('/healthz', as('jane')), await uidOf('probes'));
    assert.equal(await flowOf(CONFIG_MAPS, as('system:kube-scheduler')), await uidOf('kube-scheduler'));
    assert.equal(await flowOf('/api/v1/nodes', as('system:node:a', 'system:nodes')), await uidOf('system-node-high'));
    assert.equal(await flowOf(CONFIG_MAPS, as('system:serviceaccount:kube-system:x')), await uidOf('kube-system-service-accounts'));
  });

  it('follow flow schemas that come and go', async () => {
    const rules = [
      {
        subjects: [{kind: 'User', user: {name: 'jane'}}],
        resourceRules: [{verbs: ['list'], apiGroups: [''], resources: ['configmaps'], namespaces: ['default']}],
      },
    ];
    const spec = {priorityLevelConfiguration: {name: 'workload-low'}, matchingPrecedence: 50, rules};
    const kind = {apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: {name: 'for-jane'}};
    const made = await server.client.send('POST', SCHEMAS, {...kind, spec});
    assert.equal(made.status, 201, made.text);
    assert.equal(await flowOf(CONFIG_MAPS, as('jane')), await uidOf('for-jane'));
    assert.equal(await flowOf(`${CONFIG_MAPS}/none`, as('jane')), await uidOf('global-default'));
    await server.client.send('DELETE', `${SCHEMAS}/for-jane`);
    assert.equal(await flowOf(CONFIG_MAPS, as('jane')), await uidOf('global-default'));
  });

  it('belong to flow schemas that say whether their priority level exists', async () => {
    const dangling = async (name: string) => {
      const {status} = (await server.client.send('GET', `${SCHEMAS}/${name}`)).json() as FlowSchema & JsonObject;
      const {lastTransitionTime: _, ...condition} = status?.conditions?.[0] ?? {};
      return condition;
    };
    const subject = 'This FlowSchema references the PriorityLevelConfiguration object named "later"';
    const level = {apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'PriorityLevelConfiguration', metadata: {name: 'later'}};
    await server.client.send('POST', SCHEMAS, {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: {name: 'waits'},
      spec: {priorityLevelConfiguration: {name: 'later'}},
    });
    await server.cluster.settled();
    assert.deepEqual(await dangling('waits'), {
      type: 'Dangling',
      status: 'True',
      reason: 'NotFound',
      message: `${subject} but there is no such object`,
    });
    await server.client.send('POST', SCHEMAS.replace('flowschemas', 'prioritylevelconfigurations'), {
      ...level,
      spec: {type: 'Limited', limited: {limitResponse: {type: 'Reject'}}},
    });
    await server.cluster.settled();
    assert.deepEqual(await dangling('waits'), {type: 'Dangling', status: 'False', reason: 'Found', message: `${subject} and it exists`});
    assert.equal((await dangling('exempt')).status, 'False');
  });

  it('say that browsers should not guess the type of a refusal', async () => {
    const refused = await server.client.send('GET', CONFIG_MAPS, undefined, as('jane'));
    assert.deepEqual([refused.status, refused.headers['x-content-type-options']], [403, 'nosniff']);
    const unknown = await server.client.send('GET', '/nope');
    assert.deepEqual([unknown.status, unknown.headers['x-content-type-options']], [404, 'nosniff']);
    assert.equal((await server.client.send('GET', `${CONFIG_MAPS}/none`)).headers['x-content-type-options'], undefined);
  });

  it('send errors in the accepted type, leaving other forms aside', async () => {
    const yaml = await server.client.send('GET', '/api/v1/namespaces/default/nope', undefined, {Accept: 'application/yaml'});
    assert.deepEqual([yaml.status, yaml.headers['content-type']], [404, 'application/yaml']);
    const table = await server.client.send('GET', `${CONFIG_MAPS}/none`, undefined, {
      Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    assert.equal(table.json().kind, 'Status');
    const watch = await server.client.send('GET', `${CONFIG_MAPS}?watch=1`, undefined, {Accept: 'application/yaml'});
    assert.deepEqual([watch.status, watch.headers['content-type']], [406, 'application/yaml']);
  });

  it('keep an audit id that the client sends', async () => {
    const {headers} = await server.client.send('GET', CONFIG_MAPS, undefined, {'Audit-ID': 'mine'});
    assert.equal(headers['audit-id'], 'mine');
  });

  it('let OpenAPI documents be kept by who read them', async () => {
    const index = (await server.client.send('GET', '/openapi/v3')).json() as {paths: {[path: string]: {serverRelativeURL: string}}};
    const path = index.paths['api/v1']!.serverRelativeURL;
    const {status, headers} = await server.client.send('GET', path);
    assert.deepEqual(
      [status, headers['cache-control'], headers['accept-ranges'], headers.vary],
      [200, 'public, immutable', 'bytes', 'Accept'],
    );
    assert.ok(Date.parse(headers.expires as string) > Date.parse(headers['last-modified'] as string));
    const again = await server.client.send('GET', path, undefined, {'If-None-Match': headers.etag as string});
    assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', headers.etag]);
  });

  it('tell when to come again', async () => {
    const {status, headers} = await server.client.send('GET', `${CONFIG_MAPS}?resourceVersion=999999999`);
    assert.deepEqual([status, headers['retry-after']], [504, '1']);
  });
});

describe('evictions under a disruption budget', () => {
  let cluster: Cluster;
  let client: HttpClient;
  const pods = '/api/v1/namespaces/default/pods';
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  const merge = {'Content-Type': 'application/merge-patch+json'};

  before(async () => {
    cluster = await startCluster({token: 'admin', controllers: 'none', nodes: 0});
    client = createHttpClient(cluster.url, 'admin');
    await client.send('POST', '/api/v1/namespaces/default/serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {name: 'default'},
    });
    for (const name of ['a', 'b', 'pending']) {
      const spec = {containers: [{name: 'c', image: 'i'}], nodeName: 'n'};
      const made = await client.send('POST', pods, {apiVersion: 'v1', kind: 'Pod', metadata: {name, labels: {app: 'x'}}, spec});
      assert.equal(made.status, 201, made.text);
      const status = {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]};
      if (name !== 'pending') await client.send('PATCH', `${pods}/${name}/status`, {status}, merge);
    }
    const budget = {apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: {name: 'x'}};
    await client.send('POST', budgets, {...budget, spec: {selector: {matchLabels: {app: 'x'}}, minAvailable: 1}});
  });

  after(async () => {
    client.close();
    await cluster.stop();
  });

  const evict = (name: string, query = '') =>
    client.send('POST', `${pods}/${name}/eviction${query}`, {apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name}});
  const setStatus = (status: JsonObject) => client.send('PATCH', `${budgets}/x/status`, {status}, merge);

  it('wait until the budget has been looked at', async () => {
    const {status, headers} = await evict('a');
    assert.deepEqual([status, headers['retry-after']], [429, '10']);
  });

  it('do not ask it for pods that do not run yet', async () => {
    assert.equal((await evict('pending')).status, 201);
  });

  it('take what it allows, and no more', async () => {
    await setStatus({observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2});
    assert.equal((await evict('a', '?dryRun=All')).status, 201);
    assert.equal((await evict('a')).status, 201);
    const {disruptionsAllowed, disruptedPods} = (await client.send('GET', `${budgets}/x`)).json().status as JsonObject;
    assert.deepEqual([disruptionsAllowed, Object.keys(disruptedPods as JsonObject)], [0, ['a']]);
    assert.equal((await evict('b')).status, 429);
  });
});
