import assert from 'node:assert/strict';
import {loadFacts} from '../../../openapi/facts.ts';
import {schemasOf} from '../../../openapi/schemas.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {encode} from '../../../server/encode/encode.ts';
import {createFrameEncoder} from '../../../server/encode/frames.ts';
import {toPartial} from '../../../server/encode/partial.ts';
import {createProtobuf} from '../../../server/encode/protobuf.ts';
import {checkForm, includeObject} from '../../../server/encode/transform.ts';
import type {Accepted} from '../../../server/request/negotiate.ts';
import {JSON_ACCEPTED} from '../../../server/request/negotiate.ts';
import type {ResponseBody} from '../../../server/request/request.ts';
import {createRegistry} from '../../../server/resources/registry.ts';
import {CachedEntry} from '../../../server/storage/entry.ts';
import {MemoBudget} from '../../../server/storage/memo.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const facts = loadFacts();
const registry = createRegistry(facts, schemasOf(facts));
const resource = registry.find('', 'v1', 'configmaps')!;
const home = {fields: () => ({}), budget: new MemoBudget(1_000_000), read: () => assert.fail('everything is at hand')};

const configMap = (name: string): KubeObject => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: {name, creationTimestamp: '2026-01-01T00:00:00Z'},
  data: {a: '1'},
});
const entry = (name: string, revision: number) =>
  new CachedEntry(home, name, revision, {text: JSON.stringify(configMap(name)), object: configMap(name)});
const stamped = (name: string, revision: number): KubeObject => ({
  ...configMap(name),
  metadata: {name, resourceVersion: String(revision), creationTimestamp: '2026-01-01T00:00:00Z'},
});

const as = (form: string, more: Partial<Accepted> = {}): Accepted => ({
  ...JSON_ACCEPTED,
  as: form,
  asVersion: 'v1',
  asGroup: 'meta.k8s.io',
  ...more,
});
const list: ResponseBody & {type: 'list'} = {
  type: 'list',
  resource,
  entries: [entry('a', 2), entry('b', 3)],
  metadata: {resourceVersion: '9'},
};
const one: ResponseBody & {type: 'entry'} = {type: 'entry', resource, entry: entry('a', 2)};
const protobuf = createProtobuf(facts);
type Whole = Parameters<typeof encode>[0];
const decoded = (body: Whole, accepted: Accepted) => JSON.parse(encode(body, accepted, {now: NOW, protobuf}).bytes.toString());

describe('A Table', () => {
  const columnDefinitions = [
    {name: 'Name', type: 'string', format: 'name', priority: 0},
    {name: 'Data', type: 'string', format: '', priority: 0},
    {name: 'Age', type: 'string', format: '', priority: 0},
  ];
  const withoutTexts = (table: {columnDefinitions: {description?: string}[]}) => ({
    ...table,
    columnDefinitions: table.columnDefinitions.map(({description: _description, ...rest}) => rest),
  });

  it('has the columns, and a row with the metadata of each object', () => {
    assert.deepEqual(withoutTexts(decoded(list, as('Table'))), {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: {resourceVersion: '9'},
      columnDefinitions,
      rows: [
        {cells: ['a', 1, '10m'], object: toPartial(resource, stamped('a', 2), 'meta.k8s.io/v1')},
        {cells: ['b', 1, '10m'], object: toPartial(resource, stamped('b', 3), 'meta.k8s.io/v1')},
      ],
    });
  });

  it('is the same, put together from bytes or not', () => {
    for (const include of ['None', 'Metadata', 'Object'] as const) {
      const bodies: Whole[] = [list, one, {...list, entries: []}];
      for (const body of bodies) {
        const accepted = as('Table', {includeObject: include});
        assert.deepEqual(decoded(body, accepted), decoded(body, {...accepted, pretty: true}));
      }
    }
  });

  it('takes along what was asked for', () => {
    const objects = (include: Accepted['includeObject']) => decoded(one, as('Table', {includeObject: include})).rows[0].object;
    assert.equal(objects('None'), null);
    assert.deepEqual(objects('Object'), stamped('a', 2));
    assert.equal(includeObject(new URLSearchParams('')), 'Metadata');
    assert.throws(() => includeObject(new URLSearchParams('includeObject=All')), {
      message:
        "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty",
    });
  });

  it('of one object has its version; of an object that is not stored none', () => {
    assert.deepEqual(decoded(one, as('Table')).metadata, {resourceVersion: '2'});
    assert.deepEqual(decoded({type: 'object', object: configMap('a'), resource}, as('Table')).metadata, {});
  });

  it('is not made of a Status', () => {
    const object = {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success'};
    assert.deepEqual(decoded({type: 'object', object, resource}, as('Table')), object);
  });

  it('in a watch tells its columns with the first event', () => {
    const encoder = createFrameEncoder(resource, as('Table', {includeObject: 'None'}), () => NOW, protobuf);
    const first = JSON.parse(encoder.encode({type: 'ADDED', entry: entry('a', 2)}).toString());
    assert.deepEqual([first.type, withoutTexts(first.object).columnDefinitions], ['ADDED', columnDefinitions]);
    assert.deepEqual(JSON.parse(encoder.encode({type: 'DELETED', entry: entry('a', 3)}).toString()), {
      type: 'DELETED',
      object: {
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        metadata: {resourceVersion: '3'},
        columnDefinitions: null,
        rows: [{cells: ['a', 1, '10m'], object: null}],
      },
    });
    const bookmark = JSON.parse(encoder.encode({type: 'BOOKMARK', revision: 7, initialEventsEnd: false}).toString());
    assert.deepEqual([bookmark.type, bookmark.object.metadata], ['BOOKMARK', {resourceVersion: '7'}]);
    const error = {type: 'ERROR', status: {kind: 'Status', code: 410}} as const;
    assert.deepEqual(JSON.parse(encoder.encode(error).toString()), {type: 'ERROR', object: error.status});
  });
});

describe('Metadata alone', () => {
  it('is sent of objects and lists', () => {
    const partial = toPartial(resource, stamped('a', 2), 'meta.k8s.io/v1');
    assert.deepEqual(decoded(one, as('PartialObjectMetadata')), partial);
    const found = decoded(list, as('PartialObjectMetadataList', {asVersion: 'v1beta1'}));
    assert.deepEqual([found.kind, found.apiVersion, found.metadata], ['PartialObjectMetadataList', 'meta.k8s.io/v1beta1', list.metadata]);
    assert.deepEqual(found.items[0], {...partial, apiVersion: 'meta.k8s.io/v1beta1'});
    assert.equal(found.items.length, 2);
  });

  it('is sent in watches', () => {
    const encoder = createFrameEncoder(resource, as('PartialObjectMetadata'), () => NOW, protobuf);
    assert.deepEqual(JSON.parse(encoder.encode({type: 'ADDED', entry: entry('a', 2)}).toString()), {
      type: 'ADDED',
      object: toPartial(resource, stamped('a', 2), 'meta.k8s.io/v1'),
    });
  });

  it('has to suit what is answered', () => {
    assert.throws(() => checkForm(list, as('PartialObjectMetadata')), {
      message: 'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
    });
    assert.throws(() => checkForm(one, as('PartialObjectMetadataList')), {
      message: 'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
    });
    assert.doesNotThrow(() => checkForm(list, as('Table')));
  });
});
