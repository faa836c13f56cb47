import assert from 'node:assert/strict';
import type {Json} from '../../../server/api/json.ts';
import type {JSONSchemaProps} from '../../../server/api/kinds.generated.ts';
import {structural} from '../../../server/schema/structural.ts';
import {createValueValidator, validateListTypes} from '../../../server/schema/validate-value.ts';

const errors = (schema: object, value: Json, old?: Json): string[] =>
  createValueValidator(structural(schema as JSONSchemaProps))
    .validate(value, old, 'f')
    .map(({field, message}) => `${field}: ${message}`);

describe('values against schemas', () => {
  const cases: [what: string, schema: object, value: Json, problems: string[]][] = [
    ['a string', {type: 'string'}, 'x', []],
    ['another type', {type: 'string'}, 1, ['f: Invalid value: "integer": f in body must be of type string: "integer"']],
    [
      'a short text',
      {type: 'string', minLength: 2, pattern: '^a'},
      'x',
      ['f: Invalid value: "x": f in body should be at least 2 chars long'],
    ],
    ['a long text', {type: 'string', maxLength: 1, pattern: '^a'}, 'xyz', ['f: Too long: may not be more than 1 bytes']],
    ['a text beside the pattern', {type: 'string', pattern: '^a'}, 'x', [`f: Invalid value: "x": f in body should match '^a'`]],
    ['length in characters', {type: 'string', maxLength: 1}, '😀', []],
    ['a number below', {type: 'integer', minimum: 2}, 1, ['f: Invalid value: 1: f in body should be greater than or equal to 2']],
    ['a value beside the enum', {type: 'string', enum: ['a', 'b']}, 'c', ['f: Unsupported value: "c": supported values: "a", "b"']],
    ['a missing member', {type: 'object', required: ['a']}, {}, ['f.a: Required value']],
    ['null where it may be', {type: 'string', nullable: true}, null, []],
    ['an integer or a string', {'x-kubernetes-int-or-string': true}, 'x', []],
    [
      'items',
      {type: 'array', items: {type: 'integer'}},
      [1, 'x'],
      ['f[1]: Invalid value: "string": f[1] in body must be of type integer: "string"'],
    ],
  ];
  for (const [what, schema, value, problems] of cases)
    it(`${problems.length > 0 ? 'refuse' : 'take'} ${what}`, () => assert.deepEqual(errors(schema, value), problems));

  it('do not refuse what was there before', () => {
    const schema = {type: 'object', properties: {a: {type: 'string', maxLength: 1}, b: {type: 'string'}}};
    assert.deepEqual(errors(schema, {a: 'long', b: 'new'}, {a: 'long', b: 'old'}), []);
    assert.equal(errors(schema, {a: 'longer'}, {a: 'long'}).length, 1);
  });

  const lists: [what: string, schema: object, value: Json, problems: string[]][] = [
    ['a set with repeats', {type: 'array', items: {type: 'string'}, 'x-kubernetes-list-type': 'set'}, ['a', 'a', 'a'], ['f[1]']],
    ['an atomic list with repeats', {type: 'array', items: {type: 'string'}}, ['a', 'a'], []],
    [
      'a map with repeated keys',
      {type: 'array', items: {type: 'object'}, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k']},
      [{k: 'a'}, {k: 'b'}, {k: 'a'}],
      ['f[2]'],
    ],
    [
      'a map of what is no object',
      {type: 'array', items: {type: 'object'}, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k']},
      [{k: 'a'}, 1],
      ['f[1]'],
    ],
  ];
  for (const [what, schema, value, fields] of lists) {
    it(`${fields.length > 0 ? 'refuse' : 'take'} ${what}`, () => {
      const found = validateListTypes(value, structural(schema as JSONSchemaProps), 'f');
      assert.deepEqual(
        found.map(({field}) => field),
        fields,
      );
    });
  }
});
