import type {IncomingMessage, Server} from 'node:http';
import {ServerResponse} from 'node:http';
import type {Duplex} from 'node:stream';
import type {Answer} from '../app.ts';
import type {SendContext} from './send.ts';
import {isWebSocket, openWebSocketWatch, takeProtocolToken} from './websocket.ts';

/** Streams of pods and of what other servers have, as kubectl opens them. */
const isSpdy = ({headers}: IncomingMessage): boolean => /^spdy\/3\.1$/i.test(headers.upgrade ?? '');

/** Paths on which a connection may become something else, whatever the client calls it. */
const UPGRADES = /\/(exec|attach|portforward)$/;

export interface UpgradeOptions {
  /** Runs the request through the pipeline. */
  handle(incoming: IncomingMessage): Promise<Answer>;
  /** Sends an ordinary answer. */
  send(answer: Answer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
  /** What watches are encoded with. */
  context: SendContext;
  /** `connection`, or `secureConnection` for TLS. */
  connectionEvent: string;
}

/**
 * Serves requests with an `Upgrade` header. Most of them (`h2c` of Java's clients) only offer it: they are read again without the offer.
 */
export function serveUpgrades(server: Server, {handle, send, context, connectionEvent}: UpgradeOptions): void {
  server.on('upgrade', (incoming, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (isWebSocket(incoming)) takeProtocolToken(incoming);
    else if (!isSpdy(incoming) && !UPGRADES.test(incoming.url!.split('?')[0]!))
      return declineOffer(server, connectionEvent, incoming, socket, head);
    handle(incoming)
      .then(async answer => {
        const {body} = answer.response;
        if (body.type === 'upgrade') return body.open(socket, head);
        if (body.type === 'watch' && isWebSocket(incoming))
          return openWebSocketWatch(body, answer.context.accepted, context, incoming, socket, head);
        const outgoing = new ServerResponse(incoming);
        outgoing.shouldKeepAlive = false;
        outgoing.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
        outgoing.once('finish', () => socket.end());
        await send(answer, incoming, outgoing);
      })
      .catch(() => socket.destroy());
  });
}

const OFFER = new Set(['upgrade', 'http2-settings', 'connection']);

/** Puts the request back in front of the connection, without the offer, and lets the server read it anew. */
function declineOffer(server: Server, event: string, incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
  const {method, url, rawHeaders} = incoming;
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (!OFFER.has(rawHeaders[i]!.toLowerCase())) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit(event, socket);
}
