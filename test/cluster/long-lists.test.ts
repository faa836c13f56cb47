import assert from 'node:assert/strict';
import {request} from 'node:https';
import {connect} from 'node:tls';
import {gunzipSync} from 'node:zlib';
import {configMaps} from '../../server/api/resource-types.generated.ts';
import {useApiServer} from '../support/api-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const COUNT = 1_500;

describe('a list that is long', () => {
  const server = useApiServer();
  let names: string[];

  before(async () => {
    names = Array.from({length: COUNT}, (_, i) => `long-${String(i).padStart(5, '0')}`);
    const data = {text: 'x'.repeat(500)};
    await Promise.all(
      names.map(name => server.cluster.client.create(configMaps, {metadata: {name, namespace: 'default', labels: {i: name}}, data})),
    );
  });

  const list = (accept: string, more: {[name: string]: string} = {}, query = '') =>
    server.client.send('GET', CONFIG_MAPS + query, undefined, {Accept: accept, ...more});
  const namesIn = (text: string) => [...text.matchAll(/"name": ?"(long-\d+)"/g)].map(match => match[1]);

  it('comes whole, in chunks', async () => {
    const {status, headers, text} = await list('application/json');
    assert.deepEqual([status, headers['transfer-encoding'], headers['content-length']], [200, 'chunked', undefined]);
    const {items} = JSON.parse(text) as {items: {metadata: {name: string}}[]};
    assert.deepEqual(
      items.map(({metadata}) => metadata.name).filter(name => name.startsWith('long')),
      names,
    );
  });

  it('comes whole as Table, indented and as YAML', async () => {
    const table = JSON.parse((await list('application/json;as=Table;v=v1;g=meta.k8s.io')).text) as {rows: unknown[]};
    const pretty = (await list('application/json', {}, '?pretty=true')).text;
    assert.equal(JSON.parse(pretty).items.length, table.rows.length);
    assert.deepEqual(namesIn(pretty), names);
    const yaml = (await list('application/yaml')).text;
    assert.equal(yaml.match(/^ {4}name: long-/gm)?.length, COUNT);
  });

  it('is zipped on the way', async () => {
    const zipped = await new Promise<Buffer>((resolve, reject) => {
      const headers = {Authorization: 'Bearer admin', 'Accept-Encoding': 'gzip'};
      const outgoing = request(server.cluster.url + CONFIG_MAPS, {headers, rejectUnauthorized: false}, response => {
        assert.equal(response.headers['content-encoding'], 'gzip');
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
      });
      outgoing.on('error', reject).end();
    });
    assert.deepEqual(namesIn(gunzipSync(zipped).toString()), names);
  });

  it('can be left by its reader', async () => {
    await new Promise<void>(resolve => {
      const socket = connect({port: server.cluster.port, host: '127.0.0.1', rejectUnauthorized: false}, () => {
        socket.write(`GET ${CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n`);
        socket.once('data', () => socket.destroy());
      });
      socket.once('close', () => resolve());
    });
    assert.equal((await list('application/json', {}, '?limit=1')).status, 200);
  });
});
