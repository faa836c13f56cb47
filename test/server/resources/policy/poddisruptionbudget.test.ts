import assert from 'node:assert/strict';
import type {PodDisruptionBudget} from '../../../../server/api/kinds.generated.ts';
import {policy} from '../../../../server/resources/policy/index.ts';
import {rulesOf} from '../core/support.ts';

describe('pod disruption budgets', () => {
  const {create} = rulesOf<PodDisruptionBudget>(policy.PodDisruptionBudget!);
  const metadata = {name: 'a', namespace: 'default'};

  it('keep a number or give one away', () => {
    assert.deepEqual(create({metadata, spec: {minAvailable: '50%', selector: {}}}).errors, []);
    const {errors} = create({metadata, spec: {minAvailable: 1, maxUnavailable: 1, selector: {}}});
    assert.match(errors[0]!, /^spec: Invalid value: \{.*\}: minAvailable and maxUnavailable cannot be both set$/);
    assert.deepEqual(create({metadata, spec: {maxUnavailable: '200%', selector: {}}}).errors, [
      'spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%',
    ]);
  });
});
