import assert from 'node:assert/strict';
import {useApiServer} from '../support/api-server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

describe('a server that has forgotten its first revisions', () => {
  const server = useApiServer();

  before(async function () {
    this.timeout(30_000);
    // More than the store keeps of its history, 64 MB.
    for (let i = 0; i < 70; i++) {
      const map = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'large'}, data: {i: String(i), filler: 'x'.repeat(1_000_000)}};
      const [method, path] = i === 0 ? ['POST', MAPS] : ['PUT', `${MAPS}/large`];
      const {status, text} = await server.client.send(method!, path!, map);
      assert.ok(status < 300, text);
    }
  });

  it('ends a watch from one of them with an error in the stream', async () => {
    const {status, text} = await server.client.send('GET', `${MAPS}?watch=1&resourceVersion=1`);
    assert.equal(status, 200);
    const {type, object} = JSON.parse(text) as {type: string; object: {code: number; reason: string; message: string}};
    assert.deepEqual([type, object.code, object.reason], ['ERROR', 410, 'Expired']);
    assert.match(object.message, /^too old resource version: 1 \(\d+\)$/);
  });

  it('refuses exact lists of them', async () => {
    const {status, text} = await server.client.send('GET', `${MAPS}?resourceVersion=1&resourceVersionMatch=Exact`);
    assert.equal(status, 410, text);
    assert.match(text, /"reason":"Expired"/);
  });
});
