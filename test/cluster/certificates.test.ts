import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {mkdtempSync, rmSync, statSync} from 'node:fs';
import {createServer, request} from 'node:https';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {TLSSocket} from 'node:tls';
import {createAuthority, issueCertificate, loadAuthority} from '../../cluster/certificates.ts';
import {createRandom, createSeededRandom} from '../../cluster/random.ts';

const random = createSeededRandom('certificates');

describe('cluster/certificates', () => {
  it('issues certificates that the authority signed, for names, addresses and any time', () => {
    const authority = createAuthority(random);
    const ca = new X509Certificate(authority.certificate);
    assert.equal(ca.ca, true);
    assert.equal(ca.verify(ca.publicKey), true);
    const hosts = ['kubernetes.default.svc', 'localhost', '10.96.0.1', '::1', 'fd00:1::ab:3', '::ffff:10.0.0.1'];
    const server = issueCertificate(authority, {commonName: 'kube-apiserver', hosts, usage: 'server'}, random);
    const certificate = new X509Certificate(server.certificate);
    assert.equal(certificate.verify(ca.publicKey), true);
    assert.equal(certificate.checkIssued(ca), true);
    assert.equal(certificate.checkHost('kubernetes.default.svc'), 'kubernetes.default.svc');
    assert.equal(certificate.checkHost('example.com'), undefined);
    for (const address of hosts.slice(2)) assert.equal(certificate.checkIP(address), address);
    assert.equal(certificate.checkIP('10.96.0.2'), undefined);
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.equal(Date.parse(certificate.validFrom), Date.parse('2000-01-01T00:00:00Z'));
    assert.equal(Date.parse(certificate.validTo), Date.parse('9999-12-31T23:59:59Z'));
  });

  it('names user and groups in a client certificate', () => {
    const authority = createAuthority(random);
    const client = issueCertificate(authority, {commonName: 'admin', organizations: ['system:masters', 'ops'], usage: 'client'}, random);
    assert.equal(new X509Certificate(client.certificate).subject, 'O=system:masters\nO=ops\nCN=admin');
    assert.match(client.key, /^-----BEGIN EC PRIVATE KEY-----\n/);
  });

  it('keeps the authority in a folder, its key readable by the owner only', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
    try {
      const first = loadAuthority(folder, createRandom());
      const second = loadAuthority(folder, createRandom());
      assert.equal(first.certificate, second.certificate);
      assert.equal(statSync(join(folder, 'ca.key')).mode & 0o777, 0o600);
      const issued = issueCertificate(second, {commonName: 'x', usage: 'client'}, random);
      assert.equal(new X509Certificate(issued.certificate).verify(new X509Certificate(first.certificate).publicKey), true);
    } finally {
      rmSync(folder, {recursive: true});
    }
  });

  it('serves TLS with client certificates on both sides', async () => {
    const authority = createAuthority(random);
    const ca = authority.certificate;
    const serving = issueCertificate(authority, {commonName: 'kube-apiserver', hosts: ['127.0.0.1'], usage: 'server'}, random);
    const client = issueCertificate(authority, {commonName: 'alice', usage: 'client'}, random);
    const server = createServer({key: serving.key, cert: serving.certificate, ca, requestCert: true, rejectUnauthorized: true});
    server.on('request', (req, res) => res.end((req.socket as TLSSocket).getPeerCertificate().subject.CN));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const {port} = server.address() as AddressInfo;
      const answer = await new Promise<string>((resolve, reject) => {
        request({host: '127.0.0.1', port, ca, cert: client.certificate, key: client.key}, res => {
          res.setEncoding('utf8').on('data', resolve);
        })
          .on('error', reject)
          .end();
      });
      assert.equal(answer, 'alice');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
