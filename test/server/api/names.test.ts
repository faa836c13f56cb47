import assert from 'node:assert/strict';
import {
  isConfigMapKey,
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
  isPathSegmentName,
  isPortName,
  isPortNumber,
  isQualifiedName,
  isRelaxedEnvVarName,
  nameIsDNSSubdomain,
} from '../../../server/api/names.ts';

const count = (errors: string[]) => errors.length;

describe('names', () => {
  it('takes good names', () => {
    for (const name of ['a', 'a.b', '1a', 'a'.repeat(253)]) assert.deepEqual(isDNS1123Subdomain(name), []);
    for (const name of ['a', 'a-b', 'a'.repeat(63)]) assert.deepEqual(isDNS1123Label(name), []);
    for (const name of ['a', 'A_b.c', 'example.com/Name']) assert.deepEqual(isQualifiedName(name), []);
    for (const name of ['', 'A', 'a_b']) assert.deepEqual(isLabelValue(name), []);
    for (const name of ['a=', 'ü', '']) assert.equal(count(isRelaxedEnvVarName(name)), 1);
  });

  it('says what is wrong, everything at once', () => {
    assert.deepEqual(isDNS1123Label('a.b'), ['must not contain dots']);
    assert.equal(count(isDNS1123Subdomain(`${'A'.repeat(254)}`)), 2);
    assert.deepEqual(isPortName('--1'), [
      'must contain at least one letter (a-z)',
      'must not contain consecutive hyphens',
      'must not begin or end with a hyphen',
    ]);
    assert.deepEqual(isPortNumber(0), ['must be between 1 and 65535, inclusive']);
    assert.deepEqual(isPathSegmentName('a/%'), ["may not contain '/'", "may not contain '%'"]);
    assert.deepEqual(isConfigMapKey('..a'), ["must not start with '..'"]);
    assert.match(isQualifiedName('/a')[0]!, /^prefix part must be non-empty$/);
    assert.match(isQualifiedName('a/b/c')[0]!, /^a valid label key must consist/);
  });

  it('lets a generateName end in a dash', () => {
    assert.deepEqual(nameIsDNSSubdomain('web-', true), []);
    assert.equal(count(nameIsDNSSubdomain('web-', false)), 1);
  });
});
