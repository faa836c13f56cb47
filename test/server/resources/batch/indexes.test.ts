import assert from 'node:assert/strict';
import {countIndexes, overlap} from '../../../../server/resources/batch/indexes.ts';

describe('completion indexes', () => {
  it('are counted', () => {
    assert.deepEqual(
      ['', '0', '1,3-5', '0-9'].map(text => countIndexes(text, 10)),
      [0, 1, 4, 10],
    );
  });

  it('rise and stay below the completions', () => {
    const wrong: {[text: string]: string} = {
      '5,3': 'non-increasing order, previous: 5, current: 3',
      '3-3': 'non-increasing order, previous: 3, current: 3',
      '10': 'too large index: "10"',
      a: 'cannot convert string to integer for index: "a"',
      '1-2-3': `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`,
    };
    for (const [text, message] of Object.entries(wrong)) assert.throws(() => countIndexes(text, 10), {name: 'IndexesError', message});
  });

  it('overlap where both name one', () => {
    assert.equal(overlap('0,4-6', '2,5-7', 10), 5);
    assert.equal(overlap('0,4', '1,5', 10), undefined);
  });
});
