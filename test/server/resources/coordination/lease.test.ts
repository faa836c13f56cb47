import assert from 'node:assert/strict';
import type {Lease} from '../../../../server/api/kinds.generated.ts';
import {coordination} from '../../../../server/resources/coordination/index.ts';
import {rulesOf} from '../core/support.ts';

describe('leases', () => {
  const {create} = rulesOf<Lease>(coordination.Lease!);

  it('last some time', () => {
    const metadata = {name: 'a', namespace: 'default'};
    assert.deepEqual(create({metadata, spec: {}}).errors, []);
    assert.deepEqual(create({metadata, spec: {leaseDurationSeconds: 0, leaseTransitions: -1}}).errors, [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});
