import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import type {JsonObject} from '../../server/api/json.ts';
import {createHttpClient, type HttpClient} from '../support/http.ts';
import {kubeconfigOf, useRemoteServer} from '../support/remote-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const map = (name: string, data: JsonObject = {}) => ({metadata: {name}, data});

describe('a cluster that asks a webhook what is allowed', () => {
  const remote = useRemoteServer();
  let folder: string;
  let cluster: Cluster;
  const clients: {[user: string]: HttpClient} = {};
  /** What the webhook says to a user's question. */
  let decide: (attributes: JsonObject, user: string) => JsonObject | number | undefined;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
    writeFileSync(join(folder, 'webhook.yaml'), kubeconfigOf(remote, '/authorize'));
    writeFileSync(join(folder, 'tokens.csv'), 'alice,alice,1\nbob,bob,2\nreader,reader,3\n');
    remote.answer = ({body}) => {
      const {resourceAttributes = {}, user} = body.spec as {resourceAttributes?: JsonObject; user: string};
      const status = decide(resourceAttributes, user);
      if (status === undefined) return undefined;
      if (typeof status === 'number') return {status, body: {}};
      return {body: {apiVersion: body.apiVersion, kind: 'SubjectAccessReview', status}};
    };
    cluster = await startCluster({
      controllers: 'none',
      nodes: 0,
      token: 'admin',
      tokenAuthFile: join(folder, 'tokens.csv'),
      authorizationMode: 'Webhook,RBAC',
      authorizationWebhookConfigFile: join(folder, 'webhook.yaml'),
      authorizationWebhookVersion: 'v1',
      authorizationWebhookCacheAuthorizedTtl: '0s',
      authorizationWebhookCacheUnauthorizedTtl: '0s',
    });
    for (const user of ['admin', 'alice', 'bob', 'reader']) clients[user] = createHttpClient(cluster.url, user);
    await clients.admin!.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: {name: 'reader'},
      roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin'},
      subjects: [{apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader'}],
    });
  });
  beforeEach(() => {
    remote.asked.length = 0;
    decide = () => ({allowed: false});
  });
  after(async () => {
    for (const client of Object.values(clients)) client.close();
    await cluster.stop();
    rmSync(folder, {recursive: true});
  });

  it('does what it says', async () => {
    decide = ({resource}) => (resource === 'configmaps' ? {allowed: true} : {allowed: false, denied: true, reason: 'not yours'});
    assert.equal((await clients.alice!.send('GET', `${CONFIG_MAPS}?labelSelector=a%3Db`)).status, 200);
    const attributes = (remote.asked[0]!.body.spec as JsonObject).resourceAttributes;
    assert.deepEqual(attributes, {
      namespace: 'default',
      verb: 'list',
      version: 'v1',
      resource: 'configmaps',
      labelSelector: {requirements: [{key: 'a', operator: 'In', values: ['b']}]},
    });
    // RBAC would allow it.
    const {status, text} = await clients.reader!.send('GET', '/api/v1/namespaces/default/services');
    assert.equal(status, 403);
    assert.match(
      text,
      /User \\"reader\\" cannot list resource \\"services\\" in API group \\"\\" in the namespace \\"default\\": not yours/,
    );
  });

  it('asks the next one where the webhook has no opinion, and never about administrators', async () => {
    assert.equal((await clients.reader!.send('GET', CONFIG_MAPS)).status, 200);
    assert.equal((await clients.alice!.send('GET', CONFIG_MAPS)).status, 403);
    remote.asked.length = 0;
    assert.equal((await clients.admin!.send('GET', CONFIG_MAPS)).status, 200);
    assert.equal(remote.asked.length, 0);
  });

  it('tells those who are not allowed what went wrong with the webhook', async () => {
    decide = () => 404;
    assert.equal((await clients.reader!.send('GET', CONFIG_MAPS)).status, 200);
    const {status, text, headers} = await clients.alice!.send('GET', `${CONFIG_MAPS}?limit=1`);
    assert.deepEqual(
      [status, text],
      [500, `Internal Server Error: "${CONFIG_MAPS}?limit=1": the server could not find the requested resource\n`],
    );
    assert.match(String(headers['content-type']), /^text\/plain/);
    const review = {spec: {user: 'alice', resourceAttributes: {verb: 'get', resource: 'pods'}}};
    const answer = (await clients.admin!.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review)).json();
    assert.deepEqual(answer.status, {allowed: false, evaluationError: 'the server could not find the requested resource'});
  });

  it('answers reviews and lists of rules', async () => {
    decide = () => ({allowed: false, denied: true, reason: 'never'});
    const self = {spec: {resourceAttributes: {verb: 'get', resource: 'pods'}}};
    decide = ({resource}) => ({allowed: resource === 'selfsubjectaccessreviews', denied: resource === 'pods', reason: 'so'});
    const {status} = (await clients.alice!.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', self)).json();
    assert.deepEqual(status, {allowed: false, denied: true, reason: 'so'});
    decide = () => ({allowed: true});
    const rules = {spec: {namespace: 'default'}};
    const listed = (await clients.alice!.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', rules)).json();
    const {incomplete, evaluationError} = listed.status as JsonObject;
    assert.deepEqual([incomplete, evaluationError], [true, 'webhook authorizer does not support user rule resolution']);
  });

  it('lets policies ask, impersonators too', async () => {
    const admissionregistration = '/apis/admissionregistration.k8s.io/v1';
    await clients.admin!.send('POST', `${admissionregistration}/validatingadmissionpolicies`, {
      metadata: {name: 'ask'},
      spec: {
        matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps']}]},
        validations: [{expression: "authorizer.group('acme.com').resource('labs').check('enter').allowed()", message: 'no entry'}],
      },
    });
    await clients.admin!.send('POST', `${admissionregistration}/validatingadmissionpolicybindings`, {
      metadata: {name: 'ask'},
      spec: {policyName: 'ask', validationActions: ['Deny']},
    });
    decide = ({verb}, user) => ({allowed: verb !== 'enter' || user === 'alice'});
    assert.equal((await clients.alice!.send('POST', CONFIG_MAPS, map('entered'))).status, 201);
    const refused = await clients.bob!.send('POST', CONFIG_MAPS, map('outside'));
    assert.deepEqual([refused.status, /no entry/.test(refused.text)], [422, true]);
    const as = (user: string) => clients.bob!.send('GET', `${CONFIG_MAPS}/entered`, undefined, {'Impersonate-User': user});
    decide = ({verb, name}) => ({allowed: verb === 'get' || (verb === 'impersonate' && name === 'alice')});
    assert.deepEqual([(await as('alice')).status, (await as('carl')).status], [200, 403]);
  });

  it('keeps nobody waiting for an answer that somebody else needs', async () => {
    decide = (_attributes, user) => (user === 'bob' ? undefined : {allowed: true});
    const stuck = createHttpClient(cluster.url, 'bob', 100);
    const waiting = Array.from({length: 100}, () => stuck.send('GET', CONFIG_MAPS).catch(() => undefined));
    for (let i = 0; i < 10; i++) assert.equal((await clients.alice!.send('GET', CONFIG_MAPS)).status, 200);
    assert.equal((await clients.admin!.send('GET', CONFIG_MAPS)).status, 200);
    decide = () => ({allowed: false});
    remote.server.closeAllConnections();
    stuck.close();
    await Promise.all(waiting);
  });
});
