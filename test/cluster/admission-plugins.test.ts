import assert from 'node:assert/strict';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import {configMaps, namespaces} from '../../server/api/resource-types.generated.ts';

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
