import assert from 'node:assert/strict';
import {
  addQuantity,
  canonicalQuantity,
  compareQuantity,
  fromInteger,
  isWhole,
  milliValue,
  multiplyQuantity,
  QuantityError,
  quantityValue,
  roundUpToMilli,
  subtractQuantity,
  toNumber,
} from '../../../server/api/quantity.ts';

describe('quantity', () => {
  const kept = ['+1', '5.', '00010', '1e3', '1500m', '1048576', '0', '128Mi', '1Gi', '100m', '1n', '1500Mi', '-1', '1E'];
  for (const text of kept) it(`keeps ${text}`, () => assert.equal(canonicalQuantity(text), text));

  const rewritten: [string, string][] = [
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1000000000', '1G'],
    ['1000m', '1'],
    ['1.1Gi', '1181116006400m'],
    ['m', '0'],
    ['Ki', '0'],
    ['e3', '0'],
    ['0.1n', '1n'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['10000e3', '10e6'],
    ['8Ki', '8Ki'],
    ['99Ei', '9223372036854775807'],
  ];
  for (const [text, want] of rewritten) it(`rewrites ${text}`, () => assert.equal(canonicalQuantity(text), want));

  it('refuses with upstream’s words', () => {
    const suffix = new QuantityError("unable to parse quantity's suffix");
    const format = new QuantityError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    for (const text of ['1mi', '1kk', '1e', '1e999999999']) assert.throws(() => canonicalQuantity(text), suffix);
    for (const text of ['1x', '1 ', 'abc', '1..2', '1Zi']) assert.throws(() => canonicalQuantity(text), format);
  });

  it('calculates exactly', () => {
    assert.equal(addQuantity('100m', '0.9'), '1');
    assert.equal(addQuantity('0', '1Gi'), '1Gi');
    assert.equal(subtractQuantity('1Gi', '512Mi'), '512Mi');
    assert.equal(multiplyQuantity('250m', 4), '1');
    assert.equal(compareQuantity('1000m', '1'), 0);
    assert.equal(compareQuantity('1Mi', '1M'), 1);
    assert.equal(compareQuantity('-1', '0'), -1);
    assert.equal(fromInteger(1048576, 'BinarySI'), '1Mi');
  });

  it('rounds away from zero', () => {
    assert.equal(quantityValue('1500m'), 2);
    assert.equal(quantityValue('-1500m'), -2);
    assert.equal(milliValue('1u'), 1);
    assert.equal(roundUpToMilli('1n'), '1m');
    assert.equal(roundUpToMilli('1500m'), '1500m');
    assert.equal(toNumber('250m'), 0.25);
  });

  it('holds 64 bits, as upstream does', () => {
    assert.deepEqual(['1', '1.5', '1Ei', '1e30'].map(isWhole), [true, false, false, true]);
    assert.equal(quantityValue('1e30'), 0);
    assert.equal(quantityValue('100Ei'), 2 ** 63 - 1);
  });
});
