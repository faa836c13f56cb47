import assert from 'node:assert/strict';
import type {Json} from '../../../server/api/json.ts';
import type {JSONSchemaProps} from '../../../server/api/kinds.generated.ts';
import {structural} from '../../../server/schema/structural.ts';
import {createValueValidator} from '../../../server/schema/validate-value.ts';

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
    ['a long text', {type: 'string', maxLength: 1, pattern: '^a'}, 'xyz', ['f: Too long: may not be more than 1 byte']],
    ['a text beside the pattern', {type: 'string', pattern: '^a'}, 'x', [`f: Invalid value: "x": f in body should match '^a'`]],
    ['length in characters', {type: 'string', maxLength: 1}, '😀', []],
    ['a multiple, as floats go', {type: 'number', multipleOf: 0.1}, 0.3, []],
    ['a large multiple, as integers go', {type: 'integer', multipleOf: 1}, 4e18, []],
    ['no multiple', {type: 'number', multipleOf: 4e18}, 3.5, ['f: Invalid value: 3.5: f in body should be a multiple of 4e+18']],
    ['a number below', {type: 'integer', minimum: 2}, 1, ['f: Invalid value: 1: f in body should be greater than or equal to 2']],
    ['a value beside the enum', {type: 'string', enum: ['a', 'b']}, 'c', ['f: Unsupported value: "c": supported values: "a", "b"']],
    ['a missing member', {type: 'object', required: ['a']}, {}, ['f.a: Required value']],
    ['null where it may be', {type: 'string', nullable: true}, null, []],
    ['null beside logic, which is not asked then', {nullable: true, type: 'string', not: {minLength: 2}}, null, []],
    [
      'null among enumerated values',
      {nullable: true, type: 'string', enum: ['a', null]},
      null,
      ['f: Unsupported value: null: supported values: "a", "null"'],
    ],
    ['a fraction whose whole part is enumerated', {type: 'number', enum: [1, 2]}, 1.5, []],
    [
      'a number beyond float',
      {type: 'number', format: 'float'},
      1e39,
      ['<nil>: Invalid value: "": Checked value must be of type number with format float in f'],
    ],
    [
      'the alternative with the most checks that are met',
      {anyOf: [{properties: {a: {type: 'string'}}}, {properties: {a: {type: 'integer'}, b: {type: 'string'}}}]},
      {a: true, b: 'x'},
      [
        '<nil>: Invalid value: "": "f" must validate at least one schema (anyOf)',
        'f.a: Invalid value: "boolean": f.a in body must be of type integer: "boolean"',
      ],
    ],
    [
      'what fails twice in the same way, once',
      {type: 'string', minLength: 2, allOf: [{minLength: 2}]},
      'x',
      [
        'f: Invalid value: "x": f in body should be at least 2 chars long',
        '<nil>: Invalid value: "": "f" must validate all the schemas (allOf). None validated',
      ],
    ],
    ['one item too many', {type: 'array', maxItems: 1, items: {type: 'string'}}, ['a', 'b'], ['f: Too many: 2: must have at most 1 item']],
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
});
