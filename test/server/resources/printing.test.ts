import assert from 'node:assert/strict';
import {
  age,
  formatAccessModes,
  formatBool,
  formatIngressPoints,
  formatLabels,
  formatList,
  humanDuration,
} from '../../../server/resources/printing.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('Cells', () => {
  it('print durations in two units at most', () => {
    const cases: [number, string][] = [
      [-2 * SECOND, '<invalid>'],
      [-SECOND, '0s'],
      [0, '0s'],
      [1999, '1s'],
      [119 * SECOND, '119s'],
      [2 * MINUTE, '2m'],
      [2 * MINUTE + 5 * SECOND, '2m5s'],
      [9 * MINUTE + 59 * SECOND, '9m59s'],
      [10 * MINUTE + 30 * SECOND, '10m'],
      [179 * MINUTE, '179m'],
      [3 * HOUR, '3h'],
      [7 * HOUR + 59 * MINUTE, '7h59m'],
      [8 * HOUR + 30 * MINUTE, '8h'],
      [47 * HOUR, '47h'],
      [2 * DAY, '2d'],
      [2 * DAY + 3 * HOUR, '2d3h'],
      [8 * DAY + 3 * HOUR, '8d'],
      [729 * DAY, '729d'],
      [730 * DAY, '2y'],
      [731 * DAY, '2y1d'],
      [8 * 365 * DAY + DAY, '8y'],
    ];
    for (const [duration, text] of cases) assert.equal(humanDuration(duration), text);
  });

  it('print ages', () => {
    assert.equal(age('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:05:00Z')), '5m');
    assert.equal(age(undefined, 0), '<unknown>');
    assert.equal(age(null, 0), '<unknown>');
  });

  it('print labels by key, and none', () => {
    assert.equal(formatLabels({b: '2', a: '1'}), 'a=1,b=2');
    assert.equal(formatLabels({}), '<none>');
    assert.equal(formatLabels(undefined), '<none>');
  });

  it('cut long lists and count the rest', () => {
    assert.equal(formatList(['a', 'b', 'c'], 3, '-'), 'a,b,c');
    assert.equal(formatList(['a', 'b', 'c', 'd', 'e'], 3, '-'), 'a,b,c + 2 more...');
    assert.equal(formatList([], 3, '-'), '-');
  });

  it('print access modes in their own order', () => {
    assert.equal(formatAccessModes(['ReadWriteOncePod', 'ReadOnlyMany', 'ReadWriteOnce', 'ReadOnlyMany']), 'RWO,ROX,RWOP');
    assert.equal(formatAccessModes(undefined), '');
  });

  it('print pointers to bool and ingress points', () => {
    assert.deepEqual([formatBool(true), formatBool(false), formatBool(undefined)], ['True', 'False', '<unset>']);
    assert.equal(formatIngressPoints([{hostname: 'lb.example.com'}, {ip: '192.0.2.1'}, {ip: '192.0.2.1'}, {}]), '192.0.2.1,lb.example.com');
  });
});
