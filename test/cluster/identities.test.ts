import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {request} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {exportJWK, generateKeyPair, type JWK, SignJWT} from 'jose';
import {type Authority, createAuthority, type KeyPair} from '../../cluster/certificates.ts';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import {createRandom} from '../../cluster/random.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';
import {signedCertificate} from '../support/certificates.ts';
import {kubeconfigOf, useRemoteServer} from '../support/remote-server.ts';

const REVIEW = {apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview'};
const UNAUTHORIZED = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'Unauthorized',
  reason: 'Unauthorized',
  code: 401,
};
const DAY = 24 * 3600 * 1000;

interface Answer {
  status: number;
  body: JsonObject;
}

/** Asks who one is, with headers and a client certificate, on a connection of its own. */
function whoAmI({url}: Cluster, headers: {[name: string]: string | string[]} = {}, pair?: KeyPair): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      agent: false as const,
      rejectUnauthorized: false,
      headers: {'Content-Type': 'application/json', ...headers},
      ...(pair && {cert: pair.certificate, key: pair.key}),
    };
    const outgoing = request(`${url}/apis/authentication.k8s.io/v1/selfsubjectreviews`, options, incoming => {
      let text = '';
      incoming.on('data', chunk => {
        text += chunk;
      });
      incoming.on('end', () => resolve({status: incoming.statusCode!, body: JSON.parse(text)}));
    });
    outgoing.on('error', reject).end(JSON.stringify(REVIEW));
  });
}

const userOf = ({status, body}: Answer): Json => {
  assert.equal(status, 201, JSON.stringify(body));
  return (body.status as JsonObject).userInfo!;
};
const bearer = (token: string) => ({Authorization: `Bearer ${token}`});

