import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import {createAuthority} from '../../../cluster/certificates.ts';
import {createRandom} from '../../../cluster/random.ts';
import {signedCertificate} from '../../support/certificates.ts';

const HOUR = 3600;

describe('createCertificateSigner', () => {
  const authority = createAuthority(createRandom());
  const at = Date.now();
  const signed = async (options: {usages?: string[]; seconds?: number}) =>
    (await signedCertificate(authority, {subject: 'CN=alice', at, ...options})).certificate;

  // Seconds asked for, seconds from now to the end.
  for (const [seconds, left] of [
    [HOUR, HOUR],
    [8 * HOUR - 1, 8 * HOUR - 1],
    [8 * HOUR, 8 * HOUR - 300],
    [24 * HOUR, 24 * HOUR - 300],
  ] as const) {
    it(`signs for ${seconds} s, beginning five minutes ago`, async () => {
      const {validFrom, validTo} = new X509Certificate(await signed({seconds}));
      const now = Math.floor(at / 1000);
      assert.deepEqual([Date.parse(validFrom) / 1000 - now, Date.parse(validTo) / 1000 - now], [-300, left]);
    });
  }

  it('signs for no longer than the authority is valid', async () => {
    const certificate = new X509Certificate(await signed({seconds: 9000 * 365 * 24 * HOUR}));
    assert.equal(certificate.validTo, new X509Certificate(authority.certificate).validTo);
  });

  // Usages asked for, bits of the key usage, identifiers of the extended ones.
  for (const [usages, bits, extended] of [
    [['digital signature', 'key encipherment', 'server auth'], 5, ['1.3.6.1.5.5.7.3.1']],
    [['client auth'], undefined, ['1.3.6.1.5.5.7.3.2']],
    [['signing', 'cert sign', 'crl sign', 'key agreement', 'data encipherment', 'content commitment'], 123, undefined],
    [['encipher only', 'decipher only'], 384, undefined],
    [['ocsp signing', 'timestamping', 'any'], undefined, ['2.5.29.37.0', '1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.9']],
    [['s/mime', 'email protection', 'code signing'], undefined, ['1.3.6.1.5.5.7.3.3', '1.3.6.1.5.5.7.3.4']],
    [
      ['netscape sgc', 'microsoft sgc', 'ipsec user', 'ipsec tunnel', 'ipsec end system'],
      undefined,
      ['1.3.6.1.5.5.7.3.5', '1.3.6.1.5.5.7.3.6', '1.3.6.1.5.5.7.3.7', '1.3.6.1.4.1.311.10.3.3', '2.16.840.1.113730.4.1'],
    ],
  ] as const) {
    it(`signs for ${usages.join(', ')}`, async () => {
      const certificate = new x509.X509Certificate(await signed({usages: [...usages]}));
      assert.equal(certificate.getExtension(x509.KeyUsagesExtension)?.usages, bits);
      const extension = certificate.getExtension(x509.ExtendedKeyUsageExtension);
      assert.deepEqual(extension && [...extension.usages], extended ?? null);
    });
  }
});
