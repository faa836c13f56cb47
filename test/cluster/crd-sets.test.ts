import assert from 'node:assert/strict';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {createAuthority, issueCertificate} from '../../cluster/certificates.ts';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import {createRandom} from '../../cluster/random.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';
import type {KubeObject} from '../../server/api/object.ts';
import type {CrdSet} from '../support/crd-sets.ts';
import {crdSets, GROUP} from '../support/crd-sets.ts';
import {createHttpClient, type HttpClient} from '../support/http.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

describe('custom resources of every shape', () => {
  let cluster: Cluster;
  let client: HttpClient;
  let webhook: Server;
  let conversion: JsonObject;

  before(async () => {
    const random = createRandom();
    const {certificate, key} = issueCertificate(
      createAuthority(random),
      {commonName: 'conversion', hosts: ['localhost'], usage: 'server'},
      random,
    );
    webhook = createServer({cert: certificate, key}, async (incoming, outgoing) => {
      let text = '';
      for await (const chunk of incoming) text += chunk;
      const {request, apiVersion} = JSON.parse(text);
      const convertedObjects = request.objects.map((object: KubeObject) => renamed(object, request.desiredAPIVersion));
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(
        JSON.stringify({kind: 'ConversionReview', apiVersion, response: {uid: request.uid, result: {status: 'Success'}, convertedObjects}}),
      );
    });
    await new Promise<void>(resolve => webhook.listen(0, '127.0.0.1', resolve));
    const url = `https://localhost:${(webhook.address() as AddressInfo).port}/convert`;
    const caBundle = Buffer.from(certificate).toString('base64');
    conversion = {strategy: 'Webhook', webhook: {conversionReviewVersions: ['v1'], clientConfig: {url, caBundle}}};
    cluster = await startCluster({token: 'admin', controllers: 'none', nodes: 0});
    client = createHttpClient(cluster.url, 'admin');
  });

  after(async () => {
    client.close();
    await cluster.stop();
    webhook.close();
    webhook.closeAllConnections();
  });

  /** Each version calls its one field after itself. */
  function renamed(object: KubeObject, apiVersion: string): JsonObject {
    const spec = (object as JsonObject).spec as JsonObject;
    return {...object, apiVersion, spec: {[`in${apiVersion.split('/')[1]}`]: Object.values(spec)[0]!}} as JsonObject;
  }

  const send = async (method: string, path: string, body?: JsonObject, headers?: {[name: string]: string}) => {
    const answer = await client.send(method, path, body, headers);
    return {status: answer.status, body: answer.json() as JsonObject, text: answer.text};
  };

  const storageVersion = ({versions}: CrdSet) => versions.find(({storage}) => storage)!.name as string;
  const collection = (set: CrdSet, version = storageVersion(set)) =>
    `/apis/${GROUP}/${version}/${set.scope === 'Cluster' ? '' : 'namespaces/default/'}${set.name}`;
  const object = (set: CrdSet, name: string, content: JsonObject, version = storageVersion(set)): JsonObject => ({
    apiVersion: `${GROUP}/${version}`,
    kind: set.kind,
    metadata: {name},
    ...content,
  });

  for (const set of crdSets()) {
    const {name, kind, names, scope = 'Namespaced', versions} = set;

    describe(name, () => {
      before('is installed', async () => {
        const spec = {
          group: GROUP,
          scope,
          names: {plural: name, kind, ...names},
          versions: [...versions],
          ...(set.converts && {conversion}),
        };
        const made = await send('POST', CRDS, {metadata: {name: `${name}.${GROUP}`}, spec} as JsonObject);
        assert.equal(made.status, 201, made.text);
        const {body} = await send('GET', `${CRDS}/${name}.${GROUP}`);
        const conditions = (body.status as JsonObject).conditions as JsonObject[];
        assert.deepEqual(
          conditions.map(({type, status}) => `${type} ${status}`),
          ['NamesAccepted True', 'Established True'],
        );
      });

      it('is discovered and documented', async () => {
        const {body} = await send('GET', `/apis/${GROUP}/${storageVersion(set)}`);
        const resource = (body.resources as JsonObject[]).find(row => row.name === name)!;
        assert.deepEqual([resource.kind, resource.namespaced], [kind, scope === 'Namespaced']);
        const document = await send('GET', `/openapi/v3/apis/${GROUP}/${storageVersion(set)}`);
        const schemas = (document.body.components as JsonObject).schemas as JsonObject;
        const model = schemas[`com.example.sets.${storageVersion(set)}.${kind}`] as JsonObject;
        const declared = ((versions.find(({storage}) => storage)!.schema as JsonObject).openAPIV3Schema as JsonObject)
          .properties as JsonObject;
        assert.deepEqual(
          Object.keys(model.properties as JsonObject).sort(),
          ['apiVersion', 'kind', 'metadata', ...Object.keys(declared)].sort(),
        );
        if (name === 'deeps') assert.ok(JSON.stringify(declared, null, 1).split('\n').length > 5000);
      });

      it('takes what is valid and shows it as a Table', async () => {
        const made = await send('POST', collection(set), object(set, 'one', set.valid));
        assert.equal(made.status, 201, made.text);
        for (const [field, value] of Object.entries(set.stored ?? set.valid)) {
          if (value === undefined) assert.equal(made.body[field], undefined);
          else assertIncludes(made.body[field]!, value);
        }
        const accept = {accept: 'application/json;as=Table;v=v1;g=meta.k8s.io'};
        const {body} = await send('GET', collection(set), undefined, accept);
        const [first, ...cells] = (body.rows as JsonObject[])[0]!.cells as (string | number)[];
        assert.equal(first, 'one');
        assert.equal(cells.length, set.cells.length);
        for (const [i, cell] of cells.entries()) {
          const wanted = set.cells[i]!;
          if (typeof wanted === 'string' && wanted.startsWith('^')) assert.match(String(cell), new RegExp(wanted));
          else if (wanted === '0s') assert.match(String(cell), /^\ds$/);
          else assert.equal(cell, wanted);
        }
      });

      it('refuses what is not, naming the fields', async () => {
        for (const {object: content, fields} of set.invalid) {
          const {status, body, text} = await send('POST', collection(set), object(set, 'bad', content));
          assert.equal(status, 422, text);
          const causes = ((body.details as JsonObject).causes as JsonObject[]).filter(
            ({message}) => !String(message).includes('not checked'),
          );
          for (const field of fields)
            assert.ok(
              causes.some(cause => cause.field === field),
              `${field}: ${text}`,
            );
        }
      });

      it('is applied by one manager and changed by another', async () => {
        const url = `${collection(set)}/two?fieldManager=`;
        const type = {'content-type': 'application/apply-patch+yaml'};
        const applied = await send('PATCH', `${url}first`, object(set, 'two', set.stored ?? set.valid), type);
        assert.equal(applied.status, 201, applied.text);
        const again = await send('PATCH', `${url}first`, object(set, 'two', set.stored ?? set.valid), type);
        const version = ({body}: {body: JsonObject}) => (body.metadata as JsonObject).resourceVersion;
        assert.deepEqual([again.status, version(again)], [200, version(applied)]);
        const labelled = {...object(set, 'two', {}), metadata: {name: 'two', labels: {by: 'second'}}};
        const second = await send('PATCH', `${url}second`, labelled, type);
        assert.equal(second.status, 200, second.text);
        const managers = ((second.body.metadata as JsonObject).managedFields as JsonObject[]).map(({manager}) => manager);
        assert.deepEqual(managers.sort(), ['first', 'second']);
      });
    });
  }

  describe('all', () => {
    it('are shown in each of their versions', async () => {
      const set = crdSets().find(({converts}) => converts)!;
      for (const {name: version} of set.versions as readonly {name: string}[]) {
        const {body} = await send('GET', `${collection(set, version)}/one`);
        assert.deepEqual([body.apiVersion, body.spec], [`${GROUP}/${version}`, {[`in${version}`]: 'x'}]);
        const made = await send(
          'POST',
          collection(set, version),
          object(set, `by-${version}`, {spec: {[`in${version}`]: version}}, version),
        );
        assert.equal(made.status, 201, made.text);
      }
      const {body} = await send('GET', collection(set, 'v2'));
      const specs = (body.items as JsonObject[]).map(({spec}) => (spec as JsonObject).inv2);
      assert.deepEqual(specs.sort(), ['v1', 'v1alpha1', 'v1beta1', 'v1beta2', 'v2', 'x', 'x']);
    });

    it('scale and are selected by their fields', async () => {
      const scaled = crdSets().find(({name}) => name === 'scaleds')!;
      const merge = {'content-type': 'application/merge-patch+json'};
      const scale = await send('PATCH', `${collection(scaled)}/one/scale`, {spec: {replicas: 4}}, merge);
      assert.deepEqual([scale.body.kind, (scale.body.spec as JsonObject).replicas], ['Scale', 4]);
      const status = await send('PATCH', `${collection(scaled)}/one/status`, {spec: {replicas: 9}, status: {replicas: 4}}, merge);
      assert.deepEqual([status.body.spec, status.body.status], [{replicas: 4}, {replicas: 4}]);
      const selected = crdSets().find(({name}) => name === 'selecteds')!;
      const found = async (selector: string) =>
        ((await send('GET', `${collection(selected)}?fieldSelector=${selector}`)).body.items as JsonObject[]).length;
      assert.deepEqual([await found('spec.color=red,spec.size=3'), await found('spec.color!=red')], [2, 0]);
    });
  });
});

/** Everything of `wanted` is there; lists and scalars as they are. */
function assertIncludes(found: Json, wanted: Json): void {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) assert.deepEqual(found, wanted);
  else for (const [key, value] of Object.entries(wanted)) assertIncludes((found as JsonObject)[key]!, value!);
}
