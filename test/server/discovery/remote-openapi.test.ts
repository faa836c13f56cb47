import assert from 'node:assert/strict';
import type {JsonObject} from '../../../server/api/json.ts';
import {documentOwner, mergeOpenApiV2, withRemoteDocuments} from '../../../server/discovery/remote-openapi.ts';
import type {RemoteVersion} from '../../../server/extensions/api-services.ts';
import type {Forward} from '../../../server/extensions/forward.ts';
import {parsed, readOpenApi} from '../../../server/extensions/remote-openapi.ts';

const remote = (group: string, v2: JsonObject | undefined, v3: {[name: string]: JsonObject} = {}): RemoteVersion => ({
  group,
  version: 'v1',
  versionPriority: 1,
  spec: {} as RemoteVersion['spec'],
  available: true,
  resources: [],
  openapi: {v2: v2 && {document: v2, etag: undefined}, v3},
});
const ref = (name: string) => ({$ref: `#/definitions/${name}`});
const serving = (group: string, definition: string, definitions: JsonObject) => ({
  paths: {[`/apis/${group}/v1/things`]: {get: {responses: {200: {schema: ref(definition)}}}}},
  definitions,
});

describe('server/discovery/remote-openapi', () => {
  const own = {paths: {'/api/': {}}, definitions: {Own: {type: 'object'}, Shared: {type: 'string'}}};

  it('is its own document where nobody else has one', () => {
    assert.equal(mergeOpenApiV2(own, [remote('a', undefined)]), own);
  });

  it('shares definitions that are alike and gives others another name, however many there are', () => {
    const merged = mergeOpenApiV2(own, [
      remote(
        'a',
        serving('a', 'A', {
          A: {properties: {s: ref('Shared'), o: ref('Own'), absent: ref('Absent')}},
          Shared: {type: 'string'},
          Own: {type: 'number'},
        }),
      ),
      remote('b', serving('b', 'Own', {Own: {type: 'boolean', items: ref('Own')}})),
    ]) as {paths: JsonObject; definitions: JsonObject};
    assert.deepEqual(merged.definitions, {
      A: {properties: {s: ref('Shared'), o: ref('Own_v2'), absent: ref('Absent')}},
      Own: {type: 'object'},
      Own_v2: {type: 'number'},
      Own_v3: {type: 'boolean', items: ref('Own_v3')},
      Shared: {type: 'string'},
    });
    assert.deepEqual(merged.paths['/apis/b/v1/things'], {get: {responses: {200: {schema: ref('Own_v3')}}}});
    assert.deepEqual(own.definitions, {Own: {type: 'object'}, Shared: {type: 'string'}});
  });

  it('takes from nobody what is not theirs', () => {
    const {paths} = mergeOpenApiV2(own, [
      remote('a', {paths: {'/api/v1/secrets': {}, '/apis/b/v1/x': {}, '/apis/a/v1': {}}, definitions: 5}),
    ]);
    assert.deepEqual(paths, {'/api/': {}, '/apis/a/v1': {}});
    const index = withRemoteDocuments({paths: {version: {own: true}}}, [remote('a', undefined, {version: {own: false}, 'apis/a/v1': {}})]);
    assert.deepEqual(index, {paths: {'apis/a/v1': {}, version: {own: true}}});
    assert.equal(documentOwner([remote('a', undefined)], 'constructor'), undefined);
  });

  it('believes no document that nobody would write', async () => {
    assert.equal(parsed(Buffer.from(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)), undefined);
    const forward: Forward = async (_spec, {path}) => ({
      status: 200,
      headers: {},
      stream: (async function* () {})(),
      read: async () => Buffer.from(path === '/openapi/v2' ? '[1]' : '{"paths":{"a":5,"b":{}}}'),
    });
    assert.deepEqual(await readOpenApi(forward, {} as RemoteVersion['spec'], undefined), {v2: undefined, v3: {b: {}}});
  });

  it('keeps what it knows of a server that does not answer', async () => {
    const known = remote('a', {paths: {}}, {x: {}}).openapi!;
    const silent: Forward = () => Promise.reject(new Error('gone'));
    assert.deepEqual(await readOpenApi(silent, {} as RemoteVersion['spec'], known), known);
  });
});
