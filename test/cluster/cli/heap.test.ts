import assert from 'node:assert/strict';
import {isWorthCompacting} from '../../../cluster/cli/heap.ts';

describe('the heap', () => {
  const MB = 1024 ** 2;
  for (const [busy, total, compacted, expected, why] of [
    [0.01, 60, 64, false, 'is left alone while it is small'],
    [0.01, 300, 64, true, 'is compacted when it has grown and nothing happens'],
    [0.5, 300, 64, false, 'is left alone while there is work'],
    [0.01, 200, 160, false, 'is left alone when it has hardly grown since the last time'],
    [0.01, 300, 160, true, 'is compacted again when it has grown again'],
  ] as const) {
    it(why, () => assert.equal(isWorthCompacting({busy, total: total * MB, compacted: compacted * MB}), expected));
  }
});
