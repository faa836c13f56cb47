import assert from 'node:assert/strict';
import {loadFacts} from '../../../openapi/facts.ts';
import {schemasOf} from '../../../openapi/schemas.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {encode} from '../../../server/encode/encode.ts';
import {encodeList} from '../../../server/encode/list-pieces.ts';
import {toObject} from '../../../server/encode/objects.ts';
import {toPartial} from '../../../server/encode/partial.ts';
import {createProtobuf} from '../../../server/encode/protobuf.ts';
import {toYaml} from '../../../server/encode/yaml.ts';
import type {Accepted, MediaType} from '../../../server/request/negotiate.ts';
import {JSON_ACCEPTED} from '../../../server/request/negotiate.ts';
import type {ResponseBody} from '../../../server/request/request.ts';
import {createRegistry} from '../../../server/resources/registry.ts';
import {CachedEntry} from '../../../server/storage/entry.ts';
import {MemoBudget} from '../../../server/storage/memo.ts';

const facts = loadFacts();
const registry = createRegistry(facts, schemasOf(facts));
const home = {fields: () => ({}), budget: new MemoBudget(1_000_000), read: () => assert.fail('everything is at hand')};
const context = {now: 0, protobuf: createProtobuf(facts)};

const configMap = (name: string): KubeObject => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: {name, namespace: 'ns', creationTimestamp: '2026-01-01T00:00:00Z'},
  data: {text: 'two\nlines "items": []', long: 'word '.repeat(30)},
});
const listOf = (...names: string[]): ResponseBody & {type: 'list'} => ({
  type: 'list',
  resource: registry.find('', 'v1', 'configmaps')!,
  entries: names.map(
    (name, i) => new CachedEntry(home, `ns/${name}`, i + 1, {text: JSON.stringify(configMap(name)), object: configMap(name)}),
  ),
  metadata: {resourceVersion: '9', continue: 'x'},
});
const accepted = (mediaType: MediaType, more: Partial<Accepted> = {}): Accepted => ({...JSON_ACCEPTED, mediaType, ...more});
const bytes = (list: ResponseBody & {type: 'list'}, wanted: Accepted) => encode(list, wanted, context).bytes;
const partials = {as: 'PartialObjectMetadataList', asGroup: 'meta.k8s.io', asVersion: 'v1'};

describe('A list put together from pieces', () => {
  for (const list of [listOf(), listOf('a'), listOf('a', 'b', 'c')]) {
    describe(`of ${list.entries.length}`, () => {
      const whole = toObject(list);

      it('is the same JSON as the whole, plain and indented', () => {
        assert.equal(bytes(list, accepted('application/json')).toString(), `${JSON.stringify(whole)}\n`);
        assert.equal(bytes(list, accepted('application/json', {pretty: true})).toString(), JSON.stringify(whole, undefined, 2));
      });

      it('is the same YAML', () => {
        assert.equal(bytes(list, accepted('application/yaml')).toString(), toYaml(whole));
      });

      it('is the same protobuf', () => {
        const wanted = accepted('application/vnd.kubernetes.protobuf');
        assert.deepEqual(bytes(list, wanted), context.protobuf.encode(whole));
        const metadata = toPartial(list.resource, configMap('a'), 'meta.k8s.io/v1');
        const [first] = (context.protobuf.decode(bytes(list, {...wanted, ...partials})).object!.items ?? []) as KubeObject[];
        if (list.entries.length > 0) assert.equal(first!.metadata.name, (metadata as KubeObject).metadata.name);
      });

      it('has as many items in every form', () => {
        for (const more of [partials, {...partials, as: 'Table'}]) {
          for (const pretty of [false, true]) {
            const object = JSON.parse(bytes(list, accepted('application/json', {...more, pretty})).toString());
            assert.equal((object.items ?? object.rows)?.length ?? 0, list.entries.length);
          }
        }
      });
    });
  }

  it('comes in pieces of about one entry', () => {
    const {pieces} = encodeList(listOf('a', 'b', 'c'), accepted('application/json'), context);
    assert.ok([...pieces].every(piece => piece.length < 1_000));
  });

  it('is a Table in the order of its rows', () => {
    const resource = registry.find('flowcontrol.apiserver.k8s.io', 'v1', 'flowschemas')!;
    const schemas = [
      ['a', 900],
      ['b', 100],
      ['c', 900],
    ] as const;
    const entries = schemas.map(([name, matchingPrecedence], i) => {
      const object = {kind: 'FlowSchema', apiVersion: 'flowcontrol.apiserver.k8s.io/v1', metadata: {name}, spec: {matchingPrecedence}};
      return new CachedEntry(home, name, i + 1, {text: JSON.stringify(object), object});
    });
    const list: ResponseBody & {type: 'list'} = {type: 'list', resource, entries, metadata: {resourceVersion: '9'}};
    const table = JSON.parse(bytes(list, accepted('application/json', {...partials, as: 'Table'})).toString());
    assert.deepEqual(
      table.rows.map(({cells}: {cells: unknown[]}) => cells[0]),
      ['b', 'a', 'c'],
    );
  });
});
