import assert from 'node:assert/strict';
import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {useApiServer} from '../../support/api-server.ts';

/** Asks again and again over one connection, some requests ahead of the answers; tells how many answers came. */
const CLIENT = `
const {parentPort, workerData: {port, request, rounds}} = require('node:worker_threads');
const socket = require('node:tls').connect({port, rejectUnauthorized: false}).setNoDelay();
let answers = 0;
const ask = () => socket.write(request);
socket.on('secureConnect', () => { ask(); ask(); ask(); });
socket.on('data', bytes => {
  if (!bytes.includes('HTTP/1.1 200 OK')) return;
  if (++answers < rounds) ask();
  else socket.destroy();
});
socket.on('error', () => {});
socket.on('close', () => parentPort.postMessage(answers));
`;

const ROUNDS = 50;

describe('a client that is quick', () => {
  const server = useApiServer();

  it('is not cut off while an answer before is still on its way', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const object = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'big'}, data: {key: 'x'.repeat(100_000)}};
    assert.equal((await server.client.send('POST', path, object)).status, 201);
    // More than one record of TLS.
    const body = JSON.stringify({data: {other: 'y'.repeat(20_000)}});
    const head = [`PATCH ${path}/big HTTP/1.1`, 'Host: x', 'Authorization: Bearer admin', 'Content-Type: application/merge-patch+json'];
    const request = `${[...head, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;
    const port = Number(new URL(server.cluster.url).port);
    const worker = new Worker(CLIENT, {eval: true, workerData: {port, request, rounds: ROUNDS}});
    const [answers] = await once(worker, 'message');
    await worker.terminate();
    assert.equal(answers, ROUNDS);
  });
});
