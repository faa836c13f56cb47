import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {createHttpsClient} from '../../../controllers/runtime/https-client.ts';
import {configMaps, deployments} from '../../../server/api/resource-types.generated.ts';
import {isApiError} from '../../../server/api/status.ts';

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A server that notes requests and answers as `answer` says. */
async function listening(answer: (request: Seen, response: ServerResponse) => void) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const noted = {method: request.method!, url: request.url!, headers: request.headers, body};
    seen.push(noted);
    answer(noted, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createHttpsClient({server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 't', userAgent: 'tester'});
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return {client, seen, close};
}

const json = (response: ServerResponse, status: number, body: object) => {
  response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
};

describe('https client', () => {
  it('asks as the API wants it', async () => {
    const {client, seen, close} = await listening((_request, response) => json(response, 200, {items: [], metadata: {}}));
    await client.list(configMaps, {namespace: 'n', labelSelector: 'a=b'});
    await client.update(deployments, {metadata: {name: 'web', namespace: 'n'}} as never, {subresource: 'status'});
    await client.patch(configMaps, {namespace: 'n', name: 'c'}, {type: 'merge', patch: {data: {}}});
    await client.delete(configMaps, {namespace: 'n', name: 'c'}, {propagationPolicy: 'Orphan'});
    await client.as({name: 'jane', groups: ['devs', 'system:authenticated']}).get(configMaps, {namespace: 'n', name: 'c'});
    close();
    assert.deepEqual(
      seen.map(({method, url}) => `${method} ${url}`),
      [
        'GET /api/v1/namespaces/n/configmaps?labelSelector=a%3Db',
        'PUT /apis/apps/v1/namespaces/n/deployments/web/status',
        'PATCH /api/v1/namespaces/n/configmaps/c',
        'DELETE /api/v1/namespaces/n/configmaps/c',
        'GET /api/v1/namespaces/n/configmaps/c',
      ],
    );
    assert.equal(seen[0]!.headers.authorization, 'Bearer t');
    assert.equal(seen[0]!.headers['user-agent'], 'tester');
    assert.equal(JSON.parse(seen[1]!.body).kind, 'Deployment');
    assert.equal(seen[2]!.headers['content-type'], 'application/merge-patch+json');
    assert.equal(JSON.parse(seen[3]!.body).propagationPolicy, 'Orphan');
    assert.deepEqual([seen[4]!.headers['impersonate-user'], seen[4]!.headers['impersonate-group']], ['jane', 'devs']);
  });

  it('throws what a Status says', async () => {
    const status = {kind: 'Status', status: 'Failure', code: 409, reason: 'Conflict', message: 'changed'};
    const {client, close} = await listening((_request, response) => json(response, 409, status));
    await assert.rejects(
      client.get(configMaps, {namespace: 'n', name: 'c'}),
      error => isApiError(error, 'Conflict') && error.message === 'changed',
    );
    close();
  });

  it('follows a watch across chunks, to its error', async () => {
    const {client, close} = await listening((_request, response) => {
      response.writeHead(200, {'content-type': 'application/json'});
      response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n{"type":"MODI');
      response.write('FIED","object":{"metadata":{"name":"b"}}}\n');
      response.end('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n');
    });
    const events: string[] = [];
    const error = await new Promise(resolve => {
      client.watch(configMaps, {namespace: 'n'}, {event: (type, {metadata}) => void events.push(`${type} ${metadata.name}`), end: resolve});
    });
    close();
    assert.deepEqual(events, ['ADDED a', 'MODIFIED b']);
    assert.ok(isApiError(error, 'Expired'));
  });

  it('ends a watch that is refused, and one that is stopped says nothing', async () => {
    const {client, close} = await listening((_request, response) =>
      json(response, 403, {kind: 'Status', code: 403, reason: 'Forbidden', message: 'no'}),
    );
    const error = await new Promise(resolve => client.watch(configMaps, {}, {event: () => {}, end: resolve}));
    assert.ok(isApiError(error, 'Forbidden'));
    let ended = false;
    client
      .watch(
        configMaps,
        {},
        {
          event: () => {},
          end() {
            ended = true;
          },
        },
      )
      .stop();
    await new Promise(resolve => setImmediate(resolve));
    close();
    assert.equal(ended, false);
  });
});
