import assert from 'node:assert/strict';
import type {JsonObject} from '../../server/api/json.ts';
import {useApiServer} from '../support/api-server.ts';
import {eventually} from '../support/eventually.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';
const MERGE = {'Content-Type': 'application/merge-patch+json'};
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

describe('custom resources', () => {
  const server = useApiServer();

  before(async () => {
    const schema = (field: string) => ({
      openAPIV3Schema: {type: 'object', properties: {spec: {type: 'object', properties: {[field]: {type: 'string'}}}}},
    });
    const made = await server.client.send('POST', CRDS, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {name: 'widgets.example.com'},
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: {plural: 'widgets', kind: 'Widget'},
        versions: [
          {name: 'v1', served: true, storage: true, schema: schema('a')},
          {name: 'v2', served: true, storage: false, schema: schema('b')},
        ],
      },
    });
    assert.equal(made.status, 201, made.text);
    const widget = {apiVersion: 'example.com/v1', kind: 'Widget', metadata: {name: 'w'}, spec: {a: 'x'}};
    await eventually(async () => assert.equal((await server.client.send('POST', WIDGETS, widget)).status, 201));
  });

  const patch = (body: JsonObject, query = '') => server.client.send('PATCH', `${WIDGETS}/w${query}`, body, MERGE);

  it('keep their version when they are patched, and say what another one does not know', async () => {
    const refused = (apiVersion: string) =>
      `Widget.example.com "w" is invalid: apiVersion: Invalid value: "${apiVersion}": must be example.com/v1`;
    const unknown = await patch({apiVersion: 'example.com/v3'});
    assert.deepEqual([unknown.status, unknown.json().message], [422, refused('example.com/v3')]);
    assert.equal(unknown.headers.warning, '299 - "unknown field \\"spec\\""');
    const other = await patch({apiVersion: 'example.com/v2'});
    assert.deepEqual([other.status, other.json().message], [422, refused('example.com/v2')]);
    assert.equal(other.headers.warning, '299 - "unknown field \\"spec.a\\""');
    const strict = await patch({apiVersion: 'example.com/v3'}, '?fieldValidation=Strict');
    assert.match(strict.json().message as string, /: strict decoding error: unknown field "spec"$/);
    const elsewhere = await patch({apiVersion: 'other.example.com/v1'});
    assert.match(elsewhere.json().message as string, /^Widget\.other\.example\.com "w" is invalid: apiVersion: Invalid value: /);
    assert.equal(elsewhere.headers.warning, undefined);
  });

  it('tell where in the status something is wrong', async () => {
    const property = (schema: JsonObject) => ({type: 'object', properties: {status: {type: 'object', properties: schema}}});
    await server.client.send('POST', CRDS, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {name: 'gauges.example.com'},
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: {plural: 'gauges', kind: 'Gauge'},
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: property({
                replicas: {type: 'integer'},
                list: {
                  type: 'array',
                  'x-kubernetes-list-type': 'map',
                  'x-kubernetes-list-map-keys': ['k'],
                  items: {type: 'object', properties: {k: {type: 'string'}, v: {type: 'integer'}}, required: ['k']},
                },
              }),
            },
            subresources: {
              status: {},
              scale: {specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector'},
            },
          },
        ],
      },
    });
    const gauges = WIDGETS.replace('widgets', 'gauges');
    const gauge = {apiVersion: 'example.com/v1', kind: 'Gauge', metadata: {name: 'g'}};
    await eventually(async () => assert.equal((await server.client.send('POST', gauges, gauge)).status, 201));
    const refused = async (status: JsonObject) => {
      const answer = await server.client.send('PATCH', `${gauges}/g/status`, {status}, MERGE);
      const {message} = answer.json();
      return String(message).replace('Gauge.example.com "g" is invalid: ', '');
    };
    assert.equal(
      await refused({replicas: 'x'}),
      '[status.replicas: Invalid value: "string": replicas in body must be of type integer: "string", ' +
        '.status.replicas: Invalid value: 0: .status.replicas accessor error: x is of the type string, expected int64]',
    );
    assert.equal(
      await refused({replicas: 2 ** 31}),
      '.status.replicas: Invalid value: 2147483648: should be less than or equal to 2147483647',
    );
    assert.equal(
      await refused({
        list: [
          {k: 'a', v: 1},
          {k: 'a', v: 2},
        ],
      }),
      'status.list[1]: Duplicate value: {"k":"a"}',
    );
  });

  it('have no protobuf form, but their metadata has', async () => {
    const whole = await server.client.send('GET', `${WIDGETS}/w`, undefined, {Accept: PROTOBUF});
    assert.deepEqual([whole.status, whole.headers['content-type']], [406, PROTOBUF]);
    assert.match(whole.text, /only the following media types are accepted: application\/json, application\/yaml, application\/vnd/);
    const either = await server.client.send('GET', `${WIDGETS}/w`, undefined, {Accept: `${PROTOBUF},application/json`});
    assert.deepEqual([either.status, either.headers['content-type']], [200, 'application/json']);
    for (const [path, as] of [
      [`${WIDGETS}/w`, 'PartialObjectMetadata'],
      [WIDGETS, 'PartialObjectMetadataList'],
    ]) {
      const metadata = await server.client.send('GET', path!, undefined, {Accept: `${PROTOBUF};as=${as};g=meta.k8s.io;v=v1`});
      assert.deepEqual([metadata.status, metadata.headers['content-type']], [200, PROTOBUF]);
      assert.ok(metadata.text.startsWith('k8s\0') && metadata.text.includes(as!), metadata.text);
    }
  });
});
