import assert from 'node:assert/strict';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import type {JsonObject} from '../../server/api/json.ts';
import type {Pod, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding} from '../../server/api/kinds.generated.ts';
import {
  configMaps,
  namespaces,
  pods,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../server/api/resource-types.generated.ts';

const map = (namespace: string) => ({metadata: {name: 'm', namespace}});

describe('admission plugins that are off by default', () => {
  const using = async (enableAdmissionPlugins: string, run: (cluster: Cluster) => Promise<void>, disableAdmissionPlugins = '') => {
    const cluster = await startCluster({controllers: 'none', nodes: 0, enableAdmissionPlugins, disableAdmissionPlugins});
    await run(cluster);
    await cluster.stop();
  };

  it('make namespaces where they are needed', () =>
    using('NamespaceAutoProvision', async ({client}) => {
      await client.create(configMaps, map('new'), {dryRun: true}).then(
        () => assert.fail('a dry run has no namespace'),
        error => assert.equal(error.message, 'namespaces "new" not found'),
      );
      await client.create(configMaps, map('new'));
      assert.equal((await client.get(namespaces, {name: 'new'})).status?.phase, 'Active');
    }));

  it('refuse everything', () =>
    using('AlwaysDeny', async ({client}) => {
      await assert.rejects(client.create(configMaps, map('default')), {
        message: 'configmaps "m" is forbidden: admission control is denying all modifications',
      });
      assert.equal((await client.list(configMaps, {namespace: 'default'})).items.length, 0);
    }));

  it('refuse whatever is in no namespace', () =>
    using(
      'NamespaceExists',
      async ({client}) => {
        await assert.rejects(client.create(configMaps, map('nowhere')), {message: 'namespaces "nowhere" not found'});
        await client.create(configMaps, map('default'));
      },
      'NamespaceLifecycle',
    ));
});

describe('admission policies', () => {
  /** Refuses all of the operation on ConfigMaps, or something else, with what the expression says. */
  async function refuse({client}: Cluster, operation: string, messageExpression: string, resource = 'configmaps'): Promise<void> {
    const metadata = {name: 'kept'};
    const resourceRules = [{apiGroups: [''], apiVersions: ['v1'], operations: [operation], resources: [resource]}];
    const validations = [{expression: 'false', messageExpression}];
    const policy = {metadata, spec: {matchConstraints: {resourceRules}, validations}} as ValidatingAdmissionPolicy;
    await client.create(validatingAdmissionPolicies, policy);
    const binding = {metadata, spec: {policyName: 'kept', validationActions: ['Deny']}} as ValidatingAdmissionPolicyBinding;
    await client.create(validatingAdmissionPolicyBindings, binding);
    await client.create(configMaps, map('default'));
  }
  const BY = "ValidatingAdmissionPolicy 'kept' with binding 'kept' denied request";
  const path = '/api/v1/namespaces/default/configmaps';

  it('are not told the names of what goes with a collection', async () => {
    const cluster = await startCluster({controllers: 'none', nodes: 0});
    const {client} = cluster;
    await refuse(cluster, 'DELETE', "string(has(request.name)) + ' ' + oldObject.metadata.name");
    await assert.rejects(client.delete(configMaps, {namespace: 'default', name: 'm'}), {
      message: `configmaps "m" is forbidden: ${BY}: true m`,
    });
    const {body} = await client.request({method: 'DELETE', path});
    assert.equal((body as JsonObject).message, `configmaps "Unknown" is forbidden: ${BY}: false m`);
    await cluster.stop();
  });

  it('see a patch as an update, with what it was asked with', async () => {
    const cluster = await startCluster({controllers: 'none', nodes: 0});
    await refuse(cluster, 'UPDATE', "request.options.kind + ' ' + request.options.fieldManager + ' ' + request.options.fieldValidation");
    const query = 'fieldManager=me&fieldValidation=Strict';
    const headers = {'content-type': 'application/merge-patch+json'};
    const {body} = await cluster.client.request({method: 'PATCH', path: `${path}/m?${query}`, headers, body: {data: {a: 'b'}}});
    assert.equal((body as JsonObject).message, `configmaps "m" is forbidden: ${BY}: UpdateOptions me Strict`);
    await cluster.stop();
  });

  it('see what a deletion was asked with, and no more', async () => {
    const cluster = await startCluster({controllers: 'none', nodes: 0});
    const shown =
      "request.options.kind + ' ' + string(has(request.options.dryRun)) + ' ' + string(has(request.options.gracePeriodSeconds))";
    await refuse(cluster, 'DELETE', shown);
    for (const [query, said] of [
      ['', 'DeleteOptions false false'],
      ['?dryRun=All&gracePeriodSeconds=5', 'DeleteOptions true true'],
    ]) {
      const {body} = await cluster.client.request({method: 'DELETE', path: `${path}/m${query}`});
      assert.equal((body as JsonObject).message, `configmaps "m" is forbidden: ${BY}: ${said}`);
    }
    await cluster.stop();
  });

  it('are not asked about pods that go already, unless they shall go sooner', async () => {
    const cluster = await startCluster({controllers: 'none', nodes: 0, disableAdmissionPlugins: 'ServiceAccount'});
    const {client} = cluster;
    const pod = {metadata: {name: 'p', namespace: 'default'}, spec: {nodeName: 'n', containers: [{name: 'c', image: 'i'}]}} as Pod;
    await client.create(pods, pod);
    const remove = async (query: string) =>
      (await client.request({method: 'DELETE', path: `/api/v1/namespaces/default/pods/p${query}`})).body as JsonObject;
    await remove('');
    await refuse(cluster, 'DELETE', "'as ' + string(request.options.gracePeriodSeconds)", 'pods');
    for (const query of ['', '?gracePeriodSeconds=30', '?gracePeriodSeconds=40&propagationPolicy=Foreground', '?dryRun=All']) {
      const {metadata} = await remove(query);
      assert.deepEqual([(metadata as JsonObject).deletionGracePeriodSeconds, (metadata as JsonObject).finalizers], [30, undefined]);
    }
    assert.equal((await remove('?gracePeriodSeconds=29')).message, `pods "p" is forbidden: ${BY}: as 29`);
    await cluster.stop();
  });

  it('give pods that have ended the time that is asked when they go already', async () => {
    const cluster = await startCluster({controllers: 'none', nodes: 0, disableAdmissionPlugins: 'ServiceAccount'});
    const {client} = cluster;
    const key = {name: 'p', namespace: 'default'};
    await client.create(pods, {metadata: key, spec: {nodeName: 'n', containers: [{name: 'c', image: 'i'}]}} as Pod);
    await client.delete(pods, key);
    await client.patch(pods, key, {type: 'merge', patch: {status: {phase: 'Succeeded'}}}, {subresource: 'status'});
    for (const [asked, left] of [
      [undefined, 30],
      [-1, 1],
      [5, 1],
    ] as const) {
      await client.delete(pods, key, {gracePeriodSeconds: asked!});
      assert.equal((await client.get(pods, key)).metadata.deletionGracePeriodSeconds, left);
    }
    await cluster.stop();
  });
});
