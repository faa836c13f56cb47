import assert from 'node:assert/strict';
import {generateKeyPairSync} from 'node:crypto';
import {createAuthority} from '../../../../cluster/certificates.ts';
import {createRandom} from '../../../../cluster/random.ts';
import {keyPairError} from '../../../../server/resources/certificates/key-pair.ts';

describe('a certificate and its key', () => {
  const {certificate, key} = createAuthority(createRandom());
  const other = createAuthority(createRandom());
  const rsa = generateKeyPairSync('rsa', {modulusLength: 1024}).privateKey.export({type: 'pkcs1', format: 'pem'}) as string;
  const block = (type: string, body = 'AAAA') => `-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`;

  const cases: [what: string, certificate: string, key: string, error: string | undefined][] = [
    ['fit', certificate, key, undefined],
    ['of another', certificate, other.key, 'tls: private key does not match public key'],
    ['of another type', certificate, rsa, 'tls: private key type does not match public key type'],
    ['both missing', '', '', 'tls: failed to find any PEM data in certificate input'],
    ['without a key', certificate, 'x', 'tls: failed to find any PEM data in key input'],
    [
      'switched',
      key,
      certificate,
      'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
    ],
    ['twice the certificate', certificate, certificate, 'tls: found a certificate rather than a key in the PEM for the private key'],
    [
      'of other things',
      block('A') + block('B'),
      key,
      'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [A B]',
    ],
    ['that cannot be read', block('CERTIFICATE'), key, 'x509: malformed certificate'],
    ['whose key cannot be read', certificate, block('PRIVATE KEY'), 'tls: failed to parse private key'],
  ];
  for (const [what, first, second, error] of cases)
    it(`${what}: ${error ?? 'nothing is wrong'}`, () => {
      const base64 = (text: string) => Buffer.from(text).toString('base64');
      assert.equal(keyPairError(base64(first), base64(second)), error);
    });
});
