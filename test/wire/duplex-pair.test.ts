import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, request} from 'node:http';
import type {Duplex} from 'node:stream';
import {createDuplexPair} from '../../wire/duplex-pair.ts';

async function readAll(stream: Duplex): Promise<string> {
  let text = '';
  stream.on('data', chunk => {
    text += chunk;
  });
  await once(stream, 'end');
  return text;
}

describe('a duplex pair', () => {
  it('carries bytes both ways and ends each side on its own', async () => {
    const [left, right] = createDuplexPair();
    left.end('ping');
    assert.equal(await readAll(right), 'ping');
    right.end('pong');
    assert.equal(await readAll(left), 'pong');
  });

  it('holds the writer back while the reader does not read', async () => {
    const [left, right] = createDuplexPair();
    const chunk = Buffer.alloc(64 * 1024);
    let accepted = 0;
    while (left.write(chunk) && accepted < 100) accepted++;
    assert.ok(accepted < 10, `${accepted} chunks were taken`);
    const drained = once(left, 'drain');
    right.resume();
    await drained;
    left.destroy();
  });

  it('tells the other side that it is gone', async () => {
    const [left, right] = createDuplexPair();
    right.resume();
    left.destroy();
    await once(right, 'end');
    assert.equal(right.readableEnded, true);
  });

  it('is a connection for an HTTP server', async () => {
    const server = createServer((incoming, response) => {
      incoming.pipe(response);
    });
    const [client, end] = createDuplexPair();
    server.emit('connection', end);
    const outgoing = request({method: 'POST', path: '/echo', createConnection: () => client});
    outgoing.end('x'.repeat(200_000));
    const [response] = await once(outgoing, 'response');
    let length = 0;
    for await (const chunk of response) length += (chunk as Buffer).length;
    assert.equal(length, 200_000);
  });
});
