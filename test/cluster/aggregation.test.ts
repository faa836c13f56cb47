import assert from 'node:assert/strict';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import type {TLSSocket} from 'node:tls';
import WebSocket, {WebSocketServer} from 'ws';
import {createAuthority, issueCertificate} from '../../cluster/certificates.ts';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import {createRandom} from '../../cluster/random.ts';
import type {JsonObject} from '../../server/api/json.ts';
import {eventually} from '../support/eventually.ts';
import {createHttpClient, type HttpClient} from '../support/http.ts';

const GROUP = '/apis/remote.example.com/v1';
const THING = 'com.example.remote.v1.Thing';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const V3 = {'apis/remote.example.com/v1': {serverRelativeURL: '/openapi/v3/apis/remote.example.com/v1?hash=abc'}, version: {}};

const V2 = {
  swagger: '2.0',
  paths: {
    [`${GROUP}/things`]: {
      get: {parameters: [{$ref: '#/parameters/p'}], responses: {200: {schema: {$ref: `#/definitions/${THING}`}}}},
    },
    '/apis/other.example.com/v1/things': {get: {}},
  },
  definitions: {
    [THING]: {type: 'object', properties: {metadata: {$ref: `#/definitions/${META}`}, self: {$ref: `#/definitions/${THING}`}}},
    [META]: {type: 'object', description: 'not as here'},
    unused: {type: 'object'},
  },
  parameters: {p: {in: 'query', name: 'p', type: 'string'}},
};

