import assert from 'node:assert/strict';
import type {Json} from '../../../server/api/json.ts';
import type {JSONSchemaProps} from '../../../server/api/kinds.generated.ts';
import {validateListTypes} from '../../../server/schema/list-types.ts';
import {structural} from '../../../server/schema/structural.ts';

describe('sets and map lists', () => {
  const lists: [what: string, schema: object, value: Json, problems: [field: string, message: string][]][] = [
    [
      'a set with repeats',
      {type: 'array', items: {type: 'string'}, 'x-kubernetes-list-type': 'set'},
      ['a', 'a', 'a'],
      [['f[1]', 'Duplicate value: "a"']],
    ],
    ['an atomic list with repeats', {type: 'array', items: {type: 'string'}}, ['a', 'a'], []],
    [
      'a map with repeated keys',
      {type: 'array', items: {type: 'object'}, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k']},
      [{k: 'a'}, {k: 'b'}, {k: 'a', v: 1}],
      [['f[2]', 'Duplicate value: {"k":"a"}']],
    ],
    [
      'a map of what is no object',
      {type: 'array', items: {type: 'object'}, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k']},
      [{k: 'a'}, 1, 2],
      [['f[1]', 'Invalid value: 1: must be an object for an array of list-type map']],
    ],
    [
      'a repeated item without the key',
      {type: 'array', items: {type: 'object'}, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k', 'l']},
      [{l: 1}, {l: 1, v: 2}, null],
      [['f[1]', 'Duplicate value: {"l":1}']],
    ],
    [
      'a set inside a free map',
      {type: 'object', additionalProperties: {type: 'array', items: {type: 'string'}, 'x-kubernetes-list-type': 'set'}},
      {k: ['a', 'a']},
      [['f[k][1]', 'Duplicate value: "a"']],
    ],
  ];
  for (const [what, schema, value, problems] of lists) {
    it(`${problems.length > 0 ? 'refuse' : 'take'} ${what}`, () => {
      const found = validateListTypes(value, structural(schema as JSONSchemaProps), 'f');
      assert.deepEqual(
        found.map(({field, message}) => [field, message]),
        problems,
      );
    });
  }
});
