import assert from 'node:assert/strict';
import {compare} from '../../conformance/compare.ts';
import {valueAt} from '../../conformance/paths.ts';
import {createBindings} from '../../conformance/placeholders.ts';
import type {Json} from '../../server/api/json.ts';

const differing = (want: Json, got: Json, bindings = createBindings()) => compare(want, got, bindings, 'body').map(({path}) => path);

describe('conformance/compare', () => {
  const cases: {name: string; want: Json; got: Json; paths: string[]}[] = [
    {name: 'keys in another order', want: {a: 1, b: 2}, got: {b: 2, a: 1}, paths: []},
    {name: 'a missing and a spare key', want: {a: 1}, got: {b: 1}, paths: ['body.a', 'body.b']},
    {name: 'lists in another order', want: [1, 2], got: [2, 1], paths: ['body[0]', 'body[1]']},
    {name: 'a longer list', want: [1], got: [1, 2], paths: ['body[1]']},
    {name: 'a number for a text', want: '1', got: 1, paths: ['body']},
    {name: 'null for absence', want: {a: null}, got: {}, paths: ['body.a']},
    {name: 'a uid', want: '<uid>', got: '9f5a3c1e-0000-4000-8000-000000000001', paths: []},
    {name: 'a time with a fraction', want: '<time>', got: '2026-01-01T00:00:00.000Z', paths: ['body']},
    {name: 'a port that is a number', want: '<port:1>', got: 31234, paths: []},
    {name: 'any value', want: {a: '<any>'}, got: {a: [1]}, paths: []},
    {name: 'any value that is not there', want: {a: '<any>'}, got: {}, paths: ['body.a']},
    {name: 'a template within a text', want: 'pods "x-<rand>" not found', got: 'pods "x-bcdf2" not found', paths: []},
    {name: 'vowels in a generated name', want: 'x-<rand>', got: 'x-aeiou', paths: ['body']},
    {name: 'a key with dots', want: {'a.b': 1}, got: {'a.b': 2}, paths: ['body["a.b"]']},
    {name: 'a key that is a template', want: {'k:{"name":"<rand:1>"}': {}}, got: {'k:{"name":"bcdfg"}': {}}, paths: []},
  ];
  for (const {name, want, got, paths} of cases) {
    it(name, () => assert.deepEqual(differing(want, got), paths));
  }

  it('takes equal numbers for equal values and different ones for different values', () => {
    const bindings = createBindings();
    assert.deepEqual(differing({a: '<rv:1>', b: '<rv:2>', c: '<rv:1>'}, {a: '5', b: '6', c: '5'}, bindings), []);
    assert.deepEqual(differing({a: '<rv:1>', b: '<rv:2>'}, {a: '6', b: '5'}, bindings), ['body.a', 'body.b']);
    assert.deepEqual(differing({a: '<rv:3>'}, {a: '5'}, bindings), ['body.a']);
  });

  it('pairs managedFields by manager', () => {
    const entry = (manager: string) => ({manager, operation: 'Update', apiVersion: 'v1'});
    assert.deepEqual(differing({managedFields: [entry('a'), entry('b')]}, {managedFields: [entry('b'), entry('a')]}), []);
  });
});

describe('conformance/paths', () => {
  const value = {a: {'x.y': [{b: 1}]}, items: [{metadata: {name: 'n'}, spec: 2}]};
  for (const [path, want] of [
    ['a["x.y"].0.b', 1],
    ["a['x.y'][0].b", 1],
    ['a.x\\.y.0.b', 1],
    ['items[metadata.name=n].spec', 2],
    ['items[metadata.name=m].spec', undefined],
    ['a.b.c', undefined],
  ] as const) {
    it(path, () => assert.equal(valueAt(value, path), want));
  }
});
