import assert from 'node:assert/strict';
import {WebSocket} from 'ws';
import type {JsonObject} from '../../server/api/json.ts';
import {useApiServer} from '../support/api-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

describe('a watch over a WebSocket', () => {
  const server = useApiServer();

  before(async () => {
    await server.client.send('POST', CONFIG_MAPS, {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}});
  });

  const open = (query: string, protocols: string[] = [], headers: {[name: string]: string} = {Authorization: 'Bearer admin'}) =>
    new WebSocket(`${server.cluster.url.replace('https', 'wss')}${CONFIG_MAPS}?watch=1&${query}`, protocols, {
      headers,
      origin: 'http://localhost',
      rejectUnauthorized: false,
    });
  /** All messages until the server closes. */
  const messages = (socket: WebSocket): Promise<{data: Buffer; binary: boolean}[]> =>
    new Promise((resolve, reject) => {
      const all: {data: Buffer; binary: boolean}[] = [];
      socket.on('message', (data, binary) => all.push({data: data as Buffer, binary}));
      socket.on('close', () => resolve(all));
      socket.on('error', reject);
    });
  const refusal = (socket: WebSocket): Promise<number> =>
    new Promise(resolve => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
      socket.on('error', () => {});
    });

  it('sends an event to a message and ends in time', async () => {
    const [first] = await messages(open('fieldSelector=metadata.name%3Da&timeoutSeconds=1'));
    assert.equal(first!.binary, false);
    const {type, object} = JSON.parse(first!.data.toString()) as {type: string; object: JsonObject};
    assert.deepEqual([type, (object.metadata as JsonObject).name], ['ADDED', 'a']);
  });

  it('sends protobuf without a length before it', async () => {
    const headers = {Authorization: 'Bearer admin', Accept: 'application/vnd.kubernetes.protobuf'};
    const [first] = await messages(open('fieldSelector=metadata.name%3Da&timeoutSeconds=1', [], headers));
    assert.equal(first!.binary, true);
    assert.equal(first!.data[0], 0x0a);
  });

  it('takes a token as a sub-protocol', async () => {
    const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('admin').toString('base64url')}`;
    const socket = open('timeoutSeconds=1', [token, 'base64.binary.k8s.io'], {});
    assert.ok((await messages(socket)).length > 0);
    assert.equal(socket.protocol, 'base64.binary.k8s.io');
    assert.equal(await refusal(open('', [token], {})), 401);
  });

  it('is refused as any watch is', async () => {
    assert.equal(await refusal(open('resourceVersion=x')), 500);
    assert.equal(await refusal(open('', [], {})), 403);
  });
});
