import assert from 'node:assert/strict';
import {patched} from '../../../server/admission/policies-patch.ts';
import type {Json} from '../../../server/api/json.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import type {ListSchema, MapSchema, Schema, StructSchema} from '../../../server/schema/schema.ts';

const string: Schema = {type: 'string'};
const list = (listType: ListSchema['listType'], items: Schema, ...keys: string[]): ListSchema => ({type: 'list', listType, items, keys});
const map = (atomic: boolean): MapSchema => ({type: 'map', values: string, atomic});
const struct = (fields: {[name: string]: Schema}): StructSchema => ({
  type: 'struct',
  name: 'x',
  written: [],
  fields: new Map(
    Object.entries(fields).map(([name, schema], place) => [
      name,
      {name, place, element: `f:${name}`, schema, pointer: true, omitempty: true, omitzero: false, required: false},
    ]),
  ),
});
const schema = struct({
  selector: map(true),
  labels: map(false),
  items: list('map', struct({name: string, args: list('atomic', string)}), 'name'),
});

const apply = (configuration: Json) =>
  patched('ApplyConfiguration', {items: [{name: 'a'}]} as unknown as KubeObject, configuration, schema);
const atomic = (paths: string) =>
  `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${paths}`;

describe('server/admission/policies-patch', () => {
  it('merges what is owned by parts', () => {
    assert.deepEqual(apply({labels: {a: 'b'}, items: [{name: 'b'}]}), {items: [{name: 'a'}, {name: 'b'}], labels: {a: 'b'}});
  });

  it('refuses a part of what is owned as a whole', () => {
    assert.equal(apply({selector: {a: 'b'}}), atomic('.selector'));
    assert.equal(apply({selector: {}, items: [{name: 'b', args: ['x']}]}), atomic('.selector, .items[0].args'));
  });
});
