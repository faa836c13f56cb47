import assert from 'node:assert/strict';
import {canonicalMicroTime, canonicalTime, formatMicroTime, formatTime, TimeError} from '../../../server/api/time.ts';

describe('time', () => {
  it('prints cluster time', () => {
    assert.equal(formatTime(1_000_500), '1970-01-01T00:16:40Z');
    assert.equal(formatMicroTime(1_000_500, 7), '1970-01-01T00:16:40.500007Z');
  });

  it('brings times to UTC in whole seconds', () => {
    assert.equal(canonicalTime('2026-01-02T03:04:05Z'), '2026-01-02T03:04:05Z');
    assert.equal(canonicalTime('2026-01-02T03:04:05.999Z'), '2026-01-02T03:04:05Z');
    assert.equal(canonicalTime('2026-01-02T03:04:05+02:00'), '2026-01-02T01:04:05Z');
    assert.equal(canonicalMicroTime('2026-01-02T03:04:05.123456+02:00'), '2026-01-02T01:04:05.123456Z');
  });

  const refusals: [string, string][] = [
    ['2026-13-01T00:00:00Z', 'parsing time "2026-13-01T00:00:00Z": month out of range'],
    ['2026-02-30T00:00:00Z', 'parsing time "2026-02-30T00:00:00Z": day out of range'],
    ['2026-01-02T24:00:00Z', 'parsing time "2026-01-02T24:00:00Z": hour out of range'],
    ['2026-01-01', 'parsing time "2026-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
    ['', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
    ['2026-01-01T00:00:01Zx', 'parsing time "2026-01-01T00:00:01Zx": extra text: "x"'],
  ];
  for (const [text, message] of refusals)
    it(`refuses ${text || 'nothing'}`, () => assert.throws(() => canonicalTime(text), new TimeError(message)));

  it('wants six decimals of a MicroTime', () => {
    const layout = '2006-01-02T15:04:05.000000Z07:00';
    assert.throws(
      () => canonicalMicroTime('2026-01-02T03:04:05.1234567Z'),
      new TimeError(`parsing time "2026-01-02T03:04:05.1234567Z" as "${layout}": cannot parse "7Z" as "Z07:00"`),
    );
    assert.throws(
      () => canonicalMicroTime('2026-01-02T03:04:05Z'),
      new TimeError(`parsing time "2026-01-02T03:04:05Z" as "${layout}": cannot parse "Z" as ".000000"`),
    );
  });
});
