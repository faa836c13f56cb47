import assert from 'node:assert/strict';
import type {Json, JsonObject} from '../../server/api/json.ts';
import type {KubeObject} from '../../server/api/object.ts';
import {useApiServer} from '../support/api-server.ts';
import {eventually} from '../support/eventually.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';
const APPLY = {'Content-Type': 'application/apply-patch+yaml'};
const MERGE = {'Content-Type': 'application/merge-patch+json'};
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const PARTIAL = 'as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

const EMBEDDED = {type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true};
const PROPERTIES = {
  replicas: {type: 'integer'},
  when: {type: 'string'},
  labels: {type: 'object', additionalProperties: {type: 'string'}},
  template: EMBEDDED,
  open: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: {known: {type: 'string'}}},
  names: {type: 'array', items: {type: 'object', properties: {name: {type: 'string'}}}},
};
const SCHEMA = {
  type: 'object',
  properties: {
    spec: {type: 'object', properties: PROPERTIES},
    status: {type: 'object', properties: {replicas: {type: 'integer'}}},
  },
};
const COLUMNS = [
  {name: 'When', type: 'date', jsonPath: '.spec.when'},
  {name: 'Names', type: 'string', jsonPath: '.spec.names[*].name'},
];

describe('custom resources, as a real server answered', () => {
  const server = useApiServer();
  const widget = (name: string, spec: JsonObject): JsonObject => ({apiVersion: 'example.com/v1', kind: 'Widget', metadata: {name}, spec});
  const send = (method: string, path: string, body?: Json, headers?: {[name: string]: string}) =>
    server.client.send(method, path, body, headers);
  const create = async (name: string, spec: JsonObject): Promise<KubeObject> => {
    const answer = await send('POST', WIDGETS, widget(name, spec));
    assert.equal(answer.status, 201, answer.text);
    return answer.json() as KubeObject;
  };
  const cells = async (path: string): Promise<Json> => {
    const table = await send('GET', path, undefined, {Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io'});
    return (table.json().rows as JsonObject[])[0]!.cells!;
  };

  const definition = (plural: string, more: JsonObject = {}): JsonObject => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {name: `${plural}.example.com`},
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: {plural, kind: `${plural[0]!.toUpperCase()}${plural.slice(1).replace(/s$/, '')}`},
      versions: [{name: 'v1', served: true, storage: true, schema: {openAPIV3Schema: SCHEMA}, ...more}],
    },
  });

  before(async () => {
    const scale = {specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas'};
    const made = await send('POST', CRDS, definition('widgets', {subresources: {scale, status: {}}, additionalPrinterColumns: COLUMNS}));
    assert.equal(made.status, 201, made.text);
  });

  it('lose nulls that they may not have in bodies, not in what is applied', async () => {
    const made = await create('nulls', {labels: {a: null, b: 'x'}});
    assert.deepEqual(made.spec, {labels: {b: 'x'}});
    const applied = await send('PATCH', `${WIDGETS}/nulls?fieldManager=m`, widget('nulls', {labels: {a: null}}), APPLY);
    assert.equal(applied.status, 422);
    assert.match(applied.text, /spec\.labels\.a in body must be of type string/);
  });

  it('own the metadata of embedded objects by its schema', async () => {
    await create('embedded', {template: {apiVersion: 'v1', kind: 'Pod', metadata: {finalizers: ['x/y']}}});
    const template = {apiVersion: 'v1', kind: 'Pod', metadata: {labels: {a: 'b'}, finalizers: ['x/z']}};
    const applied = await send('PATCH', `${WIDGETS}/embedded?fieldManager=m`, widget('embedded', {template}), APPLY);
    const {metadata, spec} = applied.json() as KubeObject & {spec: JsonObject};
    assert.deepEqual(((spec.template as JsonObject).metadata as JsonObject).finalizers, ['x/y', 'x/z']);
    const fields = metadata.managedFields!.find(({manager}) => manager === 'm')!.fieldsV1 as JsonObject;
    assert.deepEqual(fields, {
      'f:spec': {
        'f:template': {
          'f:apiVersion': {},
          'f:kind': {},
          'f:metadata': {'f:labels': {'f:a': {}}, 'f:finalizers': {'v:"x/z"': {}}},
        },
      },
    });
  });

  it('take applied fields that are not declared where unknown ones are kept', async () => {
    const applied = await send('PATCH', `${WIDGETS}/open?fieldManager=m`, widget('open', {open: {known: 'a', other: {b: 1}}}), APPLY);
    assert.equal(applied.status, 201, applied.text);
    assert.deepEqual(applied.json().spec, {open: {known: 'a', other: {b: 1}}});
  });

  it('are not scaled by a patch that says no replicas where there were none', async () => {
    await create('unscaled', {});
    const refused = await send('PATCH', `${WIDGETS}/unscaled/scale`, {metadata: {labels: {a: 'b'}}}, MERGE);
    assert.equal(refused.status, 400);
    assert.equal(refused.json().message, 'the spec replicas field ".spec.replicas" cannot be empty');
    const scaled = await send('PATCH', `${WIDGETS}/unscaled/scale`, {spec: {replicas: 2}}, MERGE);
    assert.deepEqual(scaled.json().spec, {replicas: 2});
    assert.deepEqual(((await cells(`${WIDGETS}/unscaled/scale`)) as Json[]).slice(0, 3), ['unscaled', 2, 0]);
  });

  it('print the first value of a path, and dates that are none as invalid', async () => {
    await create('printed', {when: 'soon', names: [{name: 'a'}, {name: 'b'}]});
    assert.deepEqual(await cells(`${WIDGETS}/printed`), ['printed', '<invalid>', 'a']);
    await send('PATCH', `${WIDGETS}/printed`, {spec: {when: '', names: null}}, MERGE);
    assert.deepEqual(await cells(`${WIDGETS}/printed`), ['printed', '<unknown>', null]);
  });

  it('are no protobuf, but for their metadata', async () => {
    const refused = await send('GET', WIDGETS, undefined, {Accept: 'text/html'});
    assert.equal(refused.status, 406);
    assert.equal(
      refused.json().message,
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
    const partial = await send('GET', WIDGETS, undefined, {Accept: `${PROTOBUF};${PARTIAL}`});
    assert.equal(partial.status, 200);
    assert.equal(partial.headers['content-type'], PROTOBUF);
    const missing = await send('GET', `${WIDGETS}/none/unheard`, undefined, {Accept: PROTOBUF});
    assert.equal(missing.status, 404);
  });

  it('keep nobody waiting whose definitions cannot go', async () => {
    const names = ['stuck', 'jammed'];
    for (const plural of names) {
      const made = await send('POST', CRDS, definition(plural));
      assert.equal(made.status, 201, made.text);
      // A stored version that the spec does not have makes every further write of the status invalid.
      await send('PATCH', `${CRDS}/${plural}.example.com/status`, {status: {storedVersions: ['v1', 'v3']}}, MERGE);
    }
    for (const plural of names) await send('DELETE', `${CRDS}/${plural}.example.com`);
    const stays = (await send('GET', `${CRDS}/stuck.example.com`)).json() as KubeObject;
    assert.ok(stays.metadata.deletionTimestamp);
    for (const plural of names) await send('PATCH', `${CRDS}/${plural}.example.com/status`, {status: {storedVersions: ['v1']}}, MERGE);
    for (const plural of names)
      await eventually(async () => assert.equal((await send('GET', `${CRDS}/${plural}.example.com`)).status, 404));
  });

  it('say their version in every body, and tell unknown metadata first', async () => {
    const {apiVersion: _apiVersion, ...without} = widget('versionless', {});
    const refused = await send('POST', WIDGETS, without);
    assert.equal(refused.status, 400);
    assert.equal(refused.json().message, 'the API version in the data () does not match the expected API version (example.com/v1)');
    const metadata = {name: 'warned', unknown: 1};
    const warned = await send('POST', `${WIDGETS}?dryRun=All`, {...widget('warned', {}), metadata, also: 1});
    assert.equal(warned.headers.warning, '299 - "unknown field \\"metadata.unknown\\"", 299 - "unknown field \\"also\\""');
  });

  it('are not asked for a name of a definition that has none twice', async () => {
    const {metadata: _metadata, ...nameless} = definition('gadgets');
    const refused = (await send('POST', CRDS, nameless)).json() as {details: {causes: {message: string}[]}};
    assert.deepEqual(
      refused.details.causes.map(({message}) => message),
      ['Required value: name or generateName is required'],
    );
  });

  it('lose their owners to a status that comes with a spec of another type', async () => {
    assert.ok((await create('disowned', {replicas: 1})).metadata.managedFields);
    const patched = await send('PATCH', `${WIDGETS}/disowned/status`, {spec: [], status: {replicas: 1}}, MERGE);
    const {metadata, spec, status} = patched.json() as KubeObject;
    assert.deepEqual([metadata.managedFields, spec, status], [undefined, {replicas: 1}, {replicas: 1}]);
  });

  it('have null for a list of no metadata', async () => {
    const list = await send('GET', `${WIDGETS}?labelSelector=none`, undefined, {Accept: `application/json;${PARTIAL}`});
    assert.equal(list.json().items, null);
  });
});
