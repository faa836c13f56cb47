import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startCluster} from '../../../cluster/index.ts';
import {deployments, leases, secrets, serviceAccounts} from '../../../server/api/resource-types.generated.ts';
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

  it('can be told to stop while it is still starting to work', async () => {
    await using cluster = await startCluster({controllers: 'none'});
    const program = startProgram(['controllers', '--kubeconfig', cluster.kubeconfigFile, '--leader-elect']);
    await eventually(() => cluster.client.get(leases, {namespace: 'kube-system', name: 'kube-controller-manager'}), 15_000);
    program.process.kill('SIGTERM');
    assert.equal(await program.exit, 0, program.stderr());
  });

  it('signs for a cluster whose keys it is given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
    await using cluster = await startCluster({controllers: 'none', dataDir: folder, authorizationMode: 'RBAC'});
    await cluster.client.create(serviceAccounts, {metadata: {name: 'robot', namespace: 'default'}});
    const annotations = {'kubernetes.io/service-account.name': 'robot'};
    const secret = {metadata: {name: 'token', namespace: 'default', annotations}, type: 'kubernetes.io/service-account-token'};
    await cluster.client.create(secrets, secret);
    // The server makes its key when it is first asked for.
    await cluster.client.request({method: 'GET', path: '/openid/v1/jwks'});
    const program = startProgram([
      'controllers',
      '--kubeconfig',
      cluster.kubeconfigFile,
      '--service-account-private-key-file',
      join(folder, 'sa.key'),
      '--cluster-signing-cert-file',
      join(folder, 'ca.crt'),
      '--cluster-signing-key-file',
      join(folder, 'ca.key'),
    ]);
    try {
      let token = '';
      await eventually(async () => {
        const {data} = await cluster.client.get(secrets, {namespace: 'default', name: 'token'});
        token = Buffer.from(data?.token ?? '', 'base64').toString();
        assert.notEqual(token, '');
      }, 15_000);
      const review = {apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: {token}};
      const {body} = await cluster.client.request({method: 'POST', path: '/apis/authentication.k8s.io/v1/tokenreviews', body: review});
      const {status} = body as {status: {user: {username: string}}};
      assert.equal(status.user.username, 'system:serviceaccount:default:robot');
    } finally {
      program.process.kill('SIGTERM');
      await program.exit;
      rmSync(folder, {recursive: true});
    }
  });

  for (const [flags, message] of [
    [['--cluster-signing-cert-file', 'x'], /^kubedouble: --cluster-signing-cert-file and --cluster-signing-key-file need each other\n$/],
    [['--root-ca-file', '/not/there'], /^kubedouble: cannot use \/not\/there: [^\n]+\n$/],
  ] as const) {
    it(`refuses ${flags.join(' ')}`, async () => {
      await using cluster = await startCluster({controllers: 'none'});
      const program = startProgram(['controllers', '--kubeconfig', cluster.kubeconfigFile, ...flags]);
      assert.notEqual(await program.exit, 0);
      assert.match(program.stderr(), message);
    });
  }
});
