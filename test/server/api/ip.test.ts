import assert from 'node:assert/strict';
import {
  cidrContains,
  formatCIDR,
  formatIP,
  parseCIDR,
  parseIP,
  validateCIDR,
  validateLegacyCIDR,
  validateLegacyIP,
  warningsForIP,
} from '../../../server/api/ip.ts';

const details = (errors: {message: string}[]) => errors.map(error => error.message.slice(error.message.indexOf('": ') + 3));

describe('IP addresses', () => {
  const printed: [string, string][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['010.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::', '::'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ];
  for (const [text, want] of printed) it(`reads ${text}`, () => assert.equal(formatIP(parseIP(text)!), want));

  for (const text of ['', '1.2.3', '1.2.3.256', '1::2::3', '12345::', 'fe80::1%eth0', '1:2:3:4:5:6:7', ' 1.2.3.4'])
    it(`refuses '${text}'`, () => assert.equal(parseIP(text), undefined));

  it('is strict about new values and lenient about old ones', () => {
    assert.deepEqual(details(validateLegacyIP('f', '01.2.3.4')), ['must not have leading 0s']);
    assert.deepEqual(details(validateLegacyIP('f', '::ffff:1.2.3.4')), ['must not be an IPv4-mapped IPv6 address']);
    assert.deepEqual(validateLegacyIP('f', '01.2.3.4', ['01.2.3.4']), []);
    assert.deepEqual(details(validateLegacyCIDR('f', '10.0.0.1/8')), ['must not have bits set beyond the prefix length']);
    assert.deepEqual(details(validateCIDR('f', '2001:db8:0::/64')), ['must be in canonical form ("2001:db8::/64")']);
  });

  it('knows which network an address is in', () => {
    const cidr = parseCIDR('10.96.0.0/16')!;
    assert.equal(formatCIDR(parseCIDR('10.96.1.2/16')!), '10.96.0.0/16');
    assert.equal(cidrContains(cidr, parseIP('10.96.200.1')!), true);
    assert.equal(cidrContains(cidr, parseIP('10.97.0.1')!), false);
    assert.equal(cidrContains(cidr, parseIP('::1')!), false);
  });

  it('warns of odd spellings', () => {
    assert.deepEqual(warningsForIP('f', '2001:DB8::1'), [
      'f: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
    ]);
    assert.deepEqual(warningsForIP('f', '10.0.0.1'), []);
  });
});
