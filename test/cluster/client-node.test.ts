import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {startCluster} from '../../cluster/index.ts';

describe('@kubernetes/client-node', () => {
  it('lists, watches by informer, patches and applies', async () => {
    await using cluster = await startCluster();
    const program = fileURLToPath(new URL('../../conformance/clients/informer.mjs', import.meta.url));
    const env = {...process.env, KUBECONFIG: cluster.kubeconfigFile};
    const output = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, [program], {env, timeout: 30_000}, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    });
    assert.equal(output, 'client-node: ok\n');
  });
});
