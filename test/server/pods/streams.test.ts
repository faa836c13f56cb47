import assert from 'node:assert/strict';
import {once} from 'node:events';
import {text} from 'node:stream/consumers';
import type {TLSSocket} from 'node:tls';
import {connect} from 'node:tls';
import {WebSocket} from 'ws';
import type {Cluster} from '../../../cluster/index.ts';
import {startCluster} from '../../../cluster/index.ts';
import type {Pod} from '../../../server/api/kinds.generated.ts';
import {pods} from '../../../server/api/resource-types.generated.ts';
import {createDuplexPair} from '../../../wire/duplex-pair.ts';
import type {SpdySession} from '../../../wire/spdy.ts';
import {createSpdySession} from '../../../wire/spdy.ts';
import {eventually} from '../../support/eventually.ts';

const TOKEN = 'administrator';
const POD = '/api/v1/namespaces/default/pods/p';

describe('streams to pods', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({nodes: 1, token: TOKEN});
    const containers = [{name: 'c', image: 'busybox', command: ['sh', '-c', 'echo first; sleep 60']}];
    const pod = {metadata: {name: 'p', namespace: 'default'}, spec: {containers}} as Pod;
    await eventually(() => cluster.client.create(pods, pod));
    await eventually(async () =>
      assert.equal((await cluster.client.get(pods, {namespace: 'default', name: 'p'})).status?.phase, 'Running'),
    );
  });
  after(() => cluster.stop());

  /** Asks for SPDY and resolves with the answer's head and, where it is 101, the session. */
  async function upgrade(path: string, protocols: string): Promise<{head: string; session: SpdySession; socket: TLSSocket}> {
    const {hostname, port} = new URL(cluster.url);
    const socket = connect({host: hostname, port: Number(port), rejectUnauthorized: false});
    const lines = [
      `POST ${POD}/${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${TOKEN}`,
      'Content-Length: 0',
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      `X-Stream-Protocol-Version: ${protocols}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    return {head: head.toString(), session: createSpdySession(socket, {role: 'client'}), socket};
  }

  const open = (session: SpdySession, streamType: string, more: object = {}) =>
    session.open(new Map(Object.entries({streamType, ...more})));

  it('run a command over SPDY', async () => {
    const {head, session} = await upgrade(
      'exec?command=sh&command=-c&command=echo%20out;echo%20err%20>%262;exit%203&stdout=1&stderr=1',
      'v5.channel.k8s.io, v4.channel.k8s.io',
    );
    assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(head, /X-Stream-Protocol-Version: v4\.channel\.k8s\.io\r\n/i);
    const streams = ['error', 'stdout', 'stderr'].map(type => open(session, type));
    const [status, stdout, stderr] = await Promise.all(streams.map(stream => text(stream)));
    assert.deepEqual([stdout, stderr], ['out\n', 'err\n']);
    assert.deepEqual(JSON.parse(status!).details, {causes: [{reason: 'ExitCode', message: '3'}]});
  });

  it('feed a shell over SPDY', async () => {
    const {session} = await upgrade('exec?command=sh&stdin=1&stdout=1', 'v4.channel.k8s.io');
    open(session, 'error');
    const stdin = open(session, 'stdin');
    const stdout = open(session, 'stdout');
    stdin.end('echo one\necho two\n');
    assert.equal(await text(stdout), 'one\ntwo\n');
  });

  it('agree on a protocol or say which are known', async () => {
    const {head, socket} = await upgrade('exec?command=true&stdout=1', 'v9.channel.k8s.io');
    assert.match(head, /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert.match(head, /X-Accepted-Stream-Protocol-Versions: v4\.channel\.k8s\.io/i);
    assert.match(head, /client supports \[v9\.channel\.k8s\.io\], server accepts \[v4\.channel\.k8s\.io .*\]$/);
    socket.destroy();
  });

  const REFUSED = /^error forwarding port 81 to pod p_default, uid [\w-]+: .*127\.0\.0\.1:81: connect: connection refused$/;

  async function forwardError(session: SpdySession): Promise<string> {
    const message = text(open(session, 'error', {port: '81', requestID: '0'}));
    open(session, 'data', {port: '81', requestID: '0'});
    return message;
  }

  it('forward a port over SPDY, again and again', async () => {
    const {head, session} = await upgrade('portforward', 'portforward.k8s.io');
    assert.match(head, /^HTTP\/1\.1 101/);
    for (const _time of [1, 2]) assert.match(await forwardError(session), REFUSED);
    session.close();
  });

  it('forward a port over channels of a WebSocket', async () => {
    const url = `${cluster.url.replace('https', 'wss')}${POD}/portforward?ports=81`;
    const headers = {Authorization: `Bearer ${TOKEN}`};
    const socket = new WebSocket(url, ['v4.channel.k8s.io'], {rejectUnauthorized: false, headers});
    const received = [Buffer.alloc(0), Buffer.alloc(0)];
    socket.on('message', (data: Buffer) => {
      received[data[0]!] = Buffer.concat([received[data[0]!]!, data.subarray(1)]);
    });
    await once(socket, 'close');
    assert.deepEqual(received[0], Buffer.of(81, 0));
    assert.deepEqual(received[1]!.subarray(0, 2), Buffer.of(81, 0));
    assert.match(received[1]!.subarray(2).toString(), REFUSED);
  });

  /** Of a client's WebSocket frame, with a mask that changes nothing. */
  const binaryFrameHead = (length: number): Buffer => Buffer.of(0x82, 0x80 | 126, length >> 8, length & 255, 0, 0, 0, 0);

  it('forward a port over SPDY inside of a WebSocket', async () => {
    const {hostname, port} = new URL(cluster.url);
    const socket = connect({host: hostname, port: Number(port), rejectUnauthorized: false});
    const lines = [
      `GET ${POD}/portforward HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${TOKEN}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    assert.match(head.toString(), /^HTTP\/1\.1 101 [\s\S]*Sec-WebSocket-Protocol: SPDY\/3\.1\+portforward\.k8s\.io\r\n/i);
    const [near, far] = createDuplexPair();
    far.on('data', (bytes: Buffer) => socket.write(Buffer.concat([binaryFrameHead(bytes.length), bytes])));
    let rest = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length > 4) {
        const [start, length] = rest[1] === 126 ? [4, rest.readUInt16BE(2)] : [2, rest[1]!];
        if (rest.length < start + length) break;
        far.write(rest.subarray(start, start + length));
        rest = rest.subarray(start + length);
      }
    });
    const session = createSpdySession(near, {role: 'client'});
    assert.match(await forwardError(session), REFUSED);
    socket.destroy();
  });
});
