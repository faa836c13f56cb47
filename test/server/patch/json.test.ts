import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {Json} from '../../../server/api/json.ts';
import {isApiError} from '../../../server/api/status.ts';
import {applyJsonPatch, unknownOperationFields} from '../../../server/patch/json.ts';
import {apiError} from './support.ts';

const GENERIC = 'the server rejected our request due to an error in our request';
const fails = apiError(422, GENERIC);

describe('applyJsonPatch', () => {
  const object = {data: {a: '1', b: '2'}, list: ['x', 'y'], metadata: {annotations: {'c/d': '3'}}};

  it('adds, replaces, removes, moves and copies', () => {
    const patched = applyJsonPatch(object, [
      {op: 'add', path: '/data/n', value: 'new'},
      {op: 'replace', path: '/data/a', value: 'z'},
      {op: 'remove', path: '/data/b'},
      {op: 'move', from: '/data/n', path: '/data/m'},
      {op: 'copy', from: '/data', path: '/metadata/labels'},
      {op: 'replace', path: '/metadata/annotations/c~1d', value: 's'},
    ]);
    assert.deepEqual(patched, {
      data: {a: 'z', m: 'new'},
      list: ['x', 'y'],
      metadata: {annotations: {'c/d': 's'}, labels: {a: 'z', m: 'new'}},
    });
    assert.deepEqual(object.data, {a: '1', b: '2'});
  });

  it('keeps what it does not touch', () => {
    const patched = applyJsonPatch(object, [{op: 'add', path: '/data/n', value: 'new'}]) as typeof object;
    assert.equal(patched.list, object.list);
    assert.notEqual(patched.data, object.data);
  });

  it('sorts the keys of what it has opened, as the errors that show it do', () => {
    const patched = applyJsonPatch({k: {z: 1, y: 2}, a: {z: 1, y: 2}}, [{op: 'add', path: '/k/b', value: 0}]);
    assert.equal(JSON.stringify(patched), '{"a":{"z":1,"y":2},"k":{"b":0,"y":2,"z":1}}');
  });

  it('copies deeply', () => {
    const patched = applyJsonPatch(object, [
      {op: 'copy', from: '/data', path: '/copy'},
      {op: 'add', path: '/copy/c', value: '3'},
    ]);
    assert.deepEqual((patched as {data: Json}).data, object.data);
  });

  it('addresses list items by index, from the end, and behind the last', () => {
    const list = (operation: Json): Json => applyJsonPatch({l: ['a', 'b', 'c']}, [operation]);
    assert.deepEqual(list({op: 'add', path: '/l/-', value: 'd'}), {l: ['a', 'b', 'c', 'd']});
    assert.deepEqual(list({op: 'add', path: '/l/0', value: 'z'}), {l: ['z', 'a', 'b', 'c']});
    assert.deepEqual(list({op: 'add', path: '/l/3', value: 'd'}), {l: ['a', 'b', 'c', 'd']});
    assert.deepEqual(list({op: 'add', path: '/l/-1', value: 'd'}), {l: ['a', 'b', 'c', 'd']});
    assert.deepEqual(list({op: 'remove', path: '/l/-1'}), {l: ['a', 'b']});
    assert.deepEqual(list({op: 'replace', path: '/l/1', value: 'x'}), {l: ['a', 'x', 'c']});
    for (const path of ['/l/9', '/l/x', '/l/-5', '/l/']) assert.throws(() => list({op: 'add', path, value: 'q'}), fails, path);
    assert.throws(() => list({op: 'remove', path: '/l/3'}), fails);
  });

  it('adds where replace finds nothing, and ignores what comes before the first slash', () => {
    assert.deepEqual(applyJsonPatch({a: {}}, [{op: 'replace', path: '/a/b', value: 1}]), {a: {b: 1}});
    assert.deepEqual(applyJsonPatch({a: {}}, [{op: 'add', path: 'x/b', value: 1}]), {a: {}, b: 1});
    assert.deepEqual(applyJsonPatch({a: {}}, [{op: 'add', path: '/b'}]), {a: {}, b: null});
  });

  it('tests values, and absence against null', () => {
    const test = (path: string, value: Json): Json => applyJsonPatch(object, [{op: 'test', path, value}]);
    assert.deepEqual(test('/data', {b: '2', a: '1'}), object);
    assert.deepEqual(test('/data/nope', null), object);
    assert.deepEqual(test('', {...object}), object);
    assert.throws(() => test('/data/a', 1), fails);
    assert.throws(() => test('/list', ['y', 'x']), fails);
    assert.throws(() => test('/nope/x', null), fails);
    assert.throws(() => applyJsonPatch(object, [{op: 'test', path: '/data/a'}]), fails);
  });

  it('refuses what cannot be done', () => {
    for (const operation of [
      {op: 'bogus', path: '/data/a'},
      {path: '/data/a', value: 'x'},
      {op: 'add', value: 'x'},
      {op: 'remove', path: '/data/nope'},
      {op: 'add', path: '/no/such/path', value: 'x'},
      {op: 'move', from: '/nope', path: '/data/x'},
      {op: 'move', from: '/data', path: '/data/x'},
      {op: 'add', path: '', value: {}},
      {op: 'add', path: '/data/a/b', value: 'x'},
      null,
    ]) {
      assert.throws(() => applyJsonPatch(object, [operation]), fails, JSON.stringify(operation));
    }
  });

  it('says what is no patch', () => {
    const prefix = 'error decoding patch: json: cannot unmarshal';
    assert.throws(
      () => applyJsonPatch(object, {op: 'add'}),
      apiError(400, `${prefix} object into Go value of type []handlers.jsonPatchOp`),
    );
    assert.throws(() => applyJsonPatch(object, [1]), apiError(400, `${prefix} number into Go value of type handlers.jsonPatchOp`));
    assert.throws(
      () => applyJsonPatch(object, [{op: 1}]),
      apiError(400, `${prefix} number into Go struct field jsonPatchOp.op of type string`),
    );
    assert.deepEqual(applyJsonPatch(object, null), object);
  });

  it('takes ten thousand operations and no more', () => {
    const operations = Array.from({length: 10_000}, () => ({op: 'add', path: '/n', value: 1}));
    assert.deepEqual(applyJsonPatch({}, operations), {n: 1});
    assert.throws(
      () => applyJsonPatch({}, [...operations, operations[0]!]),
      apiError(413, 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001'),
    );
  });

  it('limits what copies add up to', () => {
    const operations = Array.from({length: 4}, (_, index) => ({op: 'copy', from: '/big', path: `/copy${index}`}));
    assert.throws(() => applyJsonPatch({big: 'x'.repeat(1024 * 1024)}, operations), fails);
  });

  it('takes keys that objects inherit', () => {
    const patched = applyJsonPatch({data: {}}, [{op: 'add', path: '/data/__proto__', value: 'x'}]);
    assert.equal(JSON.stringify(patched), '{"data":{"__proto__":"x"}}');
    assert.throws(() => applyJsonPatch({data: {}}, [{op: 'remove', path: '/data/constructor'}]), fails);
  });

  it('never fails with anything but an ApiError and never changes its argument', () => {
    const path = fc.constantFrom('', '/', '/a', '/a/b', '/a/0', '/l/0', '/l/-', '/l/-1', 'a/b', '/a~1b', '/l/0/x');
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path,
      from: path,
      value: fc.oneof(fc.constant(null), fc.integer(), fc.constant([]), fc.constant({b: {c: 1}})),
    });
    fc.assert(
      fc.property(fc.array(operation, {maxLength: 5}), operations => {
        const start = {a: {b: 1}, l: [1, {x: 2}]};
        const before = JSON.stringify(start);
        try {
          JSON.stringify(applyJsonPatch(start, operations as Json));
        } catch (error) {
          assert.ok(isApiError(error), String(error));
        }
        assert.equal(JSON.stringify(start), before);
      }),
    );
  });
});

describe('unknownOperationFields', () => {
  it('names members that operations do not have', () => {
    assert.deepEqual(
      unknownOperationFields([
        {op: 'add', path: '/a'},
        {op: 'add', bogus: 1},
      ]),
      ['json patch unknown field "[1].bogus"'],
    );
  });
});
