import assert from 'node:assert/strict';
import {once} from 'node:events';
import {buffer, text} from 'node:stream/consumers';
import {createDuplexPair} from '../../wire/duplex-pair.ts';
import type {SpdyStream} from '../../wire/spdy.ts';
import {createSpdySession} from '../../wire/spdy.ts';

function connect(onStream?: (stream: SpdyStream) => void) {
  const [near, far] = createDuplexPair();
  const server = createSpdySession(far, {role: 'server', ...(onStream && {onStream})});
  return {client: createSpdySession(near, {role: 'client'}), server, near, far};
}

describe('SPDY', () => {
  it('carries headers, bytes and half closes of many streams', async () => {
    const {client} = connect(stream => {
      stream.write(`${stream.headers.get('streamtype')} ${stream.headers.get('port')}: `);
      stream.pipe(stream);
    });
    const streams = ['80', '443'].map(port => client.open(new Map(Object.entries({streamType: 'data', port}))));
    for (const [i, stream] of streams.entries()) stream.end(`question ${i}`);
    assert.deepEqual(await Promise.all(streams.map(stream => text(stream))), ['data 80: question 0', 'data 443: question 1']);
  });

  it('carries more than fits into a frame or a buffer, both ways', async () => {
    const {client} = connect(stream => void stream.pipe(stream));
    const bytes = Buffer.alloc(5 * 1024 * 1024 + 7, 'all that');
    const stream = client.open(new Map());
    stream.end(bytes);
    assert.ok((await buffer(stream)).equals(bytes));
  });

  it('ends what is open when one side closes', async () => {
    const {client, server} = connect(stream => {
      stream.write('last words');
      server.close();
    });
    const stream = client.open(new Map([['streamtype', 'stdout']]));
    assert.equal(await text(stream), 'last words');
    await new Promise<void>(client.onClose);
    await new Promise<void>(server.onClose);
  });

  it('tells the other side of a stream that is given up', async () => {
    const opened: SpdyStream[] = [];
    const {client} = connect(stream => void opened.push(stream.resume()));
    const [kept, dropped] = [client.open(new Map()), client.open(new Map())];
    await new Promise(resolve => dropped.write('x', resolve));
    dropped.destroy();
    kept.write('y');
    while (opened.length < 2) await new Promise(setImmediate);
    if (!opened[1]!.destroyed) await once(opened[1]!, 'close');
    assert.equal(opened[0]!.destroyed, false);
  });

  it('resets streams that nobody takes', async () => {
    const {client} = connect();
    await once(client.open(new Map()), 'close');
  });

  it('answers pings with themselves', async () => {
    const [near, far] = createDuplexPair();
    createSpdySession(far, {role: 'server'});
    const ping = Buffer.from('8003000600000004000000ab', 'hex');
    near.write(ping);
    const [answer] = await once(near, 'data');
    assert.deepEqual(answer, ping);
  });

  it('closes the connection at what is no SPDY', async () => {
    for (const bytes of [Buffer.alloc(20, 0xff), Buffer.from('80030001000000140000000100000000000000000000000000000000', 'hex')]) {
      const {server, near} = connect();
      near.on('error', () => {});
      near.write(bytes);
      near.write(Buffer.alloc(20));
      await new Promise<void>(server.onClose);
    }
  });
});
