import assert from 'node:assert/strict';
import {generateKeyPairSync} from 'node:crypto';
import {accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {request} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createAuthority, issueCertificate, type KeyPair} from '../../../cluster/certificates.ts';
import {createRandom} from '../../../cluster/random.ts';
import type {JsonObject} from '../../../server/api/json.ts';
import {startProgram, whenServing} from '../../support/program.ts';

describe('stand-ins for the binaries of envtest', () => {
  const random = createRandom();
  const ca = createAuthority(random);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubedouble-test-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  it('lie in a folder, ready to run', async () => {
    const assets = join(folder, 'assets');
    const program = startProgram(['envtest', assets]);
    assert.equal(await program.exit, 0, program.stderr());
    assert.equal(program.stdout(), `export KUBEBUILDER_ASSETS=${assets}\n`);
    for (const name of ['etcd', 'kube-apiserver']) {
      accessSync(join(assets, name), constants.X_OK);
      assert.match(readFileSync(join(assets, name), 'utf8'), new RegExp(`^#!/bin/sh\nexec .* ${name} "\\$@"\n$`));
    }
  });

  it('say that they cannot be written', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const program = startProgram(['envtest', file]);
    assert.equal(await program.exit, 1);
    assert.match(program.stderr(), /^kubedouble: cannot write to [^\n]+\n$/);
  });

  for (const name of ['etcd', 'kube-apiserver']) {
    it(`tell the flags of ${name}`, async () => {
      const program = startProgram([name, '--help']);
      assert.equal(await program.exit, 0);
      assert.match(program.stdout(), /--(listen-client-urls|secure-port)\n/);
      assert.doesNotMatch(program.stdout(), /--insecure-port/);
    });
  }

  it('serve as kube-apiserver is told, with the certificate and the keys that are given', async () => {
    const certificates = join(folder, 'certificates');
    mkdirSync(certificates);
    const file = (name: string, content: string) => {
      const path = join(certificates, name);
      writeFileSync(path, content);
      return path;
    };
    const serving = issueCertificate(ca, {commonName: 'localhost', hosts: ['127.0.0.1'], usage: 'server'}, random);
    file('apiserver.crt', serving.certificate);
    file('apiserver.key', serving.key);
    const keys = generateKeyPairSync('ec', {namedCurve: 'P-256'});
    const program = startProgram([
      'kube-apiserver',
      '--secure-port=0',
      '--bind-address',
      '127.0.0.1',
      `--cert-dir=${certificates}`,
      `--client-ca-file=${file('client-ca.crt', ca.certificate)}`,
      '--disable-admission-plugins=ServiceAccount',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--allow-privileged',
      '--etcd-servers=http://127.0.0.1:1',
      '--service-account-issuer=https://127.0.0.1/',
      `--service-account-signing-key-file=${file('sa.key', keys.privateKey.export({type: 'sec1', format: 'pem'}) as string)}`,
      `--service-account-key-file=${file('sa.crt', keys.publicKey.export({type: 'spki', format: 'pem'}) as string)}`,
    ]);
    const {url} = await whenServing(program);
    const admin = issueCertificate(ca, {commonName: 'admin', organizations: ['system:masters'], usage: 'client'}, random);
    const get = (path: string) => ask(url + path, ca.certificate, admin);
    assert.deepEqual((await get('/api/v1/nodes')).items, []);
    const {spec} = await get('/api/v1/namespaces/default/services/kubernetes');
    assert.equal((spec as JsonObject).clusterIP, '10.0.0.1');
    const [key] = (await get('/openid/v1/jwks')).keys as JsonObject[];
    assert.equal(key!.alg, 'ES256');
    assert.equal(key!.x, keys.publicKey.export({format: 'jwk'}).x);
    assert.equal(program.stderr(), 'kubedouble: without effect here: --allow-privileged --etcd-servers\n');
    program.process.kill('SIGTERM');
    assert.equal(await program.exit, 0);
  });
});

/** GET, over TLS that is verified, as the holder of a certificate. */
function ask(url: string, ca: string, {certificate, key}: KeyPair): Promise<JsonObject> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {ca, cert: certificate, key, agent: false}, response => {
      let text = '';
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    outgoing.on('error', reject).end();
  });
}
