import assert from 'node:assert/strict';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {createAuthority, issueCertificate} from '../../cluster/certificates.ts';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import {createRandom} from '../../cluster/random.ts';
import type {JsonObject} from '../../server/api/json.ts';
import type {KubeObject} from '../../server/api/object.ts';
import {eventually} from '../support/eventually.ts';
import {createHttpClient, type HttpClient} from '../support/http.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const APISERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';

const spec = (properties: JsonObject): JsonObject => ({
  openAPIV3Schema: {type: 'object', properties: {spec: {type: 'object', properties}}},
});

describe('servers that extend a cluster', () => {
  let cluster: Cluster;
  let client: HttpClient;
  let extension: Server;
  let port: number;
  let caBundle: string;
  /** The certificate of `extension`. */
  let serving: string;
  /** What the conversion webhook does to an object on its way to a version. */
  let convert: (object: KubeObject, desired: string) => JsonObject;
  /** A review's response in place of the honest one. */
  let response: ((uid: string, objects: JsonObject[]) => JsonObject) | undefined;
  let reviews = 0;
  const asked: JsonObject[] = [];
  /** What reviews were posted to. */
  const converted: string[] = [];

  before(async () => {
    const random = createRandom();
    const authority = createAuthority(random, 'extension');
    const {certificate, key} = issueCertificate(
      authority,
      {commonName: 'extension', hosts: ['localhost', 'extension.default.svc'], usage: 'server'},
      random,
    );
    serving = certificate;
    caBundle = Buffer.from(authority.certificate).toString('base64');
    extension = createServer({cert: certificate, key}, (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', chunk => chunks.push(chunk));
      incoming.on('end', () => {
        outgoing.setHeader('content-type', 'application/json');
        if (incoming.url!.startsWith('/apis/')) {
          asked.push({method: incoming.method!, url: incoming.url!, user: incoming.headers['x-remote-user'] ?? ''});
          const resources = [{name: 'things', singularName: 'thing', namespaced: true, kind: 'Thing', verbs: ['list']}];
          outgoing.end(JSON.stringify({kind: 'APIResourceList', groupVersion: 'remote.example.com/v1', resources}));
          return;
        }
        if (incoming.url!.startsWith('/openapi/')) return outgoing.writeHead(404).end();
        if (incoming.url!.startsWith('/idle')) return;
        reviews++;
        converted.push(incoming.url!);
        const {request, apiVersion} = JSON.parse(Buffer.concat(chunks).toString());
        const convertedObjects = request.objects.map((object: KubeObject) => ({
          ...convert(object, request.desiredAPIVersion),
          apiVersion: request.desiredAPIVersion,
        }));
        const honest = {uid: request.uid, result: {status: 'Success'}, convertedObjects};
        outgoing.end(JSON.stringify({kind: 'ConversionReview', apiVersion, response: response?.(request.uid, convertedObjects) ?? honest}));
      });
    });
    await new Promise<void>(resolve => extension.listen(0, '127.0.0.1', resolve));
    port = (extension.address() as AddressInfo).port;
    cluster = await startCluster({token: 'admin', controllers: 'none', nodes: 0});
    client = createHttpClient(cluster.url, 'admin');
    await client.send('POST', '/api/v1/namespaces/default/services', {
      metadata: {name: 'extension'},
      spec: {type: 'ExternalName', externalName: 'localhost'},
    });
  });

  after(async () => {
    client.close();
    await cluster.stop();
    extension.closeAllConnections();
    extension.close();
  });

  async function define(group: string, webhook: JsonObject | undefined): Promise<string> {
    const body = {
      metadata: {name: `widgets.${group}`},
      spec: {
        group,
        scope: 'Namespaced',
        names: {plural: 'widgets', kind: 'Widget'},
        versions: [
          {name: 'v1', served: true, storage: true, schema: spec({size: {type: 'integer'}})},
          {name: 'v2', served: true, storage: false, schema: spec({count: {type: 'integer', minimum: 1}})},
        ],
        ...(webhook && {conversion: {strategy: 'Webhook', webhook: {conversionReviewVersions: ['v1'], clientConfig: webhook}}}),
      },
    };
    const made = await client.send('POST', CRDS, body);
    assert.equal(made.status, 201, made.text);
    const path = `/apis/${group}`;
    await eventually(async () => assert.equal((await client.send('GET', `${path}/v2/widgets`)).status, 200));
    return path;
  }

  const widget = (group: string, version: string, name: string, spec: JsonObject) => ({
    apiVersion: `${group}/${version}`,
    kind: 'Widget',
    metadata: {name},
    spec,
  });

  describe('a conversion webhook', () => {
    const group = 'convert.example.com';
    const [v1, v2] = [`/apis/${group}/v1/namespaces/default/widgets`, `/apis/${group}/v2/namespaces/default/widgets`];

    before(async () => {
      await define(group, {service: {namespace: 'default', name: 'extension', path: '/convert', port}, caBundle});
    });

    beforeEach(() => {
      response = undefined;
      convert = ({metadata, kind, spec}, desired) => {
        const {size, count} = spec as JsonObject;
        return {kind: kind!, metadata: metadata as JsonObject, spec: desired.endsWith('v2') ? {count: size!} : {size: count!}};
      };
    });

    it('lets each version have its own shape, stored in one', async () => {
      const made = await client.send('POST', v2, widget(group, 'v2', 'one', {count: 3}));
      assert.deepEqual([made.status, (made.json() as JsonObject).spec], [201, {count: 3}], made.text);
      assert.deepEqual(((await client.send('GET', `${v1}/one`)).json() as JsonObject).spec, {size: 3});
      const merge = {'content-type': 'application/merge-patch+json'};
      const patched = await client.send('PATCH', `${v2}/one`, {spec: {count: 4}}, merge);
      assert.deepEqual([patched.status, (patched.json() as JsonObject).spec], [200, {count: 4}], patched.text);
      assert.deepEqual(((await client.send('GET', `${v1}/one`)).json() as JsonObject).spec, {size: 4});
      const refused = await client.send('PATCH', `${v2}/one`, {spec: {count: 0}}, merge);
      assert.match(refused.text, /spec.count in body should be greater than or equal to 1/);
    });

    it('shows each owner of fields the object in its own version', async () => {
      const owners = async () => {
        const {metadata} = (await client.send('GET', `${v2}/owned`)).json() as unknown as KubeObject;
        return metadata.managedFields!.map(({manager, apiVersion, fieldsV1}) => [manager, apiVersion, fieldsV1!['f:spec']]).sort();
      };
      const apply = (path: string, version: string, spec: JsonObject, manager: string) =>
        client.send('PATCH', `${path}/owned?fieldManager=${manager}`, widget(group, version, 'owned', spec), {
          'content-type': 'application/apply-patch+yaml',
        });
      assert.equal((await apply(v1, 'v1', {size: 3}, 'first')).status, 201);
      const refused = await apply(v2, 'v2', {count: 4}, 'second');
      assert.match(refused.text, /conflict with \\"first\\": .spec.size/);
      assert.equal((await apply(v2, 'v2', {count: 3}, 'second')).status, 200);
      assert.deepEqual(await owners(), [
        ['first', `${group}/v1`, {'f:size': {}}],
        ['second', `${group}/v2`, {'f:count': {}}],
      ]);
      await client.send('PATCH', `${v2}/owned?fieldManager=third`, {spec: {count: 5}}, {'content-type': 'application/merge-patch+json'});
      assert.deepEqual(await owners(), [['third', `${group}/v2`, {'f:count': {}}]]);
    });

    it('gets the objects of a list in one review', async () => {
      for (const name of ['a', 'b', 'c']) await client.send('POST', v1, widget(group, 'v1', name, {size: 1}));
      reviews = 0;
      const list = (await client.send('GET', v2)).json() as {items: JsonObject[]};
      assert.equal(reviews, 1);
      assert.ok(list.items.length >= 3);
      assert.ok(list.items.every(({apiVersion, spec}) => apiVersion === `${group}/v2` && (spec as JsonObject).count !== undefined));
    });

    it('converts what a watch tells', async () => {
      const seen: JsonObject[] = [];
      const open = await client.watch(`${v2}?watch=1&fieldSelector=metadata.name=watched`, event =>
        seen.push(event as unknown as JsonObject),
      );
      await client.send('POST', v1, widget(group, 'v1', 'watched', {size: 8}));
      await eventually(() => assert.equal(seen.length, 1));
      open.stop();
      const {type, object} = seen[0] as {type: string; object: JsonObject};
      assert.deepEqual([type, object.apiVersion, object.spec], ['ADDED', `${group}/v2`, {count: 8}]);
    });

    it('is told what is wrong with its answers', async () => {
      await client.send('POST', v1, widget(group, 'v1', 'checked', {size: 1}));
      const success = {status: 'Success'};
      const tries: [NonNullable<typeof response>, RegExp][] = [
        [() => ({uid: 'other', result: success, convertedObjects: []}), /failed: expected response.uid=/],
        [uid => ({uid, result: {status: 'Failed', message: 'no way'}}), /failed: no way/],
        [uid => ({uid, result: {}}), /response.result.status was '', not 'Success'/],
        [uid => ({uid, result: success, convertedObjects: []}), /returned 0 objects, expected 1/],
        [(uid, [object]) => ({uid, result: success, convertedObjects: [{...object, apiVersion: 'x/v1'}]}), /invalid groupVersion/],
        [(uid, [object]) => ({uid, result: success, convertedObjects: [{...object, kind: 'X'}]}), /invalid kind/],
        [
          (uid, [object]) => ({uid, result: success, convertedObjects: [{...object, metadata: {}}]}),
          /must have the same name: checked != /,
        ],
      ];
      for (const [answer, message] of tries) {
        response = answer;
        const {status, text} = await client.send('GET', `${v2}/checked`);
        assert.equal(status, 500, text);
        assert.match(text, /conversion webhook for convert.example.com\/v1, Kind=Widget /);
        assert.match(text, message);
      }
    });

    it('may change labels and annotations, but no other metadata', async () => {
      await client.send('POST', v1, widget(group, 'v1', 'labelled', {size: 1}));
      convert = ({metadata, kind}) => ({
        kind: kind!,
        metadata: {...metadata, labels: {a: 'b'}, finalizers: ['x.example.com/y']} as JsonObject,
      });
      const {metadata} = (await client.send('GET', `${v2}/labelled`)).json() as unknown as KubeObject;
      assert.deepEqual([metadata.labels, metadata.finalizers], [{a: 'b'}, undefined]);
    });
  });

  it('has no way for owners of a version that does not know a default of another', async () => {
    const group = 'defaults.example.com';
    await define(group, undefined);
    const at = (version: string, manager: string) => `/apis/${group}/${version}/namespaces/default/widgets/one?fieldManager=${manager}`;
    const apply = (version: string) =>
      client.send('PATCH', at(version, version), widget(group, version, 'one', {}), {'content-type': 'application/apply-patch+yaml'});
    const labelled = {...widget(group, 'v2', 'one', {}), metadata: {name: 'one', labels: {a: 'b'}}};
    assert.equal((await client.send('POST', `/apis/${group}/v2/namespaces/default/widgets?fieldManager=v2`, labelled)).status, 201);
    assert.equal((await apply('v1')).status, 200);
    const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/default';
    const changed = await client.send('PATCH', `${CRDS}/widgets.${group}`, [{op: 'add', path, value: 1}], {
      'content-type': 'application/json-patch+json',
    });
    assert.equal(changed.status, 200, changed.text);
    await eventually(async () => {
      const {status, text} = await apply('v1');
      assert.equal(status, 500);
      assert.match(text, /"message":".spec.size: field not declared in schema"/);
    });
    const merged = await client.send('PATCH', at('v1', 'other'), {spec: {size: 2}}, {'content-type': 'application/merge-patch+json'});
    assert.deepEqual([merged.status, (merged.json() as unknown as KubeObject).metadata.managedFields], [200, undefined]);
  });

  it('has no way for owners of a version that is no more', async () => {
    const group = 'fewer.example.com';
    const path = `${await define(group, undefined)}/v1/namespaces/default/widgets`;
    const apply = (version: string) =>
      client.send(
        'PATCH',
        `/apis/${group}/${version}/namespaces/default/widgets/one?fieldManager=${version}`,
        widget(group, version, 'one', {}),
        {
          'content-type': 'application/apply-patch+yaml',
        },
      );
    const revise = async (versions: (spec: JsonObject[]) => JsonObject[]): Promise<void> => {
      const definition = (await client.send('GET', `${CRDS}/widgets.${group}`)).json() as {spec: {versions: JsonObject[]}};
      const {status, text} = await client.send('PUT', `${CRDS}/widgets.${group}`, {
        ...definition,
        spec: {...definition.spec, versions: versions(definition.spec.versions)},
      });
      assert.equal(status, 200, text);
    };
    const owned = {...widget(group, 'v2', 'one', {}), metadata: {name: 'one', labels: {a: 'b'}}};
    assert.equal((await client.send('POST', `/apis/${group}/v2/namespaces/default/widgets?fieldManager=v2`, owned)).status, 201);
    await revise(versions => versions.map(version => ({...version, served: version.name === 'v1'})));
    await eventually(async () => assert.equal((await client.send('GET', `/apis/${group}/v2/widgets`)).status, 404));
    assert.equal((await apply('v1')).status, 200);
    await revise(versions => versions.filter(({name}) => name === 'v1'));
    await eventually(async () => {
      const {status, text} = await apply('v1');
      assert.deepEqual(
        [status, (JSON.parse(text) as JsonObject).message],
        [500, `request to convert CR to an invalid group/version: ${group}/v2`],
      );
    });
    const merged = await client.send('PATCH', `${path}/one`, {spec: {size: 1}}, {'content-type': 'application/merge-patch+json'});
    assert.deepEqual([merged.status, (merged.json() as unknown as KubeObject).metadata.managedFields], [200, undefined]);
  });

  it('keeps nobody waiting for an idle webhook but those who need it', async () => {
    const path = await define('idle.example.com', {url: `https://localhost:${port}/idle`, caBundle});
    const made = await client.send('POST', `${path}/v1/namespaces/default/widgets`, widget('idle.example.com', 'v1', 'one', {}));
    assert.equal(made.status, 201, made.text);
    let answered = false;
    void client.send('GET', `${path}/v2/widgets`).then(
      () => {
        answered = true;
      },
      () => {},
    );
    for (let i = 0; i < 20; i++) assert.equal((await client.send('GET', `${path}/v1/widgets`)).status, 200);
    assert.equal(answered, false);
  });

  it('distrusts a webhook whose certificate nobody vouches for', async () => {
    const path = await define('distrust.example.com', {url: `https://localhost:${port}/convert`});
    await client.send('POST', `${path}/v1/namespaces/default/widgets`, widget('distrust.example.com', 'v1', 'one', {}));
    const {status, text} = await client.send('GET', `${path}/v2/namespaces/default/widgets/one`);
    assert.equal(status, 500);
    assert.match(text, /x509: certificate signed by unknown authority/);
  });

  it('trusts the very certificate that a bundle holds, and asks for clean paths', async () => {
    response = undefined;
    convert = object => object as unknown as JsonObject;
    const ownCertificate = Buffer.from(serving).toString('base64');
    const path = await define('leaf.example.com', {url: `https://localhost:${port}//convert/`, caBundle: ownCertificate});
    converted.length = 0;
    const made = await client.send('POST', `${path}/v2/namespaces/default/widgets`, widget('leaf.example.com', 'v2', 'a', {count: 1}));
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(converted.slice(0, 1), ['/convert?timeout=30s']);
  });

  it('lets a CRD go with its last instance', async () => {
    const path = `${await define('held.example.com', undefined)}/v1/namespaces/default/widgets`;
    const held = {...widget('held.example.com', 'v1', 'one', {}), metadata: {name: 'one', finalizers: ['example.com/hold']}};
    assert.equal((await client.send('POST', path, held)).status, 201);
    await client.send('DELETE', `${CRDS}/widgets.held.example.com`);
    await eventually(async () => {
      const {status} = (await client.send('GET', `${CRDS}/widgets.held.example.com`)).json() as {status: {conditions: JsonObject[]}};
      assert.equal(status.conditions.find(({type}) => type === 'Terminating')?.reason, 'InstanceDeletionInProgress');
    });
    await client.send('PATCH', `${path}/one`, {metadata: {finalizers: null}}, {'content-type': 'application/merge-patch+json'});
    await eventually(async () => assert.equal((await client.send('GET', `${CRDS}/widgets.held.example.com`)).status, 404));
  });

  it('keeps a local APIService for what CRDs serve', async () => {
    await define('local.example.com', undefined);
    const path = `${APISERVICES}/v2.local.example.com`;
    const {metadata, spec, status} = (await eventually(async () => {
      const answer = await client.send('GET', path);
      assert.equal(answer.status, 200);
      return answer.json();
    })) as {metadata: KubeObject['metadata']; spec: JsonObject; status: {conditions: JsonObject[]}};
    assert.deepEqual(metadata.labels, {'kube-aggregator.kubernetes.io/automanaged': 'true'});
    assert.deepEqual(spec, {group: 'local.example.com', version: 'v2', groupPriorityMinimum: 1000, versionPriority: 100});
    assert.equal(status.conditions[0]!.reason, 'Local');
    await client.send('DELETE', `${CRDS}/widgets.local.example.com`);
    await eventually(async () => assert.equal((await client.send('GET', path)).status, 404));
  });

  describe('an aggregated API', () => {
    const apiService = {
      metadata: {name: 'v1.remote.example.com'},
      spec: {group: 'remote.example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 15},
    };

    it('is answered by the server behind the Service, which is told who asks', async () => {
      const service = {namespace: 'default', name: 'extension', port};
      const made = await client.send('POST', APISERVICES, {...apiService, spec: {...apiService.spec, service, caBundle}});
      assert.equal(made.status, 201, made.text);
      await eventually(async () => {
        const {status} = (await client.send('GET', `${APISERVICES}/v1.remote.example.com`)).json() as {status: {conditions?: JsonObject[]}};
        assert.deepEqual(
          status.conditions?.map(({status, reason, message}) => [status, reason, message]),
          [['True', 'Passed', 'all checks passed']],
        );
      });
      const answer = await client.send('GET', '/apis/remote.example.com/v1/namespaces/default/things?limit=5');
      assert.equal((answer.json() as JsonObject).kind, 'APIResourceList');
      const last = asked.at(-1)!;
      assert.deepEqual(last, {
        method: 'GET',
        url: '/apis/remote.example.com/v1/namespaces/default/things?limit=5',
        user: 'kubernetes-admin',
      });
    });

    it('is part of discovery', async () => {
      const groups = ((await client.send('GET', '/apis')).json() as {groups: JsonObject[]}).groups;
      assert.ok(groups.some(({name}) => name === 'remote.example.com'));
      const accept = {accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'};
      const {items} = (await client.send('GET', '/apis', undefined, accept)).json() as {items: JsonObject[]};
      const item = items.find(({metadata}) => (metadata as JsonObject).name === 'remote.example.com') as {versions: JsonObject[]};
      assert.deepEqual(item.versions[0], {
        version: 'v1',
        resources: [
          {
            resource: 'things',
            responseKind: {group: 'remote.example.com', version: 'v1', kind: 'Thing'},
            scope: 'Namespaced',
            singularResource: 'thing',
            verbs: ['list'],
          },
        ],
        freshness: 'Current',
      });
    });

    it('is unavailable without its Service, and gone with its APIService', async () => {
      await client.send('DELETE', '/api/v1/namespaces/default/services/extension');
      await eventually(async () => {
        const answer = await client.send('GET', '/apis/remote.example.com/v1/things');
        assert.deepEqual([answer.status, answer.text], [503, 'service unavailable\n']);
      });
      await client.send('DELETE', `${APISERVICES}/v1.remote.example.com`);
      await eventually(async () => assert.equal((await client.send('GET', '/apis/remote.example.com/v1')).status, 404));
    });
  });
});
