import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type Cluster, startCluster} from '../../cluster/start.ts';
import type {JsonObject} from '../../server/api/json.ts';
import {configMaps, resourceQuotas, serviceAccounts} from '../../server/api/resource-types.generated.ts';
import {createHttpClient} from '../support/http.ts';

const REVIEW = {apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview'};
const BARE = {controllers: 'none', nodes: 0};

/** The status of a question who one is, asked with a token. */
async function whoAmI({url}: Cluster, token: string, headers: {[name: string]: string} = {}): Promise<{status: number; user: JsonObject}> {
  const http = createHttpClient(url, token);
  const answer = await http.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', REVIEW, headers);
  http.close();
  const {userInfo = {}} = (answer.json().status as JsonObject | undefined) ?? {};
  return {status: answer.status, user: userInfo as JsonObject};
}

async function tokenFor({client}: Cluster, namespace: string, name: string, spec: JsonObject = {}): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const {body} = await client.request({method: 'POST', path, body: {apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec}});
  return ((body as JsonObject).status as {token: string}).token;
}

describe('cluster/access', () => {
  it('keeps tokens across a restart, until their account is gone', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
    const first = await startCluster({...BARE, dataDir});
    await first.client.create(serviceAccounts, {metadata: {name: 'robot', namespace: 'default'}});
    const token = await tokenFor(first, 'default', 'robot');
    assert.equal((await whoAmI(first, token)).user.username, 'system:serviceaccount:default:robot');
    assert.equal(statSync(join(dataDir, 'sa.key')).mode & 0o777, 0o600);
    await first.stop();

    const second = await startCluster({...BARE, dataDir});
    assert.equal((await whoAmI(second, token)).user.username, 'system:serviceaccount:default:robot');
    await second.client.delete(serviceAccounts, {name: 'robot', namespace: 'default'});
    assert.equal((await whoAmI(second, token)).status, 401);
    await second.stop();
    rmSync(dataDir, {recursive: true});
  });

  it('accept tokens for the audiences that they are told', async () => {
    const cluster = await startCluster({...BARE, token: 'admin', apiAudiences: 'here,there'});
    await cluster.client.create(serviceAccounts, {metadata: {name: 'robot', namespace: 'default'}});
    for (const [audiences, status] of [
      [undefined, 201],
      [['there'], 201],
      [['https://kubernetes.default.svc.cluster.local'], 401],
    ] as const) {
      const token = await tokenFor(cluster, 'default', 'robot', audiences && {audiences: [...audiences]});
      assert.equal((await whoAmI(cluster, token)).status, status);
    }
    await cluster.stop();
  });

  describe('a running cluster', () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster({...BARE, token: 'admin'});
      await cluster.client.create(serviceAccounts, {metadata: {name: 'robot', namespace: 'default'}});
    });
    after(() => cluster.stop());

    it('lets nobody in with a token that is no good', async () => {
      const good = await tokenFor(cluster, 'default', 'robot');
      const [head, body, signature] = good.split('.') as [string, string, string];
      const none = Buffer.from('{"alg":"none"}').toString('base64url');
      const elsewhere = await tokenFor(cluster, 'default', 'robot', {audiences: ['vault']});
      for (const bad of [
        'x',
        `${good}x`,
        `${head}.${body}.`,
        `${none}.${body}.${signature}`,
        `${none}.${body}.`,
        `${head}..${signature}`,
        elsewhere,
      ]) {
        assert.equal((await whoAmI(cluster, bad)).status, 401, bad);
      }
      assert.equal((await whoAmI(cluster, good)).status, 201);
    });

    it('lets no account act as an administrator', async () => {
      const token = await tokenFor(cluster, 'default', 'robot');
      for (const headers of [{'Impersonate-User': 'kubernetes-admin'}, {'Impersonate-User': 'x', 'Impersonate-Group': 'system:masters'}]) {
        assert.equal((await whoAmI(cluster, token, headers as unknown as {[name: string]: string})).status, 403);
      }
      assert.equal(
        (await whoAmI(cluster, token, {'X-Remote-User': 'kubernetes-admin', 'X-Remote-Group': 'system:masters'})).user.username,
        'system:serviceaccount:default:robot',
      );
    });

    it('never lets 32 creators at once exceed a quota', async () => {
      const {client} = cluster;
      const key = {name: 'q', namespace: 'default'};
      const made = await client.create(resourceQuotas, {metadata: key, spec: {hard: {configmaps: '10'}}});
      await client.update(resourceQuotas, {...made, status: {hard: {configmaps: '10'}, used: {configmaps: '0'}}}, {subresource: 'status'});
      const http = createHttpClient(cluster.url, 'admin', 32);
      const statuses = await Promise.all(
        Array.from({length: 32}, async (_, i) => {
          const body = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: `c-${i}`}};
          return (await http.send('POST', '/api/v1/namespaces/default/configmaps', body)).status;
        }),
      );
      http.close();
      assert.deepEqual(
        [201, 403].map(status => statuses.filter(each => each === status).length),
        [10, 22],
      );
      assert.equal((await client.get(resourceQuotas, key)).status!.used!.configmaps, '10');
      assert.equal((await client.list(configMaps, {namespace: 'default'})).items.length, 10);
    });
  });
});
