import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {WebSocketServer} from 'ws';
import {createFrameEncoder} from '../encode/frames.ts';
import type {Accepted} from '../request/negotiate.ts';
import type {ResponseBody} from '../request/request.ts';
import type {SendContext} from './send.ts';

// As many frames of a watch are sent before others get their turn, and none while so many bytes wait for the client.
const FRAMES = 100;
const WAITING = 256 * 1024;
const TOKEN = 'base64url.bearer.authorization.k8s.io.';

/** Does the client want to go on in the WebSocket protocol? */
export const isWebSocket = ({headers}: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket';

/**
 * Browsers cannot send an Authorization header with a WebSocket: they name the token as a sub-protocol, beside at least one other
 * (k8s.io/apiserver/pkg/authentication/request/websocket). What is wrong with it ends as a token nobody knows.
 */
export function takeProtocolToken({headers}: IncomingMessage): void {
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map(protocol => protocol.trim());
  const tokens = protocols.filter(protocol => protocol.startsWith(TOKEN)).map(protocol => protocol.slice(TOKEN.length));
  if (tokens.length === 0) return;
  const others = protocols.filter(protocol => protocol !== '' && !protocol.startsWith(TOKEN));
  const valid = tokens.length === 1 && others.length > 0 && /^[\w-]+$/.test(tokens[0]!);
  headers.authorization ??= `Bearer ${valid ? Buffer.from(tokens[0]!, 'base64url').toString() : 'invalid'}`;
  headers['sec-websocket-protocol'] = others.join(', ');
}

/** golang.org/x/net/websocket: a client without an origin is none, and it may name one sub-protocol. */
function refusalOf({headers}: IncomingMessage): string | undefined {
  if (headers.origin === undefined) return '403 Forbidden';
  return (headers['sec-websocket-protocol'] ?? '').includes(',') ? '400 Bad Request' : undefined;
}

/** Streams a watch over a WebSocket, an event to a message (WatchServer.HandleWS). What the client sends is ignored. */
export function openWebSocketWatch(
  {resource, stream}: Extract<ResponseBody, {type: 'watch'}>,
  accepted: Accepted,
  {now, protobuf, report}: SendContext,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const refusal = refusalOf(incoming);
  if (refusal !== undefined) {
    stream.close();
    socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
    return;
  }
  const encoder = createFrameEncoder(resource, accepted, now, protobuf);
  const text = accepted.mediaType === 'application/json';
  socket.once('close', () => stream.close());
  new WebSocketServer({noServer: true}).handleUpgrade(incoming, socket, head, connection => {
    let scheduled = false;
    const write = (): void => {
      const frames = stream.read(FRAMES);
      // Messages have a length of their own: that of protobuf frames goes.
      for (const frame of frames) {
        const bytes = encoder.encode(frame);
        connection.send(text ? bytes : bytes.subarray(4), {binary: !text}, pump);
      }
      if (frames.length > 0 && !stream.ended) schedule();
      if (stream.ended) connection.close(1000);
    };
    const pump = (): void => {
      scheduled = false;
      if (connection.readyState !== connection.OPEN || connection.bufferedAmount > WAITING) return;
      try {
        write();
      } catch (error) {
        report(error);
        connection.terminate();
      }
    };
    const schedule = (): void => {
      if (scheduled) return;
      scheduled = true;
      setImmediate(pump);
    };
    connection.on('error', () => connection.terminate());
    connection.on('close', () => stream.close());
    stream.onReady(pump);
    pump();
  });
}
