import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {readKubeconfig} from '../../../controllers/runtime/kubeconfig.ts';

describe('kubeconfig', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  });
  afterEach(() => rmSync(folder, {recursive: true}));

  const read = (cluster: object, user: object, current = 'x') => {
    const config = {
      'current-context': current,
      contexts: [{name: 'x', context: {cluster: 'c', user: 'u'}}],
      clusters: [{name: 'c', cluster}],
      users: [{name: 'u', user}],
    };
    writeFileSync(join(folder, 'config'), JSON.stringify(config));
    return readKubeconfig(join(folder, 'config'));
  };

  it('takes certificates from data and from files beside it', () => {
    writeFileSync(join(folder, 'key.pem'), 'KEY');
    const options = read(
      {server: 'https://127.0.0.1:1', 'certificate-authority-data': Buffer.from('CA').toString('base64')},
      {'client-certificate-data': Buffer.from('CERT').toString('base64'), 'client-key': 'key.pem'},
    );
    assert.deepEqual(options, {server: 'https://127.0.0.1:1', ca: 'CA', cert: 'CERT', key: 'KEY'});
    assert.deepEqual(read({server: 'http://x'}, {token: 't'}), {server: 'http://x', token: 't'});
  });

  it('knows users by name and password, and servers by another name', () => {
    assert.deepEqual(read({server: 'https://127.0.0.1', 'tls-server-name': 'hook.svc'}, {username: 'u', password: 'p'}), {
      server: 'https://127.0.0.1',
      serverName: 'hook.svc',
      headers: {Authorization: 'Basic dTpw'},
    });
  });

  it('says what is missing', () => {
    assert.throws(() => read({server: 'x', 'proxy-url': 'http://y'}, {}), /proxy/);
    assert.throws(() => read({server: 'x'}, {}, 'other'), /has no current context/);
    assert.throws(() => read({}, {}), /does not say where cluster "c" is/);
    assert.throws(() => read({server: 'x'}, {exec: {command: 'login'}}), /plugin/);
  });
});
