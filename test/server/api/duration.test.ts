import assert from 'node:assert/strict';
import {durationError, parseDuration, parseMilliseconds} from '../../../server/api/duration.ts';

describe('durations', () => {
  for (const [text, nanos] of [
    ['1m30s', 90_000_000_000n],
    ['-1.5h', -5_400_000_000_000n],
    ['.5us', 500n],
    ['1µs2ns', 1002n],
    ['0', 0n],
    ['+0', 0n],
  ] as const) {
    it(`read ${text}`, () => assert.equal(parseDuration(text), nanos));
  }

  it('are milliseconds for those who want them', () => assert.equal(parseMilliseconds('1.5s'), 1500));

  for (const [text, error] of [
    ['', 'time: invalid duration ""'],
    ['soon', 'time: invalid duration "soon"'],
    ['5', 'time: missing unit in duration "5"'],
    ['1h5', 'time: missing unit in duration "1h5"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1.2.3s', 'time: invalid duration "1.2.3s"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
  ] as const) {
    it(`say what is wrong with "${text}"`, () => {
      assert.equal(parseDuration(text), undefined);
      assert.equal(durationError(text), error);
    });
  }
});
