import assert from 'node:assert/strict';
import type {Json, JsonObject} from '../../../server/api/json.ts';
import type {JSONSchemaProps} from '../../../server/api/kinds.generated.ts';
import {decodeCustom, sortKeys} from '../../../server/schema/custom.ts';
import {applyDefaults, dropNulls} from '../../../server/schema/default-values.ts';
import {prune} from '../../../server/schema/prune.ts';
import {structSchema} from '../../../server/schema/struct-schema.ts';
import {structural} from '../../../server/schema/structural.ts';

const read = (schema: object) => structural(schema as JSONSchemaProps);

const METADATA = structSchema('v1.ObjectMeta', () => [
  {
    name: 'name',
    schema: {type: 'string'},
    pointer: false,
    omitempty: true,
    omitzero: false,
    required: false,
    goType: 'string',
    goPath: 'name',
  },
]);

const decode = (schema: object, value: JsonObject) =>
  decodeCustom({value, duplicates: undefined, strictErrors: [], literals: false}, read(schema), METADATA);

describe('custom objects', () => {
  const pruned: [what: string, schema: object, value: JsonObject, left: JsonObject, dropped: string[]][] = [
    ['unknown members', {type: 'object', properties: {a: {type: 'string'}}}, {a: 'x', b: 1}, {a: 'x'}, ['b']],
    ['nothing where all may stay', {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}, {b: {c: 1}}, {b: {c: 1}}, []],
    ['nothing of free maps', {type: 'object', additionalProperties: {type: 'string'}}, {b: 'x'}, {b: 'x'}, []],
    [
      'members of items',
      {type: 'object', properties: {l: {type: 'array', items: {type: 'object', properties: {a: {type: 'string'}}}}}},
      {l: [{a: 'x', b: 1}]},
      {l: [{a: 'x'}]},
      ['l[0].b'],
    ],
    [
      'what is inside of members that nothing is said of',
      {type: 'object', additionalProperties: true},
      {b: {c: 1}, d: 1},
      {b: {}, d: 1},
      ['b.c'],
    ],
    [
      'members of objects in lists without a schema',
      {type: 'object', properties: {a: {type: 'string'}}},
      {a: [['x', {b: 1}]]},
      {a: [['x', {}]]},
      ['a[0][1].b'],
    ],
    [
      'unknown members of known ones where all may stay',
      {type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: {a: {type: 'object'}}},
      {a: {b: 1}, c: {d: 1}},
      {a: {}, c: {d: 1}},
      ['a.b'],
    ],
  ];
  for (const [what, schema, value, left, dropped] of pruned) {
    it(`lose ${what}`, () => {
      assert.deepEqual(prune(value, read(schema), true), dropped);
      assert.deepEqual(value, left);
    });
  }

  it('keep kind, apiVersion and metadata, declared or not', () => {
    const object = {kind: 'K', apiVersion: 'v', metadata: {}, other: 1} as JsonObject;
    assert.deepEqual(prune(object, read({type: 'object'}), true), ['other']);
    assert.deepEqual(object, {kind: 'K', apiVersion: 'v', metadata: {}});
  });

  it('get defaults where something is missing, deeply, and for null that may not be', () => {
    const schema = read({
      type: 'object',
      properties: {
        a: {type: 'string', default: 'x'},
        nested: {type: 'object', default: {}, properties: {b: {type: 'integer', default: 1}}},
        absent: {type: 'object', properties: {c: {type: 'integer', default: 1}}},
        empty: {type: 'string', default: 'filled'},
        kept: {type: 'string', nullable: true, default: 'unused'},
      },
    });
    const object: JsonObject = {empty: null, kept: null};
    dropNulls(object, schema);
    applyDefaults(object, schema);
    assert.deepEqual(object, {a: 'x', nested: {b: 1}, empty: 'filled', kept: null});
  });

  it('have their metadata read as that of every kind', () => {
    const {object, strictErrors} = decode({type: 'object'}, {kind: 'K', metadata: {name: 'n', extra: 1}});
    assert.deepEqual(object.metadata, {name: 'n'});
    assert.deepEqual(strictErrors, ['unknown field "metadata.extra"']);
  });

  const embedded = {type: 'object', properties: {e: {type: 'object', 'x-kubernetes-embedded-resource': true, properties: {}}}};
  const refused: [what: string, value: {[field: string]: Json}, message: string][] = [
    ['metadata that is no object', {metadata: 'x'}, 'json: cannot unmarshal string into Go value of type v1.ObjectMeta'],
    ['an embedded kind that is no text', {e: {kind: 7}}, 'e.kind: Invalid value: 7: must be a string'],
    [
      'embedded metadata that is none',
      {e: {metadata: 1}},
      'e.metadata: Invalid value: 1: json: cannot unmarshal number into Go value of type v1.ObjectMeta',
    ],
  ];
  for (const [what, value, message] of refused)
    it(`are refused with ${what}`, () => assert.throws(() => decode(embedded, value), {message}));

  it('have their members in order', () => {
    assert.equal(JSON.stringify(sortKeys({b: {d: 1, c: [{z: 1, y: 2}]}, a: 1})), '{"a":1,"b":{"c":[{"y":2,"z":1}],"d":1}}');
  });
});
