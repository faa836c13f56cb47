import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {Json, JsonObject} from '../../../server/api/json.ts';
import {isObject} from '../../../server/api/json.ts';
import {applyMergePatch} from '../../../server/patch/merge.ts';
import {apiError} from './support.ts';

describe('applyMergePatch', () => {
  it('merges objects, replaces lists and scalars, removes with null', () => {
    const object = {a: {b: 1, c: [1, 2]}, d: 'x'};
    assert.deepEqual(applyMergePatch(object, {a: {b: null, c: [3], e: {f: null, g: 1}}, n: null}), {a: {c: [3], e: {g: 1}}, d: 'x'});
    assert.deepEqual(object, {a: {b: 1, c: [1, 2]}, d: 'x'});
  });

  it('drops nulls in the objects of new lists, but not where a list replaces an object', () => {
    assert.deepEqual(applyMergePatch({}, {l: [{a: null, b: 1}, null]}), {l: [{b: 1}, null]});
    assert.deepEqual(applyMergePatch({l: [1]}, {l: [{a: null}]}), {l: [{}]});
    assert.deepEqual(applyMergePatch({l: {}}, {l: [{a: null}]}), {l: [{a: null}]});
  });

  it('sorts the keys of what it merged, as the errors that show it do', () => {
    assert.equal(
      JSON.stringify(applyMergePatch({k: 1, a: {z: 1, y: 2}, m: {z: 1, y: 2}}, {m: {a: 1}})),
      '{"a":{"z":1,"y":2},"k":1,"m":{"a":1,"y":2,"z":1}}',
    );
  });

  it('refuses what is no object', () => {
    const type = 'into Go value of type map[string]interface {}';
    assert.throws(() => applyMergePatch({}, []), apiError(400, `error decoding patch: json: cannot unmarshal array ${type}`));
    assert.throws(() => applyMergePatch({}, 'x'), apiError(400, `error decoding patch: json: cannot unmarshal string ${type}`));
    assert.throws(() => applyMergePatch({}, null), apiError(400, 'Invalid JSON Patch'));
  });

  it('does what RFC 7386 says for objects without lists', () => {
    const json = fc.letrec<{object: JsonObject; value: Json}>(tie => ({
      object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('value'), {
        maxKeys: 3,
      }) as fc.Arbitrary<JsonObject>,
      value: fc.oneof({maxDepth: 3}, fc.integer(), fc.constant(null), fc.string(), tie('object')) as fc.Arbitrary<Json>,
    }));
    fc.assert(
      fc.property(json.object, json.object, (object, patch) => {
        assert.deepEqual(plain(applyMergePatch(withoutNulls(object), patch)), plain(rfc7386(withoutNulls(object), patch)));
      }),
    );
  });
});

const plain = (value: Json): unknown => JSON.parse(JSON.stringify(value));

/** The RFC's own pseudo-code, over lists of entries. */
function rfc7386(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, rfc7386(result.get(key) ?? null, value!));
  }
  return Object.fromEntries(result);
}

const withoutNulls = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, isObject(member) ? withoutNulls(member) : member]),
  );
