import assert from 'node:assert/strict';
import {connect as connectTcp, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import type {Json} from '../../server/api/json.ts';
import {useApiServer} from '../support/api-server.ts';
import type {Answer} from '../support/http.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const YAML = {'Content-Type': 'application/yaml'};

const configMap = (name: string, more: {[key: string]: Json} = {}) => ({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name}, ...more});

describe('a cluster under bad input', () => {
  const server = useApiServer();

  afterEach('goes on', async () => {
    assert.equal((await server.client.send('GET', '/readyz')).text, 'ok');
  });

  const post = (body: string | Buffer, headers?: {[name: string]: string}) =>
    server.client.send('POST', CONFIG_MAPS, Buffer.isBuffer(body) ? body : Buffer.from(body), headers);

  const assertStatus = (answer: Answer, code: number) => {
    assert.equal(answer.status, code, answer.text.slice(0, 500));
    const {kind, status, message} = answer.json();
    assert.deepEqual({kind, status}, {kind: 'Status', status: 'Failure'});
    assert.ok(typeof message === 'string' && message.length > 0 && message.length < 20_000);
  };

  const bodies: {name: string; body: string | Buffer; headers?: {[name: string]: string}; code?: number}[] = [
    {name: 'half a JSON object', body: '{"apiVersion":"v1",'},
    {name: 'something after the JSON object', body: `${JSON.stringify(configMap('a'))}}`},
    {name: 'nothing', body: ''},
    {name: 'a number', body: '5'},
    {name: 'a list', body: '[]'},
    {name: 'broken YAML', body: 'a: [b\nc: }', headers: YAML},
    {name: 'YAML that names itself', body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: x\n  labels: *m\n', headers: YAML},
    {
      name: 'a billion laughs',
      body: `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((letter, i) => `${letter}: &${letter} [${`*${'abcdefgh'[i]},`.repeat(8)}*${'abcdefgh'[i]}]`).join('\n')}`,
      headers: YAML,
    },
    {name: '100,000 levels of lists', body: `{"apiVersion":"v1","kind":"ConfigMap","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`},
    {name: '100,000 levels of objects', body: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`},
    {name: '100,000 levels of YAML', body: `a: ${'['.repeat(100_000)}${']'.repeat(100_000)}`, headers: YAML},
    {name: '4 MiB', body: JSON.stringify(configMap('large', {data: {a: 'x'.repeat(4 * 1024 * 1024)}})), code: 413},
    {name: 'a type of body nobody knows', body: 'x', headers: {'Content-Type': 'text/rot13'}, code: 415},
    {name: 'protobuf that is none', body: Buffer.from('k8s\0garbage'), headers: {'Content-Type': 'application/vnd.kubernetes.protobuf'}},
  ];
  for (const {name, body, headers, code = 400} of bodies) {
    it(`answers a body of ${name} with a Status`, async () => assertStatus(await post(body, headers), code));
  }

  it('takes invalid UTF-8 as Go does, or refuses it', async () => {
    const answer = await post(
      Buffer.concat([
        Buffer.from('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"utf8"},"data":{"a":"'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"}}'),
      ]),
    );
    if (answer.status !== 201) return assertStatus(answer, 400);
    assert.deepEqual(answer.json().data, {a: '\ufffd\ufffd'});
  });

  it('stores keys that are names of JavaScript’s own', async () => {
    const data = '{"__proto__":"p","constructor":"c","toString":"t","hasOwnProperty":"h"}';
    const created = await post(
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto","labels":{"constructor":"x"}},"data":${data}}`,
    );
    assert.equal(created.status, 201, created.text);
    const patched = await server.client.send(
      'PATCH',
      `${CONFIG_MAPS}/proto`,
      Buffer.from('{"data":{"__proto__":"q"},"__proto__":{"polluted":"yes"}}'),
      {
        'Content-Type': 'application/merge-patch+json',
      },
    );
    assert.equal(patched.status, 200, patched.text);
    const read = await server.client.send('GET', `${CONFIG_MAPS}/proto`);
    assert.match(read.text, /"__proto__":"q"/);
    assert.match(read.text, /"toString":"t"/);
    assert.equal(({} as {polluted?: string}).polluted, undefined);
  });

  it('refuses a patch of 20,000 operations', async () => {
    await post(JSON.stringify(configMap('patched', {data: {a: 'b'}})));
    const operations = Array.from({length: 20_000}, () => ({op: 'test', path: '/data/a', value: 'b'}));
    const headers = {'Content-Type': 'application/json-patch+json'};
    assertStatus(await server.client.send('PATCH', `${CONFIG_MAPS}/patched`, operations, headers), 413);
  });

  it('does not multiply memory by a patch that copies itself', async () => {
    await post(JSON.stringify(configMap('copied', {data: {a: 'x'.repeat(1000)}})));
    const operations = Array.from({length: 40}, (_, i) => ({op: 'copy', from: '/data', path: `/data/k${i}`}));
    const headers = {'Content-Type': 'application/json-patch+json'};
    const {status} = await server.client.send('PATCH', `${CONFIG_MAPS}/copied`, operations, headers);
    assert.ok(status >= 400 && status < 500, String(status));
  });

  it('closes a connection whose headers are 10 MB', async () => {
    const socket = await openTls(server.cluster.port);
    socket.write(`GET ${CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nX-Large: `);
    const answer = read(socket);
    for (let i = 0; i < 10 && !socket.destroyed; i++) await new Promise(resolve => socket.write('x'.repeat(1024 * 1024), resolve));
    assert.match(await answer, /^(HTTP\/1\.1 431|$)/);
  });

  it('answers what is not HTTP, not TLS or only half there', async () => {
    const garbage = await openTls(server.cluster.port);
    garbage.write('\0\x01\x02 what\r\n\r\n');
    assert.match(await read(garbage), /^HTTP\/1\.1 400/);
    const plain = connectTcp(server.cluster.port, '127.0.0.1');
    plain.write('GET / HTTP/1.1\r\n\r\n');
    await read(plain);
    const half = await openTls(server.cluster.port);
    half.write(
      `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer admin\r\nContent-Length: 1000\r\n\r\n{"a`,
    );
    half.destroy();
  });

  it('ends a watcher that does not read, and holds no more for it than a bounded amount', async function () {
    this.timeout(60_000);
    const slow = await openTls(server.cluster.port);
    slow.write(`GET ${CONFIG_MAPS}?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n`);
    slow.pause();
    const body = JSON.stringify({data: {a: 'x'.repeat(500_000)}});
    await post(JSON.stringify(configMap('busy', {data: {a: ''}})));
    const headers = {'Content-Type': 'application/merge-patch+json'};
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 200; i++) {
      const patch = Buffer.from(body.replace('xxxx', String(i).padStart(4, '0')));
      assert.equal((await server.client.send('PATCH', `${CONFIG_MAPS}/busy`, patch, headers)).status, 200);
    }
    const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
    assert.ok(grown < 400, `${Math.round(grown)} MB more for 100 MB of events`);
    slow.destroy();
  });
});

function openTls(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({port, host: '127.0.0.1', rejectUnauthorized: false}, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** All that comes until the connection ends. */
function read(socket: Socket): Promise<string> {
  return new Promise(resolve => {
    let text = '';
    socket.on('data', chunk => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}