describe('identities of a cluster', () => {
  const remote = useRemoteServer();
  const random = createRandom();
  let folder: string;
  let cluster: Cluster;
  let own: Pick<Authority, 'certificate' | 'key'>;
  const others = createAuthority(random, 'others');
  const proxies = createAuthority(random, 'proxies');
  let issuerKey: {privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey']; jwk: JWK};

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const {privateKey, publicKey} = await generateKeyPair('ES256');
    issuerKey = {privateKey, jwk: {...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256'}};
    remote.answer = ({path, body}) => {
      if (path === '/keys') return {body: {keys: [issuerKey.jwk]}};
      if (path.startsWith('/.well-known')) return {body: {issuer: remote.url, jwks_uri: `${remote.url}/keys`}};
      const {token} = body.spec as {token: string};
      if (token === 'idle') return undefined;
      const status = token === 'webhook' ? {authenticated: true, user: {username: 'wendy', groups: ['w']}} : {authenticated: false};
      return {body: {apiVersion: body.apiVersion, kind: 'TokenReview', status}};
    };
    cluster = await startCluster({
      controllers: 'none',
      nodes: 0,
      dataDir: folder,
      token: 'admin',
      requestheaderClientCaFile: write('proxies.pem', proxies.certificate),
      requestheaderAllowedNames: 'front',
      requestheaderUsernameHeaders: 'X-Forwarded-User,X-Remote-User',
      requestheaderUidHeaders: 'X-Remote-Uid',
      requestheaderGroupHeaders: 'X-Remote-Group',
      requestheaderExtraHeadersPrefix: 'X-Remote-Extra-',
      oidcIssuerUrl: remote.url,
      oidcClientId: 'kubernetes',
      oidcCaFile: write('issuer.pem', remote.ca),
      oidcSigningAlgs: 'ES256',
      oidcGroupsClaim: 'groups',
      authenticationTokenWebhookConfigFile: write('webhook.yaml', kubeconfigOf(remote, '/tokens')),
    });
    own = {certificate: cluster.ca, key: readFileSync(join(folder, 'ca.key'), 'utf8')};
  });
  after(async () => {
    await cluster.stop();
    rmSync(folder, {recursive: true});
  });

  it('come from client certificates', async () => {
    const pair = await signedCertificate(own, {subject: 'O=devs,O=ops,CN=alice'});
    const {username, groups, extra} = userOf(await whoAmI(cluster, {}, pair)) as JsonObject;
    assert.deepEqual({username, groups}, {username: 'alice', groups: ['devs', 'ops', 'system:authenticated']});
    assert.match(String((extra as JsonObject)['authentication.kubernetes.io/credential-id']), /^X509SHA256=[0-9a-f]{64}$/);
  });

  const bad: [string, () => Promise<KeyPair>][] = [
    ['that has expired', () => signedCertificate(own, {subject: 'CN=alice', at: Date.now() - DAY})],
    ['that is not valid yet', () => signedCertificate(own, {subject: 'CN=alice', at: Date.now() + DAY})],
    ['of another authority', () => signedCertificate(others, {subject: 'O=system:masters,CN=alice'})],
    ['of an authority of the same name', () => signedCertificate(createAuthority(random), {subject: 'O=system:masters,CN=alice'})],
    ['for servers', () => signedCertificate(own, {subject: 'CN=alice', usages: ['server auth']})],
    [
      'of somebody who is no authority',
      async () => signedCertificate(await signedCertificate(own, {subject: 'CN=alice'}), {subject: 'CN=root'}),
    ],
    ['of a proxy that names nobody', () => signedCertificate(proxies, {subject: 'CN=front'})],
  ];
  for (const [what, make] of bad) {
    it(`are nobody’s with a certificate ${what}, unless a token is good`, async () => {
      const pair = await make();
      assert.deepEqual(await whoAmI(cluster, {}, pair), {status: 401, body: UNAUTHORIZED});
      assert.equal((await whoAmI(cluster, bearer('nonsense'), pair)).status, 401);
      assert.equal((userOf(await whoAmI(cluster, bearer('admin'), pair)) as JsonObject).username, 'kubernetes-admin');
    });
  }

  it('come from proxies, and from nobody else', async () => {
    const proxy = await signedCertificate(proxies, {subject: 'CN=front'});
    const headers = {
      'X-Remote-User': 'bob',
      'X-Remote-Uid': '7',
      'X-Remote-Group': ['a', 'b,c'],
      'X-Remote-Extra-Acme.com%2Fproject': ['p', 'q'],
    };
    const bob = {username: 'bob', uid: '7', groups: ['a', 'b,c', 'system:authenticated'], extra: {'acme.com/project': ['p', 'q']}};
    assert.deepEqual(userOf(await whoAmI(cluster, headers, proxy)), bob);
    assert.deepEqual((userOf(await whoAmI(cluster, {...headers, 'X-Forwarded-User': 'carl'}, proxy)) as JsonObject).username, 'carl');
    const stranger = await signedCertificate(proxies, {subject: 'CN=other'});
    const forger = await signedCertificate(others, {subject: 'CN=front'});
    for (const pair of [stranger, forger]) assert.equal((await whoAmI(cluster, headers, pair)).status, 401);
    const alice = await signedCertificate(own, {subject: 'CN=front'});
    assert.equal((userOf(await whoAmI(cluster, headers, alice)) as JsonObject).username, 'front');
    assert.equal((userOf(await whoAmI(cluster, {...headers, ...bearer('admin')})) as JsonObject).username, 'kubernetes-admin');
    assert.equal((await whoAmI(cluster, headers)).status, 403);
  });

  it('come from an issuer', async () => {
    const token = (seconds: number) =>
      new SignJWT({iss: remote.url, aud: 'kubernetes', sub: 'olga', groups: ['g'], exp: Math.floor(cluster.clock.now() / 1000) + seconds})
        .setProtectedHeader({alg: 'ES256', kid: 'k'})
        .sign(issuerKey.privateKey);
    assert.deepEqual(userOf(await whoAmI(cluster, bearer(await token(60)))), {
      username: `${remote.url}#olga`,
      groups: ['g', 'system:authenticated'],
    });
    assert.deepEqual(await whoAmI(cluster, bearer(await token(-1))), {status: 401, body: UNAUTHORIZED});
  });

  it('come from a webhook, which others do not wait for', async () => {
    assert.deepEqual(userOf(await whoAmI(cluster, bearer('webhook'))), {username: 'wendy', groups: ['w', 'system:authenticated']});
    const {headers, body, path} = remote.asked.at(-1)!;
    assert.equal(headers.authorization, 'Bearer own-token');
    assert.equal(path, '/tokens?timeout=30s');
    assert.deepEqual(body.apiVersion, 'authentication.k8s.io/v1beta1');
    const stuck = Array.from({length: 100}, (_, i) => whoAmI(cluster, bearer(i % 2 ? 'idle' : `idle-${i}`)).catch(() => undefined));
    assert.equal((userOf(await whoAmI(cluster, bearer('admin'))) as JsonObject).username, 'kubernetes-admin');
    assert.deepEqual((userOf(await whoAmI(cluster, bearer('webhook'))) as JsonObject).username, 'wendy');
    remote.server.closeAllConnections();
    void stuck;
  });

  it('takes the word behind Bearer as Go does', async () => {
    for (const [header, status] of [
      ['bearer admin', 201],
      ['BEARER admin and more', 201],
      ['Bearer  admin', 403],
      ['Bearer', 403],
      ['Basic YTpi', 403],
      ['Bearer Admin', 401],
    ] as const)
      assert.equal((await whoAmI(cluster, {Authorization: header})).status, status, header);
  });
});

describe('a cluster without anonymous users', () => {
  for (const options of [{anonymousAuth: 'false'}, {authorizationMode: 'AlwaysAllow'}]) {
    it(`answers 401 with ${JSON.stringify(options)}`, async () => {
      const cluster = await startCluster({controllers: 'none', nodes: 0, token: 'admin', ...options});
      assert.deepEqual(await whoAmI(cluster), {status: 401, body: UNAUTHORIZED});
      assert.equal((await whoAmI(cluster, bearer('admin'))).status, 201);
      await cluster.stop();
    });
  }
});
