import assert from 'node:assert/strict';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import {configMaps, namespaces} from '../../server/api/resource-types.generated.ts';
import type {ApiError} from '../../server/api/status.ts';

const ALONE = {controllers: 'none', nodes: 0} as const;

describe('cluster/start', () => {
  it('starts many clusters at once that share nothing', async () => {
    const clusters = await Promise.all([startCluster(ALONE), startCluster(ALONE), startCluster(ALONE)]);
    try {
      assert.equal(new Set(clusters.map(({url}) => url)).size, 3);
      assert.equal(new Set(clusters.map(({ca}) => ca)).size, 3);
      const [first, second] = clusters as readonly Cluster[] as [Cluster, Cluster];
      await first.client.create(namespaces, {metadata: {name: 'only-here'}} as never);
      await assert.rejects(second.client.get(namespaces, {name: 'only-here'}), (error: ApiError) => error.status.code === 404);
    } finally {
      await Promise.all(clusters.map(cluster => cluster.stop()));
    }
  });

  it('writes a kubeconfig for its owner only and leaves nothing behind', async () => {
    let file: string;
    {
      await using cluster = await startCluster(ALONE);
      file = cluster.kubeconfigFile;
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.equal(readFileSync(file, 'utf8'), cluster.kubeconfig);
      assert.match(cluster.version, /^1\.36\./);
    }
    assert.equal(existsSync(dirname(file)), false);
  });

  it('keeps data and authority in the given folder', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
    try {
      const first = await startCluster({...ALONE, dataDir});
      const made = await first.client.create(configMaps, {metadata: {name: 'kept', namespace: 'default'}, data: {a: 'b'}} as never);
      await first.stop();
      const second = await startCluster({...ALONE, dataDir});
      const kept = await second.client.get(configMaps, {namespace: 'default', name: 'kept'});
      await second.stop();
      assert.deepEqual(kept, made);
      assert.equal(second.ca, first.ca);
    } finally {
      rmSync(dataDir, {recursive: true});
    }
  });

  it('hands out answers that are the caller’s own', async () => {
    await using cluster = await startCluster(ALONE);
    const key = {namespace: 'default', name: 'mine'};
    await cluster.client.create(configMaps, {metadata: key, data: {a: 'b'}} as never);
    const first = await cluster.client.get(configMaps, key);
    first.data!.a = 'changed';
    assert.equal((await cluster.client.get(configMaps, key)).data!.a, 'b');
  });

  it('says in one line why it cannot start', async () => {
    await using cluster = await startCluster(ALONE);
    await assert.rejects(startCluster({...ALONE, port: cluster.port}), {name: 'StartError', message: `port ${cluster.port} is taken`});
    const folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
    try {
      const dataDir = join(folder, 'data');
      const owner = await startCluster({...ALONE, dataDir});
      await assert.rejects(
        startCluster({...ALONE, dataDir}),
        (error: Error) => error.name === 'StartError' && !error.message.includes('\n'),
      );
      await owner.stop();
      writeFileSync(join(folder, 'file'), '');
      await assert.rejects(startCluster({...ALONE, dataDir: join(folder, 'file', 'data')}), /^StartError: cannot write to the data folder/);
      // A folder in which the system makes none, and for which Node's recursive mkdir would try for ever.
      if (existsSync('/proc'))
        await assert.rejects(startCluster({...ALONE, dataDir: '/proc/kubedouble'}), /^StartError: cannot write to the data/);
      mkdirSync(join(folder, 'kubeconfig'));
      await assert.rejects(startCluster({...ALONE, kubeconfig: join(folder, 'kubeconfig')}), /^StartError: cannot write .*kubeconfig/);
      await assert.rejects(
        startCluster({controllers: 'deployment-controler'}),
        /^UsageError: --controllers: "deployment-controler" is not in/,
      );
    } finally {
      rmSync(folder, {recursive: true});
    }
  });
});
