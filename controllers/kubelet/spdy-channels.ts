import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import type {SpdyStream} from '../../wire/spdy.ts';
import {createSpdySession} from '../../wire/spdy.ts';
import type {Channels, Wanted} from './channels.ts';
import {statusText} from './channels.ts';

/** Newest first. */
const PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];

export const offersSpdy = ({headers}: IncomingMessage): boolean => headers.upgrade?.toLowerCase().includes('spdy/3.1') ?? false;

export type Handshake = {protocol: string} | {status: number; text: string; accepted?: readonly string[]};

/** Chooses the first protocol of the client's that is known (k8s.io/streaming/pkg/httpstream, Handshake). */
export function shakeHands({headers}: IncomingMessage, known: readonly string[]): Handshake {
  const header = headers['x-stream-protocol-version'];
  if (header === undefined) {
    const count = Object.keys(headers).length;
    return {status: 400, text: `unable to upgrade: header X-Stream-Protocol-Version does not exist in request with ${count} headers`};
  }
  const offered = [header].flat().flatMap(value => value.split(',').map(name => name.trim()));
  const protocol = offered.find(name => known.includes(name));
  if (protocol !== undefined) return {protocol};
  const text = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${known.join(' ')}]`;
  return {status: 403, text, accepted: known};
}

export const commandHandshake = (request: IncomingMessage): Handshake => shakeHands(request, PROTOCOLS);

/** Says yes to SPDY; what follows on the socket are its frames. */
export function answerSpdy(socket: Duplex, head: Buffer, protocol: string): void {
  if (head.length > 0) socket.unshift(head);
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1', `X-Stream-Protocol-Version: ${protocol}`];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
}

/** Accepts a SPDY connection and hands over its streams once the client has opened all that it asked for. */
export function acceptSpdyChannels(
  socket: Duplex,
  head: Buffer,
  protocol: string,
  {stdin, stdout, stderr, tty}: Wanted,
  accepted: (channels: Channels) => void,
): void {
  answerSpdy(socket, head, protocol);
  const resizes = tty && /^v[34]\./.test(protocol);
  const missing = new Set(Object.entries({error: true, stdin, stdout, stderr, resize: resizes}).flatMap(([name, on]) => (on ? name : [])));
  const streams = new Map<string, SpdyStream>();
  const session = createSpdySession(socket, {
    role: 'server',
    onStream(stream) {
      const type = stream.headers.get('streamtype') ?? '';
      if (!missing.delete(type)) return void stream.destroy();
      streams.set(type, stream);
      if (type !== 'stdin') stream.resume();
      if (missing.size === 0) accepted(channels);
    },
  });
  const write = (type: string, text: string | Buffer) => void streams.get(type)?.write(text);
  const channels: Channels = {
    stdout: text => write('stdout', text),
    stderr: text => write('stderr', text),
    end(status) {
      write('error', statusText(status, protocol));
      session.close();
    },
    onInput: run => void streams.get('stdin')?.on('data', run),
    onInputEnd: run => void streams.get('stdin')?.on('end', run),
    onClose: session.onClose,
  };
}
