import assert from 'node:assert/strict';
import type {CustomResourceDefinition} from '../../../server/api/kinds.generated.ts';
import {createAcceptedNames} from '../../../server/extensions/accepted-names.ts';
import {namesStatus} from '../../../server/extensions/names.ts';

const NOW = '2026-01-01T00:00:00Z';

const definition = (names: object, more: {group?: string; annotations?: {[key: string]: string}} = {}): CustomResourceDefinition =>
  ({
    metadata: {name: 'x', ...(more.annotations && {annotations: more.annotations})},
    spec: {
      group: more.group ?? 'example.com',
      names: {plural: 'widgets', kind: 'Widget', singular: 'widget', listKind: 'WidgetList', ...names},
    },
  }) as unknown as CustomResourceDefinition;

const taken = (others: {plural: string; kind: string; shortNames?: string[]}[]) => {
  const names = createAcceptedNames();
  for (const [i, other] of others.entries()) names.set(`${i}`, 'example.com', other);
  return names.ofOthers('x', 'example.com');
};

const conditions = (of: CustomResourceDefinition, others: {plural: string; kind: string; shortNames?: string[]}[] = []) =>
  namesStatus(of, taken(others), NOW).conditions!.map(({type, status, reason, message}) => [type, status, reason, message]);

const ESTABLISHED = ['Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'];
const NOT_ESTABLISHED = ['Established', 'False', 'NotAccepted', 'not all names are accepted'];
const ACCEPTED = ['NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'];

describe('names of CRDs', () => {
  it('are accepted where nobody has them', () => assert.deepEqual(conditions(definition({})), [ACCEPTED, ESTABLISHED]));

  const conflicts: [
    what: string,
    names: object,
    other: {plural: string; kind: string; shortNames?: string[]},
    reason: string,
    name: string,
  ][] = [
    ['plural', {}, {plural: 'widgets', kind: 'Other'}, 'PluralConflict', 'widgets'],
    ['singular', {}, {plural: 'widget', kind: 'Other'}, 'SingularConflict', 'widget'],
    ['short name', {shortNames: ['w']}, {plural: 'others', kind: 'Other', shortNames: ['w']}, 'ShortNamesConflict', 'w'],
    ['kind', {}, {plural: 'others', kind: 'Widget'}, 'KindConflict', 'Widget'],
    ['list kind', {}, {plural: 'others', kind: 'WidgetList'}, 'ListKindConflict', 'WidgetList'],
  ];
  for (const [what, names, other, reason, name] of conflicts) {
    it(`are refused for a ${what} that another has`, () => {
      const told = ['NamesAccepted', 'False', reason, `"${name}" is already in use`];
      assert.deepEqual(conditions(definition(names), [other]), [told, NOT_ESTABLISHED]);
    });
  }

  it('tell the last of several conflicts, and all of its names', () => {
    const told = (names: object, ...others: {plural: string; kind: string; shortNames?: string[]}[]) =>
      conditions(definition(names), others)[0]!.slice(2);
    assert.deepEqual(told({}, {plural: 'widgets', kind: 'Widget'}, {plural: 'others', kind: 'WidgetList'}), [
      'ListKindConflict',
      '"WidgetList" is already in use',
    ]);
    assert.deepEqual(told({shortNames: ['a', 'b', 'c']}, {plural: 'widgets', kind: 'Other', shortNames: ['a', 'c']}), [
      'ShortNamesConflict',
      '["a" is already in use, "c" is already in use]',
    ]);
  });

  it('stay established whatever becomes of them', () => {
    const first = definition({});
    const before = {...first, status: namesStatus(first, taken([]), NOW)};
    const after = namesStatus(before, taken([{plural: 'widgets', kind: 'Other'}]), NOW);
    assert.equal(after.conditions!.find(({type}) => type === 'Established')!.status, 'True');
    assert.equal(after.acceptedNames!.plural, 'widgets');
  });

  const approvals: [annotation: string | undefined, status: string, reason: string][] = [
    ['https://example.com/pull/1', 'True', 'ApprovedAnnotation'],
    ['unapproved, for a test', 'False', 'UnapprovedAnnotation'],
    ['whatever', 'False', 'InvalidAnnotation'],
    [undefined, 'False', 'MissingAnnotation'],
  ];
  for (const [annotation, status, reason] of approvals) {
    it(`of a protected group come with ${reason}`, () => {
      const annotations: {[key: string]: string} = annotation === undefined ? {} : {'api-approved.kubernetes.io': annotation};
      const [, , approval] = conditions(definition({}, {group: 'x.k8s.io', annotations}));
      assert.deepEqual(approval!.slice(0, 3), ['KubernetesAPIApprovalPolicyConformant', status, reason]);
    });
  }
});
