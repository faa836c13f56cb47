import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {Socket} from 'node:net';
import {connect} from 'node:tls';
import type {Json, JsonObject} from '../../server/api/json.ts';
import {useApiServer} from '../support/api-server.ts';
import {OBJECTS} from '../support/fuzz-objects.ts';
import {createHttpClient} from '../support/http.ts';
import {startProgram, whenServing} from '../support/program.ts';

const SECRETS = '/api/v1/namespaces/default/secrets';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const HIDDEN = 'c2VjcmV0LXZhbHVl';

describe('a cluster under attack', () => {
  const server = useApiServer();
  let token: string;

  /** Sends bytes as they are and reads until the connection ends. */
  const raw = async (text: string): Promise<string> => {
    const socket: Socket = connect({port: server.cluster.port, host: '127.0.0.1', rejectUnauthorized: false});
    await once(socket, 'secureConnect');
    socket.write(text, 'latin1');
    let answer = '';
    socket.on('data', chunk => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    await once(socket, 'close');
    return answer;
  };

  before(async () => {
    const {send} = server.client;
    await send('POST', SECRETS, {metadata: {name: 'hidden'}, data: {key: HIDDEN}});
    await send('POST', '/api/v1/namespaces', {metadata: {name: 'mine'}});
    await send('POST', '/api/v1/namespaces/mine/serviceaccounts', {metadata: {name: 'robot'}});
    await send('POST', `${RBAC}/namespaces/mine/roles`, {
      metadata: {name: 'own'},
      rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}],
    });
    await send('POST', `${RBAC}/namespaces/mine/rolebindings`, {
      metadata: {name: 'own'},
      roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'own'},
      subjects: [{kind: 'ServiceAccount', name: 'robot'}],
    });
    const made = await send('POST', '/api/v1/namespaces/mine/serviceaccounts/robot/token', {spec: {}});
    ({token} = made.json().status as {token: string});
  });

  it('shows nothing of another namespace, whatever the path', async () => {
    const ways = [
      '//api/v1/namespaces/default/secrets/hidden',
      '/api//v1/namespaces/default/secrets/hidden',
      '/api/v1//namespaces/default/secrets/hidden',
      '/api/v1/namespaces//default/secrets/hidden',
      '/api/v1/namespaces/mine/../default/secrets/hidden',
      '/api/v1/namespaces/mine/%2e%2e/default/secrets/hidden',
      '/api/v1/namespaces/mine%2f..%2fdefault/secrets/hidden',
      '/api/v1/namespaces/mine/secrets/..%2f..%2fdefault%2fsecrets%2fhidden',
      '/api/v1/namespaces/mine/secrets/../../default/secrets/hidden',
      '/api/v1/namespaces/%64efault/secrets/hidden',
      '/api/v1/namespaces/default/%73ecrets/hidden',
      '/API/V1/namespaces/default/secrets/hidden',
      '/api/v1/Namespaces/default/Secrets/hidden',
      '/api/v1/namespaces/DEFAULT/secrets/hidden',
      '/api/v1/namespaces/default/secrets/hidden/',
      '/api/v1/namespaces/default/secrets/hidden;/',
      '/api/v1/namespaces/default/secrets/hidden%00',
      '/api/v1/namespaces/default/secrets%00/hidden',
      '/api/v1/watch/namespaces/default/secrets/hidden',
      '/api/v1/proxy/namespaces/default/secrets/hidden',
      '/api/v1/namespaces/mine/secrets/hidden?namespace=default',
      '/api/v1/namespaces/mine/secrets?fieldSelector=metadata.namespace%3Ddefault',
      '/healthz/../api/v1/namespaces/default/secrets/hidden',
      '/healthz/%2e%2e/api/v1/namespaces/default/secrets/hidden',
      '/openapi/v3/../../api/v1/namespaces/default/secrets/hidden',
      '/version/..%2fapi/v1/namespaces/default/secrets/hidden',
      '/api/v1/namespaces/default\\secrets\\hidden',
      'https://127.0.0.1/api/v1/namespaces/default/secrets/hidden',
      '*',
    ];
    for (const path of ways) {
      for (const method of ['GET', 'HEAD', 'DELETE', 'get', 'TRACE', 'CONNECT']) {
        const answer = await raw(`${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`);
        assert.equal(answer.includes(HIDDEN), false, `${method} ${path}`);
      }
    }
    assert.equal((await server.client.send('GET', `${SECRETS}/hidden`)).status, 200);
  });

  it('takes no second request out of a first one', async () => {
    const inner = `GET ${SECRETS}/hidden HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n`;
    const path = '/api/v1/namespaces/mine/configmaps';
    for (const headers of [
      `Content-Length: ${inner.length}\r\nTransfer-Encoding: chunked`,
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
      'Transfer-Encoding : chunked',
      'Transfer-Encoding: xchunked',
      'Content-Length: 5\r\nContent-Length: 0',
      'Content-Length: +5',
      'Content-Length: -1',
      'X: a\r\n folded: Authorization: Bearer admin',
      'X: a\rAuthorization: Bearer admin',
      'X: a\nAuthorization: Bearer admin',
    ]) {
      const text = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${headers}\r\nConnection: close\r\n\r\n0\r\n\r\n`;
      const answer = await raw(text);
      assert.match(answer, /^HTTP\/1\.1 [45]\d\d /, headers);
      assert.equal(answer.includes(HIDDEN), false, headers);
      assert.equal(answer.split('HTTP/1.1 ').length, 2, headers);
    }
  });

  it('takes the first of two tokens, and nobody’s word on who somebody is', async () => {
    const get = (headers: string) => raw(`GET ${SECRETS}/hidden HTTP/1.1\r\nHost: x\r\n${headers}\r\nConnection: close\r\n\r\n`);
    const own = `Authorization: Bearer ${token}`;
    for (const headers of [
      `${own}\r\nAuthorization: Bearer admin`,
      `${own}\r\nX-Remote-User: kubernetes-admin\r\nX-Remote-Group: system:masters`,
      `${own}\r\nX-Forwarded-User: kubernetes-admin`,
      `${own}\r\nImpersonate-User: kubernetes-admin`,
      `${own}\r\nImpersonate-Group: system:masters`,
      `${own}\r\nimpersonate-user: system:serviceaccount:mine:robot\r\nImpersonate-Group: system:masters`,
      `${own}\r\nImpersonate-Uid: x`,
      `${own}\r\nImpersonate-Extra-x: y`,
      'X-Remote-User: kubernetes-admin\r\nX-Remote-Group: system:masters',
    ])
      assert.match(await get(headers), /^HTTP\/1\.1 40[013] /, headers);
  });

  it('lets in no token that is not quite right', async function () {
    this.timeout(60_000);
    const attacker = createHttpClient(server.cluster.url, 'x');
    const parts = token.split('.');
    const flip = (text: string, at: number) => `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    // The last character of a part may hold bits that do not count.
    const places = parts.flatMap((part, index) => [0, 1, Math.floor(part.length / 2), part.length - 2].map(at => ({index, at})));
    const bad = places.map(({index, at}) => parts.map((part, i) => (i === index ? flip(part, at) : part)).join('.'));
    const more = [
      token.slice(0, -3),
      `${token}.x`,

      token.toUpperCase(),
      parts.join('..'),
      `${parts[0]}.${parts[1]}`,
      'admin2',
      'Admin',
      'null',
    ];
    for (const each of [...bad, ...more]) {
      const {status, text} = await attacker.send('GET', '/api/v1/namespaces/mine/secrets', undefined, {Authorization: `Bearer ${each}`});
      assert.equal(status, 401, each);
      assert.equal(text.includes(each), false);
    }
    attacker.close();
  });

  it('is polluted by no body', async function () {
    this.timeout(60_000);
    const {send} = server.client;
    const known = new Set(Reflect.ownKeys(Object.prototype));
    const poison = '"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},';
    const poisoned = (value: Json): string => JSON.stringify(value).replaceAll('{', `{${poison}`).replaceAll(',}', '}');
    for (const [path, object] of OBJECTS) {
      const {name} = (object.metadata as {name?: string} | undefined) ?? {};
      await send('POST', path, Buffer.from(poisoned(object)));
      await send('POST', path, object);
      for (const type of ['merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml', 'json-patch+json']) {
        const operations = ['/__proto__/polluted', '/constructor/prototype/polluted', '/metadata/__proto__/polluted'].map(at => ({
          op: 'add',
          path: at,
          value: 'yes',
        }));
        const body = type === 'json-patch+json' ? JSON.stringify(operations) : poisoned(object);
        const {text} = await send('PATCH', `${path}/${name ?? 'x'}?fieldManager=a`, Buffer.from(body), {
          'Content-Type': `application/${type}`,
        });
        assert.doesNotMatch(text, /unexpected error in the server/, `${type} ${path}`);
      }
    }
    await send('GET', '/api/v1/namespaces/default/pods?__proto__=x&constructor=y', undefined, {'X-__proto__': 'z'});
    assert.deepEqual(
      Reflect.ownKeys(Object.prototype).filter(key => !known.has(key)),
      [],
    );
    assert.equal(({} as JsonObject).polluted, undefined);
  });
});

