import assert from 'node:assert/strict';
import {startCluster} from '../../../cluster/index.ts';
import {deployments} from '../../../server/api/resource-types.generated.ts';
import {eventually} from '../../support/eventually.ts';
import {startProgram} from '../../support/program.ts';

describe('kubedouble controllers', () => {
  it('works against an API server of another process until it is told to stop', async () => {
    await using cluster = await startCluster({controllers: 'none'});
    const program = startProgram(['controllers', '--kubeconfig', cluster.kubeconfigFile, '--nodes', '1', '--leader-elect']);
    try {
      await eventually(() => assert.match(program.stdout(), /^Controllers work against https:/), 15_000);
      const template = {metadata: {labels: {app: 'web'}}, spec: {containers: [{name: 'c', image: 'nginx:1.27'}]}};
      await eventually(() =>
        cluster.client.create(deployments, {
          metadata: {name: 'web', namespace: 'default'},
          spec: {replicas: 2, selector: {matchLabels: {app: 'web'}}, template},
        }),
      );
      await eventually(async () => {
        const {status} = await cluster.client.get(deployments, {namespace: 'default', name: 'web'});
        assert.equal(status?.availableReplicas, 2);
      }, 15_000);
    } finally {
      program.process.kill('SIGTERM');
    }
    assert.equal(await program.exit, 0);
  });
});