describe('an extension server behind a cluster', () => {
  let cluster: Cluster;
  let client: HttpClient;
  let extension: Server;
  const asked: {url: string; method: string; headers: IncomingMessage['headers']; raw: string[]; certificate: string}[] = [];

  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): unknown => {
    const {url = '', method = '', headers, rawHeaders: raw} = incoming;
    asked.push({url, method, headers, raw, certificate: String((incoming.socket as TLSSocket).getPeerCertificate().subject?.CN)});
    const json = (body: object, more: {[name: string]: string} = {}) => {
      const text = JSON.stringify(body);
      outgoing.writeHead(200, {'content-type': 'application/json', 'content-length': text.length, ...more}).end(text);
    };
    if (url.startsWith('/openapi/v2')) return json(V2, {etag: '"1"'});
    if (url === '/openapi/v3') return json({paths: V3});
    if (url.startsWith('/openapi/v3/')) return json({openapi: '3.0.0', asked: url});
    if (url.includes('watch=')) {
      outgoing.writeHead(200, {'content-type': 'application/json'});
      return outgoing.write('{"type":"ADDED","object":{"kind":"Thing"}}\n');
    }
    if (url.includes('/log')) {
      outgoing.writeHead(200, {'content-type': 'text/plain'});
      return outgoing.write('first line\n');
    }
    if (url.includes('/slow')) return undefined;
    return json({kind: 'APIResourceList', resources: []}, {'x-own': 'yes', 'cache-control': 'max-age=5', connection: 'keep-alive'});
  };

  before(async () => {
    const random = createRandom();
    const authority = createAuthority(random, 'extension');
    const {certificate, key} = issueCertificate(authority, {commonName: 'e', hosts: ['extension.default.svc'], usage: 'server'}, random);
    extension = createServer({cert: certificate, key, requestCert: true, rejectUnauthorized: false}, answer);
    const sockets = new WebSocketServer({noServer: true});
    extension.on('upgrade', (incoming, socket, head) => {
      const {url = '', method = '', headers, rawHeaders: raw} = incoming;
      asked.push({url, method, headers, raw, certificate: ''});
      if (url.includes('/refused')) return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
      sockets.handleUpgrade(incoming, socket, head, connection => connection.on('message', data => connection.send(`echo ${data}`)));
    });
    await new Promise<void>(resolve => extension.listen(0, '127.0.0.1', resolve));
    const {port} = extension.address() as AddressInfo;
    cluster = await startCluster({token: 'admin', controllers: 'none', nodes: 0});
    client = createHttpClient(cluster.url, 'admin');
    await client.send('POST', '/api/v1/namespaces/default/services', {
      metadata: {name: 'extension'},
      spec: {type: 'ExternalName', externalName: 'localhost'},
    });
    await client.send('POST', '/apis/apiregistration.k8s.io/v1/apiservices', {
      metadata: {name: 'v1.remote.example.com'},
      spec: {
        group: 'remote.example.com',
        version: 'v1',
        groupPriorityMinimum: 1000,
        versionPriority: 15,
        service: {namespace: 'default', name: 'extension', port},
        caBundle: Buffer.from(authority.certificate).toString('base64'),
      },
    });
    await eventually(async () => assert.equal((await client.send('GET', `${GROUP}/things`)).status, 200));
  });
  after(async () => {
    client.close();
    await cluster.stop();
    extension.closeAllConnections();
    extension.close();
  });

  it('is told who asks, by the cluster only', async () => {
    const {send} = client;
    const headers = {
      'Impersonate-User': 'admin-2',
      'Impersonate-Group': 'devs',
      'Impersonate-Extra-Acme.com%2f%28x%29': 'p',
      'X-Remote-User': 'root',
      'X-Remote-Group': 'system:masters',
      'X-Remote-Extra-Scopes': 'all',
      'X-Other': 'passed',
    };
    const {status, text} = await send('GET', `${GROUP}/things`, undefined, headers);
    assert.equal(status, 403, text);
    const bind = {
      metadata: {name: 'all-things'},
      roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin'},
      subjects: [{apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'admin-2'}],
    };
    await send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', bind);
    const allowed = await send('GET', `${GROUP}/things?limit=5`, undefined, headers);
    assert.equal(allowed.status, 200, allowed.text);
    const last = asked.at(-1)!;
    const {headers: got, url, certificate} = last;
    assert.deepEqual(
      [url, certificate, got['x-remote-user'], got['x-other']],
      [`${GROUP}/things?limit=5`, 'front-proxy-client', 'admin-2', 'passed'],
    );
    assert.deepEqual(
      last.raw.filter((_, i) => i % 2 === 0 && /^x-remote-extra/i.test(last.raw[i]!)),
      ['X-Remote-Extra-acme.com%2F%28x%29'],
    );
    assert.equal(got['x-remote-group'], 'devs, system:authenticated');
    assert.deepEqual([got.authorization, got['impersonate-user']], [undefined, undefined]);
  });

  it('has its own headers in the answer', async () => {
    const {headers} = await client.send('GET', `${GROUP}/things`);
    assert.deepEqual([headers['x-own'], headers['cache-control']], ['yes', 'max-age=5']);
    assert.match(String(headers['audit-id']), /^[0-9a-f-]{36}$/);
  });

  it('streams watches and logs', async () => {
    const seen: JsonObject[] = [];
    const watch = await client.watch(`${GROUP}/things?watch=true`, event => seen.push(event));
    await eventually(() => assert.equal(seen.length, 1));
    watch.stop();
    const lines: string[] = [];
    const log = await new Promise<{destroy(): void}>((resolve, reject) => {
      import('node:https').then(({get}) =>
        get(`${cluster.url}${GROUP}/things/a/log`, {rejectUnauthorized: false, headers: {Authorization: 'Bearer admin'}}, incoming => {
          incoming.on('data', chunk => lines.push(String(chunk)));
          incoming.on('error', () => {});
          resolve(incoming);
        }).on('error', reject),
      );
    });
    await eventually(() => assert.deepEqual(lines, ['first line\n']));
    log.destroy();
  });

  it('keeps nobody waiting when it is slow', async () => {
    const many = createHttpClient(cluster.url, 'admin', 50);
    const slow = Array.from({length: 50}, () => many.send('GET', `${GROUP}/things/slow`).catch(() => undefined));
    await eventually(() => assert.equal(asked.filter(({url}) => url.endsWith('/slow')).length, 50));
    assert.equal((await client.send('GET', '/api/v1/namespaces/default')).status, 200);
    assert.equal((await client.send('GET', `${GROUP}/things`)).status, 200);
    extension.closeAllConnections();
    await Promise.all(slow);
    many.close();
  });

  const open = (path: string) =>
    new WebSocket(`${cluster.url.replace('https', 'wss')}${path}`, ['v5.channel.k8s.io'], {
      rejectUnauthorized: false,
      headers: {Authorization: 'Bearer admin', 'X-Remote-User': 'root'},
    });

  it('talks WebSocket to its clients', async () => {
    const socket = open(`${GROUP}/namespaces/default/things/a/console?tty=true`);
    socket.on('open', () => socket.send('hello'));
    const text = await new Promise(resolve => socket.on('message', data => resolve(String(data))));
    assert.equal(text, 'echo hello');
    socket.terminate();
    const {url, headers} = asked.at(-1)!;
    assert.equal(url, `${GROUP}/namespaces/default/things/a/console?tty=true`);
    assert.deepEqual([headers['x-remote-user'], headers.authorization], ['kubernetes-admin', undefined]);
  });

  it('may refuse to', async () => {
    const status = await new Promise(resolve => {
      const socket = open(`${GROUP}/namespaces/default/things/a/refused`);
      socket.on('error', () => {});
      socket.on('unexpected-response', (_request, incoming) => resolve(incoming.statusCode));
    });
    assert.equal(status, 403);
  });

  it('has its types in the documents of the cluster', async () => {
    const {paths, definitions} = (await client.send('GET', '/openapi/v2')).json() as unknown as typeof V2;
    assert.deepEqual(paths[`${GROUP}/things`]?.get, {
      parameters: [V2.parameters.p],
      responses: {200: {schema: {$ref: `#/definitions/${THING}`}}},
    });
    assert.equal('/apis/other.example.com/v1/things' in paths || 'unused' in definitions, false);
    assert.deepEqual(definitions[THING], {
      type: 'object',
      properties: {metadata: {$ref: `#/definitions/${META}_v2`}, self: {$ref: `#/definitions/${THING}`}},
    });
    assert.deepEqual((definitions as JsonObject)[`${META}_v2`], V2.definitions[META]);
    const index = (await client.send('GET', '/openapi/v3')).json() as {paths: JsonObject};
    const entry = index.paths['apis/remote.example.com/v1'] as {serverRelativeURL: string};
    assert.deepEqual(entry, V3['apis/remote.example.com/v1']);
    assert.match(String((index.paths.version as JsonObject).serverRelativeURL), /hash=/);
    const document = (await client.send('GET', entry.serverRelativeURL)).json();
    assert.deepEqual(document, {openapi: '3.0.0', asked: entry.serverRelativeURL});
  });

  it('is available to whoever trusts it', async () => {
    const {spec} = (await client.send('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.remote.example.com')).json() as {
      spec: JsonObject;
    };
    const {caBundle: _unused, insecureSkipTLSVerify: _insecure, ...rest} = spec;
    const path = '/apis/apiregistration.k8s.io/v1/apiservices';
    await client.send('POST', path, {metadata: {name: 'v2.remote.example.com'}, spec: {...rest, version: 'v2'}});
    await eventually(async () => {
      const {status} = (await client.send('GET', `${path}/v2.remote.example.com`)).json() as {status: {conditions: JsonObject[]}};
      assert.equal(status.conditions[0]?.reason, 'Passed');
    });
    assert.equal(asked.findLast(({url}) => url === '/apis/remote.example.com/v2')?.headers['x-remote-user'], 'system:kube-aggregator');
    const {status, text} = await client.send('GET', '/apis/remote.example.com/v2/things');
    assert.deepEqual(
      [status, text],
      [503, 'error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority\n'],
    );
    await client.send('DELETE', `${path}/v2.remote.example.com`);
  });

  it('is unavailable when it cannot be reached, and says why', async () => {
    extension.closeAllConnections();
    await new Promise(resolve => extension.close(resolve));
    const {status, text, headers} = await client.send('GET', `${GROUP}/things`);
    assert.equal(status, 503);
    assert.match(text, /^error trying to reach service: dial tcp .*: connect: connection refused\n$/);
    assert.match(String(headers['content-type']), /^text\/plain/);
  });
});
