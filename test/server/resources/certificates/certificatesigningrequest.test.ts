import assert from 'node:assert/strict';
import {bundleError, certificateError, requestError} from '../../../../server/resources/certificates/pem.ts';

const pem = (type: string, body: string): string =>
  Buffer.from(`-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`).toString('base64');

describe('PEM', () => {
  const sequence = Buffer.from([0x30, 0x01, 0x00]).toString('base64');

  it('of requests is one request', () => {
    assert.equal(requestError(pem('CERTIFICATE REQUEST', sequence)), undefined);
    assert.equal(requestError(pem('CERTIFICATE', sequence)), 'PEM block type must be CERTIFICATE REQUEST');
    assert.equal(requestError(pem('CERTIFICATE REQUEST', 'AAAA')), "asn1: structure error: tags don't match");
  });

  it('of certificates has nothing else', () => {
    assert.equal(certificateError(pem('CERTIFICATE', sequence)), undefined);
    assert.equal(certificateError(''), 'must contain at least one CERTIFICATE PEM block');
  });

  it('of bundles is there', () => {
    assert.equal(bundleError('AAAA'), 'unable to load root certificates: unable to parse bytes as PEM block');
    assert.equal(bundleError(pem('CERTIFICATE', sequence)), undefined);
  });
});
