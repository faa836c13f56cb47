import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {FieldSet, MutableFieldSet} from '../../../server/patch/field-set.ts';
import {
  difference,
  has,
  intersection,
  isEmpty,
  parseFields,
  paths,
  recursiveDifference,
  setOf,
  sorted,
  union,
} from '../../../server/patch/field-set.ts';

const set = (...members: string[]): FieldSet =>
  members.map(path => setOf(...path.split(' '))).reduce<FieldSet>((all, one) => union(all, one), {});
const members = (fields: FieldSet): string[] => [...paths(fields)].map(path => path.join(' '));

describe('field sets', () => {
  it('are FieldsV1: a parent with children is a member by its dot', () => {
    assert.deepEqual(set('f:a', 'f:a f:b', 'f:c f:d'), {'f:a': {'.': {}, 'f:b': {}}, 'f:c': {'f:d': {}}});
    assert.deepEqual(members(set('f:c f:d', 'f:a f:b', 'f:a')), ['f:a', 'f:a f:b', 'f:c f:d']);
  });

  it('order names by letter, keys and values by value', () => {
    const keys = ['f:b', 'v:"x"', 'k:{"port":443}', 'k:{"port":80}', 'f:a', 'v:10', 'v:9'];
    assert.deepEqual(Object.keys(set(...keys)), ['f:a', 'f:b', 'k:{"port":80}', 'k:{"port":443}', 'v:9', 'v:10', 'v:"x"']);
  });

  it('know their members', () => {
    const fields = set('f:a f:b', 'f:c');
    assert.ok(has(fields, ['f:a', 'f:b']));
    assert.ok(has(fields, ['f:c']));
    for (const path of [[], ['f:a'], ['f:c', 'f:d'], ['f:x']]) assert.ok(!has(fields, path), path.join());
  });

  it('take a parent without its children, or with them', () => {
    const fields = set('f:a', 'f:a f:b', 'f:c f:d');
    assert.deepEqual(difference(fields, set('f:a', 'f:c')), set('f:a f:b', 'f:c f:d'));
    assert.deepEqual(recursiveDifference(fields, set('f:a')), set('f:c f:d'));
    assert.deepEqual(difference(fields, set('f:a f:b')), set('f:a', 'f:c f:d'));
  });

  it('parse what clients send', () => {
    assert.deepEqual(parseFields({'f:b': {}, 'f:a': {'k:{ "y":1,"x":"<" }': {'.': {}, 'f:c': {}}}, 'z:q': {}}), {
      'f:a': {'k:{"x":"\\u003c","y":1}': {'.': {}, 'f:c': {}}},
      'f:b': {},
    });
    for (const bad of [{a: {}}, {'v:{': {}}, {'k:1': {}}, {'i:x': {}}, {'f:a': 1}]) assert.throws(() => parseFields(bad), Error);
  });
});

describe('field set laws', () => {
  const element = fc.constantFrom('f:a', 'f:b', 'f:c', 'k:{"p":80}', 'k:{"p":9}', 'v:"x"');
  const fields = fc.letrec<{set: FieldSet}>(tie => ({
    set: fc.dictionary(element, fc.tuple(fc.boolean(), fc.oneof({maxDepth: 3}, fc.constant({}), tie('set'))), {maxKeys: 3}).map(toSet),
  })).set;
  const asSet = (value: FieldSet): Set<string> => new Set(members(value));

  it('hold for union, intersection and difference, member by member', () => {
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        const [inA, inB] = [asSet(a), asSet(b)];
        assert.deepEqual(asSet(union(a, b)), new Set([...inA, ...inB]));
        assert.deepEqual(asSet(intersection(a, b)), new Set([...inA].filter(path => inB.has(path))));
        assert.deepEqual(asSet(difference(a, b)), new Set([...inA].filter(path => !inB.has(path))));
        const below = (path: string): boolean => [...inB].some(other => path === other || path.startsWith(`${other} `));
        assert.deepEqual(asSet(recursiveDifference(a, b)), new Set([...inA].filter(path => !below(path))));
      }),
    );
  });

  it('hold for sets in sorted, canonical form', () => {
    fc.assert(
      fc.property(fields, fields, (a, b) => {
        for (const result of [union(a, b), intersection(a, b), difference(a, b), recursiveDifference(a, b)]) {
          assert.equal(JSON.stringify(parseFields(JSON.parse(JSON.stringify(result)))), JSON.stringify(result));
        }
        assert.equal(union(a, intersection(a, b)), a, 'nothing new: the same set');
        assert.ok(isEmpty(difference(a, a)));
      }),
    );
  });

  /** A random tree in canonical form. */
  function toSet(tree: {[element: string]: [boolean, FieldSet]}): FieldSet {
    const result: MutableFieldSet = {};
    for (const [key, [member, children]] of Object.entries(tree)) {
      result[key] = isEmpty(children) || !member ? children : {'.': {}, ...children};
    }
    return sorted(result);
  }
});
