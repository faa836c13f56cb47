import assert from 'node:assert/strict';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {createAuthority, issueCertificate} from '../../cluster/certificates.ts';
import {createRandom} from '../../cluster/random.ts';
import type {JsonObject} from '../../server/api/json.ts';
import type {KubeObject} from '../../server/api/object.ts';
import {useApiServer} from '../support/api-server.ts';

const NAMESPACE = '/api/v1/namespaces/default';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const ELSEWHERE = 'the namespace of the provided object does not match the namespace sent on the request';

describe('subresources of another kind', () => {
  const server = useApiServer();
  let webhook: Server;
  /** What a webhook was asked about: kind of the object, resource and operation. */
  let asked: string[] = [];

  before(async () => {
    const random = createRandom();
    const authority = createAuthority(random, 'webhook');
    const {certificate, key} = issueCertificate(authority, {commonName: 'webhook', hosts: ['localhost'], usage: 'server'}, random);
    webhook = createServer({cert: certificate, key}, (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', chunk => chunks.push(chunk));
      incoming.on('end', () => {
        const {request} = JSON.parse(Buffer.concat(chunks).toString());
        asked.push(`${request.operation} ${request.resource.resource}/${request.subResource} ${request.object?.kind}`);
        const review = {apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: {uid: request.uid, allowed: true}};
        outgoing.setHeader('content-type', 'application/json').end(JSON.stringify(review));
      });
    });
    await new Promise<void>(resolve => webhook.listen(0, '127.0.0.1', resolve));
    const made = await post('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: {name: 'all'},
      webhooks: [
        {
          name: 'all.example.com',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          clientConfig: {
            url: `https://localhost:${(webhook.address() as AddressInfo).port}/`,
            caBundle: Buffer.from(authority.certificate).toString('base64'),
          },
          rules: [{apiGroups: ['', 'apps'], apiVersions: ['v1'], operations: ['*'], resources: ['pods', 'pods/*', 'deployments/*']}],
        },
      ],
    });
    assert.equal(made.status, 201, made.text);
    await post(`${NAMESPACE}/serviceaccounts`, {apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name: 'default'}});
  });
  after(() => webhook.close());

  const post = (path: string, body: JsonObject) => server.client.send('POST', path, body);
  const messageOf = async (answer: ReturnType<typeof post>) => {
    const {status, json} = await answer;
    return [status, json().message];
  };

  it('of a Deployment, its scale, is admitted as what it is and must mean the same object', async () => {
    const template = {metadata: {labels: {a: 'b'}}, spec: {containers: [{name: 'c', image: 'i'}]}};
    const spec = {selector: {matchLabels: {a: 'b'}}, template};
    const made = await post(DEPLOYMENTS, {apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name: 'd'}, spec});
    const {uid} = (made.json() as KubeObject).metadata;
    const put = (metadata: JsonObject) =>
      server.client.send('PUT', `${DEPLOYMENTS}/d/scale`, {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: {name: 'd', ...metadata},
        spec: {replicas: 3},
      });
    assert.deepEqual(await messageOf(put({namespace: 'other'})), [400, ELSEWHERE]);
    const [status, message] = await messageOf(put({uid: 'other'}));
    assert.equal(status, 409);
    assert.match(String(message), /^Operation cannot be fulfilled on deployments\.apps "d": StorageError: invalid object, Code: 4, /);
    assert.match(String(message), new RegExp(`Precondition failed: UID in precondition: other, UID in object meta: ${uid}$`));
    asked = [];
    assert.equal((await put({uid: uid!})).status, 200);
    assert.deepEqual(asked, ['UPDATE deployments/scale Scale']);
  });

  it('of a pod are admitted once, as what they are', async () => {
    const pod = (name: string) => ({apiVersion: 'v1', kind: 'Pod', metadata: {name}, spec: {containers: [{name: 'c', image: 'i'}]}});
    assert.equal((await post(`${NAMESPACE}/pods`, pod('p'))).status, 201);
    const binding = (metadata: JsonObject) => ({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: {name: 'p', ...metadata},
      target: {kind: 'Node', name: 'n'},
    });
    const bindings = `${NAMESPACE}/pods/p/binding`;
    assert.deepEqual(await messageOf(post(bindings, binding({namespace: 'other'}))), [400, ELSEWHERE]);
    const [status, message] = await messageOf(post(bindings, binding({resourceVersion: '1'})));
    assert.equal(status, 409);
    assert.match(String(message), /: Precondition failed: ResourceVersion in precondition: 1, ResourceVersion in object meta: \d+$/);
    asked = [];
    // Labels come along unlooked at.
    const bindingMade = await post(bindings, binding({labels: {ok: 'bad value!'}}));
    assert.equal(bindingMade.status, 201, bindingMade.text);
    assert.deepEqual(asked, ['CREATE pods/binding Binding']);
    const bound = (await server.client.send('GET', `${NAMESPACE}/pods/p`)).json() as KubeObject;
    assert.deepEqual(bound.metadata.labels, {ok: 'bad value!'});

    const eviction = {apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name: 'q'}};
    const evictions = `${NAMESPACE}/pods/q/eviction`;
    assert.equal((await post(`${NAMESPACE}/pods`, pod('q'))).status, 201);
    assert.deepEqual(await messageOf(post(evictions, {...eviction, metadata: {name: 'q', namespace: 'other'}})), [400, ELSEWHERE]);
    assert.deepEqual(await messageOf(post(`${evictions}?dryRun=All`, {...eviction, deleteOptions: {dryRun: ['Some']}})), [
      500,
      'Non-matching dry-run options in request and content: [All] and [Some]',
    ]);
    asked = [];
    assert.equal((await post(evictions, eviction)).status, 201);
    assert.deepEqual(asked, ['CREATE pods/eviction Eviction']);
  });

  it('are reviews of the namespace they are sent to', async () => {
    const path = '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews';
    const review = (metadata: JsonObject) => ({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'LocalSubjectAccessReview',
      metadata,
      spec: {user: 'jane', resourceAttributes: {namespace: 'default', verb: 'get', resource: 'pods'}},
    });
    const made = await post(path, review({uid: 'x', creationTimestamp: '2020-01-01T00:00:00Z'}));
    assert.equal(made.status, 201, made.text);
    const {managedFields: _, ...metadata} = (made.json() as KubeObject).metadata;
    assert.deepEqual(metadata, {namespace: 'default'});
    assert.deepEqual(await messageOf(post(path, review({namespace: 'other'}))), [400, ELSEWHERE]);
  });

  it('that connect say what of the request they cannot read, and whom they cannot reach', async () => {
    const pod = {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'far'}, spec: {nodeName: 'none', containers: [{name: 'c', image: 'i'}]}};
    assert.equal((await post(`${NAMESPACE}/pods`, pod)).status, 201);
    const service = {apiVersion: 'v1', kind: 'Service', metadata: {name: 's'}, spec: {ports: [{name: 'http', port: 80}]}};
    assert.equal((await post(`${NAMESPACE}/services`, service)).status, 201);
    assert.equal((await post('/api/v1/nodes', {apiVersion: 'v1', kind: 'Node', metadata: {name: 'mute'}})).status, 201);
    const get = (path: string) => messageOf(server.client.send('GET', path));
    const log = (query: string) => get(`${NAMESPACE}/pods/far/log${query}`);
    assert.deepEqual(await log('?limitBytes=x'), [400, 'strconv.ParseInt: parsing "x": invalid syntax']);
    assert.deepEqual(await log('?tailLines='), [400, 'strconv.ParseInt: parsing "": invalid syntax']);
    assert.deepEqual(await log('?sinceTime=x'), [400, 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"']);
    assert.deepEqual(await log(''), [404, 'nodes "none" not found']);
    assert.deepEqual(await get('/api/v1/nodes/mute/proxy/'), [500, 'no preferred addresses found; known addresses: []']);
    const services = `${NAMESPACE}/services`;
    assert.deepEqual(await get(`${services}/ftp:s:80/proxy/`), [400, 'invalid service request "ftp:s:80"']);
    assert.deepEqual(await get(`${services}/https:s:81/proxy/`), [503, 'no service port 81 found for service "s"']);
    assert.deepEqual(await get(`${services}/s:other/proxy/`), [503, 'no endpoints available for service "s"']);
    assert.deepEqual(await get(`${NAMESPACE}/pods/a:b:c:d/proxy/`), [400, 'invalid pod request "a:b:c:d"']);
  });
});
