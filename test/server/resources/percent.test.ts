import assert from 'node:assert/strict';
import {countOrPercentUpTo100, countOrPercentValue} from '../../../server/resources/percent.ts';
import {told} from './core/support.ts';

describe('counts and percentages', () => {
  it('are not negative and end at 100 %', () => {
    for (const fine of [undefined, 0, 1000, '0%', '100%']) assert.deepEqual(countOrPercentUpTo100(fine, 'f'), []);
    assert.deepEqual(told(countOrPercentUpTo100(-1, 'f')), ['f: Invalid value: -1: must be greater than or equal to 0']);
    assert.deepEqual(told(countOrPercentUpTo100('101%', 'f')), ['f: Invalid value: "101%": must not be greater than 100%']);
    assert.match(told(countOrPercentUpTo100('10', 'f'))[0]!, /^f: Invalid value: "10": a valid percent string must be/);
  });

  it('have a bare number', () => {
    assert.deepEqual([3, '25%', 'x', undefined].map(countOrPercentValue), [3, 25, 0, 0]);
  });
});
