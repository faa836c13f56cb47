import type {IncomingMessage} from 'node:http';
import {Duplex} from 'node:stream';
import {createWebSocketStream, type WebSocket, WebSocketServer} from 'ws';
import type {SpdyStream} from '../../wire/spdy.ts';
import {createSpdySession} from '../../wire/spdy.ts';
import {createNumberedChannels} from './numbered-channels.ts';

/** Connects to a port of a pod; where nothing listens, the stream fails in the words of a container runtime. */
export type OpenPort = (port: number) => Duplex;

export interface Forwarding {
  pod: string;
  uid: string;
  open: OpenPort;
}

export const PORT_FORWARD = 'portforward.k8s.io';
const TUNNEL = `SPDY/3.1+${PORT_FORWARD}`;
const PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];

/**
 * Forwards ports over the streams of a SPDY connection: each forwarded connection is a stream for data and one for its error
 * (k8s.io/kubelet/pkg/cri/streaming/portforward/httpstream.go).
 */
export function forwardOverSpdy(socket: Duplex, forwarding: Forwarding): void {
  const pairs = new Map<string, Map<string, SpdyStream>>();
  createSpdySession(socket, {
    role: 'server',
    onStream(stream) {
      const type = stream.headers.get('streamtype') ?? '';
      const port = Number(stream.headers.get('port'));
      const request = stream.headers.get('requestid') ?? '';
      if ((type !== 'data' && type !== 'error') || !(port > 0 && port < 65_536)) return void stream.destroy();
      const pair = pairs.get(request) ?? new Map<string, SpdyStream>();
      pairs.set(request, pair.set(type, stream));
      const [data, error] = [pair.get('data'), pair.get('error')];
      if (!data || !error) return;
      pairs.delete(request);
      error.resume();
      forward(forwarding, port, data, text => error.end(text));
    },
  });
}

/** Joins a client's connection with a port. `done` gets the error's text, or none. */
function forward({pod, uid, open}: Forwarding, port: number, data: Duplex, done: (text: string) => void): void {
  let failure = '';
  const fail = ({message}: Error) => {
    failure = `error forwarding port ${port} to pod ${pod}, uid ${uid}: ${message}`;
  };
  const target = open(port);
  target.on('error', fail);
  target.on('close', () => {
    done(failure);
    data.resume().end();
  });
  data.on('close', () => target.destroy());
  data.pipe(target).pipe(data, {end: false});
}

/** Forwards over a WebSocket: SPDY inside of one, or a numbered channel for the data and one for the error of each port. */
export function forwardOverWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ports: readonly number[],
  forwarding: Forwarding,
): void {
  const tunnels = (request.headers['sec-websocket-protocol'] ?? '').split(',').some(name => name.trim() === TUNNEL);
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: names => PROTOCOLS.find(name => names.has(name)) ?? false,
  });
  if (tunnels) {
    // `ws` takes no name with a slash, though it is the protocol's.
    delete request.headers['sec-websocket-protocol'];
    server.on('headers', lines => void lines.push(`Sec-WebSocket-Protocol: ${TUNNEL}`));
  }
  server.handleUpgrade(request, socket, head, connection => {
    connection.on('error', () => connection.terminate());
    if (tunnels) forwardOverSpdy(createWebSocketStream(connection), forwarding);
    else forwardOverChannels(connection, ports, forwarding);
  });
}

/** Channel 2n carries the data of the n-th port, 2n + 1 its error; each begins with the port's number. */
function forwardOverChannels(connection: WebSocket, ports: readonly number[], forwarding: Forwarding): void {
  const channels = createNumberedChannels(connection);
  let open = ports.length;
  for (const [n, port] of ports.entries()) {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    channels.send(2 * n, number);
    channels.send(2 * n + 1, number);
    const data = new Duplex({
      read: () => {},
      write(bytes: Buffer, _encoding, done) {
        channels.send(2 * n, bytes);
        done();
      },
    });
    channels.onMessage(2 * n, bytes => void data.push(bytes));
    connection.on('close', () => data.destroy());
    forward(forwarding, port, data, text => {
      if (text !== '') channels.send(2 * n + 1, Buffer.from(text));
      if (--open === 0) connection.close(1000);
    });
  }
}
