import assert from 'node:assert/strict';
import type {PriorityClass} from '../../../../server/api/kinds.generated.ts';
import {scheduling} from '../../../../server/resources/scheduling/index.ts';
import {rulesOf} from '../core/support.ts';

describe('priority classes', () => {
  const {create, update} = rulesOf<PriorityClass>(scheduling.PriorityClass!);

  it('leave the highest to the system', () => {
    assert.deepEqual(create({metadata: {name: 'a'}, value: 2_000_000_000}).errors, [
      'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ]);
    assert.match(create({metadata: {name: 'system-a'}, value: 1}).errors[0]!, /^metadata\.name: Forbidden: /);
    assert.match(
      create({metadata: {name: 'system-cluster-critical'}, value: 2_000_000_000, globalDefault: true}).errors[0]!,
      / error: globalDefault of system-cluster-critical PriorityClass must be false$/,
    );
  });

  it('keep their value', () => {
    const {errors} = update({metadata: {name: 'a'}, value: 1}, object => {
      object.value = 2;
    });
    assert.deepEqual(errors, ['value: Forbidden: may not be changed in an update.']);
  });
});
