import assert from 'node:assert/strict';
import type {FieldError} from '../../../server/api/field.ts';
import {isDNS1123Label} from '../../../server/api/names.ts';
import {
  collect,
  domainPrefixedPath,
  each,
  equalResources,
  hasInvalidLabelValue,
  immutable,
  named,
  nonNegative,
  nonNegativeQuantity,
  oneOf,
  positive,
  requiredName,
  requiredOneOf,
  requiredText,
  semanticEqual,
  unique,
  validateConditions,
  validateLabelSelector,
  validateLabels,
} from '../../../server/resources/rules.ts';

const told = (errors: readonly FieldError[]) => errors.map(({field, message}) => `${field}: ${message}`);
const error = (field: string): FieldError => ({type: 'FieldValueInvalid', field, message: 'm'});

describe('vocabulary of rules', () => {
  it('collects findings in order and leaves out what is none', () => {
    assert.deepEqual(
      collect(false, error('a'), undefined, [error('b'), error('c')], '', 0, null, []).map(({field}) => field),
      ['a', 'b', 'c'],
    );
    assert.deepEqual(
      each(['x', 'y'], 'list', (item, path, i) => i === 1 && error(`${path}.${item}`)).map(({field}) => field),
      ['list[1].y'],
    );
    assert.deepEqual(
      each(undefined, 'list', () => error('')),
      [],
    );
  });

  it('limits numbers and amounts', () => {
    assert.deepEqual(told([...nonNegative(-1, 'n'), ...nonNegative(0, 'n'), ...nonNegative(undefined, 'n')]), [
      'n: Invalid value: -1: must be greater than or equal to 0',
    ]);
    assert.deepEqual(told(positive(0, 'n')), ['n: Invalid value: 0: must be greater than zero']);
    assert.deepEqual(told(nonNegativeQuantity('-1Mi', 'q')), ['q: Invalid value: "-1Mi": must be greater than or equal to 0']);
  });

  it('compares as Go does: nothing equals an empty list, but no empty struct', () => {
    assert.ok(semanticEqual({a: []}, {}));
    assert.ok(semanticEqual({a: null}, {}));
    assert.ok(semanticEqual([{a: 1, b: [2]}], [{b: [2], a: 1}]));
    assert.ok(semanticEqual({limits: {cpu: '1.'}}, {limits: {cpu: '1'}}));
    assert.ok(!semanticEqual({limits: {cpu: '1.'}}, {limits: {cpu: '2'}}));
    assert.ok(semanticEqual({labels: {}}, {}));
    assert.ok(!semanticEqual({a: {}}, {}));
    assert.ok(!semanticEqual([1], [1, 2]));
    assert.ok(!semanticEqual(1, '1'));
  });

  it('compares amounts by what they are', () => {
    assert.ok(equalResources({cpu: '1', memory: '1Gi'}, {memory: '1024Mi', cpu: '1000m'}));
    assert.ok(equalResources(undefined, {}));
    assert.ok(!equalResources({cpu: '1'}, {cpu: '1', memory: '1'}));
  });

  it('words what is missing or not known', () => {
    assert.deepEqual(told(immutable(undefined, 'a', 'f')), ['f: Invalid value: null: field is immutable']);
    assert.deepEqual(told(oneOf(undefined, 'f', ['A', 'B'])), ['f: Unsupported value: "": supported values: "A", "B"']);
    assert.deepEqual(told(requiredOneOf('', 'f', ['A'])), ['f: Required value']);
    assert.deepEqual(told(requiredText(undefined, 'f', 'why')), ['f: Required value: why']);
    assert.deepEqual(told(requiredName('', 'f', isDNS1123Label)), ['f: Required value']);
    assert.match(told(named('A', 'f', isDNS1123Label))[0]!, /^f: Invalid value: "A": a lowercase RFC 1123 label/);
    assert.deepEqual(told(unique(['a', 'b', 'a'], 'f', item => item, 'name')), ['f[2].name: Duplicate value: "a"']);
    assert.deepEqual(told(domainPrefixedPath('a', 'f')), ['f: Invalid value: "a": must be a domain-prefixed path (such as "acme.io/foo")']);
    assert.deepEqual(domainPrefixedPath('a.b/c', 'f'), []);
  });

  it('knows labels and selectors', () => {
    assert.equal(validateLabels({'a/b/c': '-'}, 'labels').length, 2);
    assert.deepEqual(
      told(
        validateLabelSelector(
          {
            matchExpressions: [
              {key: 'a', operator: 'In'},
              {key: 'a', operator: 'Exists', values: ['b']},
              {key: 'a', operator: 'Is'},
            ],
          },
          's',
        ),
      ),
      [
        "s.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        "s.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        's.matchExpressions[2].operator: Invalid value: "Is": not a valid selector operator',
      ],
    );
    const bad = {matchExpressions: [{key: 'a', operator: 'In', values: ['-']}]};
    assert.ok(hasInvalidLabelValue(bad));
    assert.equal(validateLabelSelector(bad, 's').length, 1);
    assert.deepEqual(validateLabelSelector(bad, 's', {allowInvalidValues: true}), []);
  });

  it('knows conditions', () => {
    const good = {type: 'Ready', status: 'True', reason: 'Ok', message: '', lastTransitionTime: '2026-01-01T00:00:00Z'};
    assert.deepEqual(validateConditions([good], 'c'), []);
    assert.deepEqual(told(validateConditions([good, {...good, status: 'Maybe', reason: '', lastTransitionTime: ''}], 'c')), [
      'c[1].type: Duplicate value: "Ready"',
      'c[1].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
      'c[1].lastTransitionTime: Required value',
      'c[1].reason: Required value',
    ]);
  });
});
