import assert from 'node:assert/strict';
import {goText} from '../../../server/extensions/https-call.ts';

/** What Node says of the certificate, who was asked, what Go says. */
const names: [object, string, string][] = [
  [{subjectaltname: 'DNS:a.svc, DNS:b.svc, IP Address:127.0.0.1'}, 'c.svc', 'certificate is valid for a.svc, b.svc, not c.svc'],
  [{subjectaltname: 'DNS:a.svc, IP Address:127.0.0.1'}, '10.0.0.1', 'certificate is valid for 127.0.0.1, not 10.0.0.1'],
  [{subjectaltname: 'DNS:a.svc'}, '10.0.0.1', "cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs"],
  [{subject: {CN: 'c.svc'}}, 'c.svc', 'certificate relies on legacy Common Name field, use SANs instead'],
  [{subject: {}, subjectaltname: 'IP Address:127.0.0.1'}, 'c.svc', 'certificate is not valid for any names, but wanted to match c.svc'],
];

describe('server/extensions/https-call', () => {
  for (const [cert, name, text] of names) {
    it(`says: ${text}`, () => {
      const error = Object.assign(new Error('altnames'), {code: 'ERR_TLS_CERT_ALTNAME_INVALID', cert});
      assert.equal(goText(error, '127.0.0.1', 443, name), `tls: failed to verify certificate: x509: ${text}`);
    });
  }
});