describe('a cluster that logs all it can', () => {
  it('keeps secrets and tokens to itself', async function () {
    this.timeout(60_000);
    const program = startProgram([
      'start',
      '--port',
      '0',
      '--log-level',
      'trace',
      '--token',
      'administrators-token',
      '--controllers',
      'none',
      '--nodes',
      '0',
    ]);
    const {url} = await whenServing(program);
    const client = createHttpClient(url, 'administrators-token');
    const answers: string[] = [];
    const send = async (...call: Parameters<typeof client.send>) => {
      const answer = await client.send(...call);
      answers.push(answer.text);
      return answer;
    };
    await client.send('POST', SECRETS, {metadata: {name: 's'}, stringData: {password: 'plain-password'}});
    for (const body of [
      {metadata: {name: 'S_'}, stringData: {password: 'plain-password'}},
      {metadata: {name: 's'}, stringData: {password: 'plain-password'}},
      {metadata: {name: 't'}, type: 'kubernetes.io/tls', stringData: {password: 'plain-password'}},
      {metadata: {name: 'u'}, type: 'kubernetes.io/dockerconfigjson', stringData: {'.dockerconfigjson': 'plain-password'}},
    ])
      assert.notEqual((await send('POST', SECRETS, body)).status, 201);
    await send(
      'PATCH',
      `${SECRETS}/s`,
      {type: 'other', stringData: {password: 'plain-password'}},
      {'Content-Type': 'application/merge-patch+json'},
    );
    await send('GET', SECRETS, undefined, {Authorization: 'Bearer somebodys-token'});
    await send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {spec: {}});
    await send('GET', '/api/v1/namespaces/%zz', undefined, {Authorization: 'Bearer administrators-token'});
    client.close();
    program.process.kill('SIGTERM');
    await program.exit;
    const said = program.stdout() + program.stderr() + answers.join('\n');
    for (const secret of [
      'plain-password',
      Buffer.from('plain-password').toString('base64'),
      'administrators-token',
      'somebodys-token',
      'PRIVATE KEY',
    ])
      assert.equal(said.includes(secret), false, secret);
  });
});
