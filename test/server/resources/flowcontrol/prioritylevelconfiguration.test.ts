import assert from 'node:assert/strict';
import type {PriorityLevelConfiguration} from '../../../../server/api/kinds.generated.ts';
import {flowcontrol} from '../../../../server/resources/flowcontrol/index.ts';
import {rulesOf} from '../core/support.ts';

describe('priority levels', () => {
  const {create} = rulesOf<PriorityLevelConfiguration>(flowcontrol.PriorityLevelConfiguration!);

  it('share and queue', () => {
    const {object, errors} = create({
      metadata: {name: 'a'},
      spec: {type: 'Limited', limited: {limitResponse: {type: 'Queue', queuing: {}}}},
    });
    assert.deepEqual(errors, []);
    assert.equal(object.spec!.limited!.nominalConcurrencyShares, 30);
    assert.deepEqual(object.spec!.limited!.limitResponse!.queuing, {queues: 64, handSize: 8, queueLengthLimit: 50});
  });

  it('are limited or exempt', () => {
    const {errors} = create({metadata: {name: 'a'}, spec: {type: 'Exempt'}});
    assert.match(errors[0]!, /^spec\.type: Invalid value: "Exempt": must be 'Exempt' if and only if `name` is 'exempt'$/);
  });

  it('keep what flow control cannot be without', () => {
    const limited = {nominalConcurrencyShares: 6, limitResponse: {type: 'Reject'}};
    const shown =
      '{"NominalConcurrencyShares":6,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null}';
    assert.deepEqual(create({metadata: {name: 'catch-all'}, spec: {type: 'Limited', limited}}).errors, [
      `spec: Invalid value: {"Type":"Limited","Limited":${shown},"Exempt":null}: spec of 'catch-all' must equal the fixed value`,
    ]);
    const exempt = {nominalConcurrencyShares: 3};
    assert.deepEqual(create({metadata: {name: 'exempt'}, spec: {type: 'Exempt', exempt}}).errors, []);
    assert.match(
      create({metadata: {name: 'exempt'}, spec: {type: 'Limited', limited}}).errors.at(-1)!,
      /: spec of 'exempt' except the 'spec\.exempt' field must equal the fixed value$/,
    );
  });
});
