import assert from 'node:assert/strict';
import {budgetStatus, failSafeStatus, goSelector, needsScale} from '../../controllers/disruption-plan.ts';
import type {Pod, PodDisruptionBudget} from '../../server/api/kinds.generated.ts';

const NOW = Date.UTC(2026, 0, 1);
const budget = (spec: PodDisruptionBudget['spec'], status: PodDisruptionBudget['status'] = {}): PodDisruptionBudget => ({
  metadata: {name: 'b', generation: 3},
  spec,
  status,
});
const pods = (ready: number, unready = 0): Pod[] =>
  Array.from({length: ready + unready}, (_, i) => ({
    metadata: {name: `p${i}`},
    spec: {containers: []},
    status: {conditions: [{type: 'Ready', status: i < ready ? 'True' : 'False'}]},
  }));
const numbers = (of: PodDisruptionBudget, selected: Pod[], scale?: number) => {
  const {disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods} = budgetStatus({
    budget: of,
    pods: selected,
    scale,
    now: NOW,
  }).status;
  return [disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods];
};

describe('disruption plan', () => {
  it('works out how many pods may go', () => {
    assert.deepEqual(numbers(budget({minAvailable: 2}), pods(3)), [1, 3, 2, 3]);
    assert.deepEqual(numbers(budget({minAvailable: '50%'}), pods(3), 3), [1, 3, 2, 3]);
    assert.deepEqual(numbers(budget({maxUnavailable: 1}), pods(2, 1), 3), [0, 2, 2, 3]);
    assert.deepEqual(numbers(budget({maxUnavailable: '30%'}), pods(10), 10), [3, 10, 7, 10]);
    assert.deepEqual(numbers(budget({maxUnavailable: 1}), pods(1), 0), [0, 1, 0, 0]);
    assert.deepEqual([needsScale(budget({minAvailable: 2})), needsScale(budget({minAvailable: '2%'}))], [false, true]);
  });

  it('keeps evictions in mind for two minutes', () => {
    const at = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
    const {status, late, recheck} = budgetStatus({
      budget: budget({minAvailable: 1}, {disruptedPods: {p0: at(30), p1: at(121), gone: at(1)}}),
      pods: pods(3),
      scale: undefined,
      now: NOW,
    });
    assert.deepEqual(Object.keys(status.disruptedPods!), ['p0']);
    assert.equal(status.currentHealthy, 2);
    assert.deepEqual(
      late.map(({metadata}) => metadata.name),
      ['p1'],
    );
    assert.equal(recheck, 90_000);
  });

  it('allows nothing when it cannot tell', () => {
    const status = failSafeStatus(budget({}, {disruptionsAllowed: 2}), 'no', NOW);
    assert.deepEqual([status.disruptionsAllowed, status.conditions?.[0]?.reason], [0, 'SyncFailed']);
  });

  it('prints selectors as Go does', () => {
    const selector = {matchLabels: {b: '2', a: '1'}, matchExpressions: [{key: 'k', operator: 'In', values: ['x', 'y']}]};
    assert.equal(
      goSelector(budget({selector})),
      '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}',
    );
  });
});
