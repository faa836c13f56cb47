import assert from 'node:assert/strict';
import type {CertificateSigningRequest} from '../../../../server/api/kinds.generated.ts';
import {certificateSigningRequest} from '../../../../server/resources/certificates/certificatesigningrequest.ts';
import {bundleError, certificateError, requestError} from '../../../../server/resources/certificates/pem.ts';
import {validateSignerName} from '../../../../server/resources/certificates/signer-name.ts';
import {rulesOf, told} from '../core/support.ts';

const pem = (type: string, body: string): string =>
  Buffer.from(`-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`).toString('base64');

// A request for CN=a by an EC key.
const SIGNED =
  'MIHGMG4CAQAwDDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDQHoH/18ldhHCVyH1FvtOLpjGUxkfHV0Jrj3evDFV0t2qvyrufMfFXNDpoPr8zXPN' +
  'MEmrhCqpj4rm7FywFy8AqgADAKBggqhkjOPQQDAgNIADBFAiEAzTnKy+l338EhoiaiKfnGeWSGahik+GcLTkRit+twrXACIEbw0aC2cj/0J1YaJBvQ0pAEQBOIYlDcCf3n' +
  'SkzROI9S';

describe('PEM', () => {
  const sequence = Buffer.from([0x30, 0x01, 0x00]).toString('base64');

  it('of requests is one request', () => {
    const request = (bytes: Buffer) => requestError(pem('CERTIFICATE REQUEST', bytes.toString('base64')));
    const signed = Buffer.from(SIGNED, 'base64');
    const forged = Buffer.from(signed);
    forged[forged.length - 1]! ^= 1;
    assert.equal(request(signed), undefined);
    assert.equal(request(forged), 'x509: ECDSA verification failure');
    assert.equal(request(Buffer.concat([signed, signed])), 'asn1: syntax error: trailing data');
    assert.equal(request(signed.subarray(0, -1)), 'asn1: syntax error: data truncated');
    assert.equal(requestError(pem('CERTIFICATE', sequence)), 'PEM block type must be CERTIFICATE REQUEST');
    assert.match(
      request(Buffer.from('AAAA', 'base64'))!,
      /tags don't match \(16 vs \{class:0 tag:0 length:0 isCompound:false\}\) .* certificateRequest @2$/,
    );
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

describe('signing requests', () => {
  const {update} = rulesOf<CertificateSigningRequest>(certificateSigningRequest);
  const condition = (type: string) => ({
    type,
    status: 'True',
    lastUpdateTime: '2026-01-01T00:00:00Z',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  const change = (before: string[], after: string[], subresource: string) =>
    update(
      {metadata: {name: 'a'}, spec: {request: '', signerName: 'a.b/c'}, status: {conditions: before.map(condition)}},
      object => {
        object.status = {conditions: after.map(condition)};
      },
      subresource,
    );

  const tables: [string, string[], string[], string, string[]][] = [
    ['are approved', [], ['Approved'], 'approval', []],
    [
      'are approved by the one who may',
      [],
      ['Approved'],
      'status',
      ['status.conditions: Forbidden: updates may not add a condition of type "Approved"'],
    ],
    [
      'are approved or denied',
      ['Approved'],
      ['Approved', 'Denied'],
      'approval',
      ['status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive'],
    ],
    [
      'stay decided and failed',
      ['Approved', 'Failed'],
      [],
      'status',
      [
        'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
        'status.conditions: Forbidden: updates may not remove a condition of type "Failed"',
      ],
    ],
  ];
  for (const [name, before, after, subresource, errors] of tables)
    it(name, () => assert.deepEqual(change(before, after, subresource).errors, errors));

  it('keep a decision as it was', () => {
    const {object} = update(
      {metadata: {name: 'a'}, spec: {request: '', signerName: 'a.b/c'}, status: {conditions: [condition('Approved')]}},
      ({status}) => {
        status!.conditions = [condition('Other'), {...condition('Approved'), reason: 'b'}];
      },
      'status',
    );
    assert.deepEqual(object.status!.conditions, [condition('Other'), condition('Approved')]);
  });
});

describe('names of signers', () => {
  it('are a domain and a path of names', () => {
    const errors = (name: string) => told(validateSignerName(name, 's')).map(error => error.split(' must consist')[0]);
    assert.deepEqual(errors('a.b/c.d'), []);
    assert.deepEqual(errors('a.b/c.D.E'), ['s: Invalid value: "c.D.E": validating label "D": a lowercase RFC 1123 subdomain']);
    assert.deepEqual(errors(`a.b/${'c.'.repeat(300)}c`), ['s: Too long: may not be more than 571 bytes']);
  });
});
