import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {type WebSocket, WebSocketServer} from 'ws';
import type {JsonObject} from '../../server/api/json.ts';

/** The numbered streams of one exec or attach over a WebSocket (k8s.io/apimachinery/pkg/util/remotecommand). */
export interface Channels {
  stdout(text: string): void;
  stderr(text: string): void;
  /** The last word: how it ended. Closes the connection. */
  end(status: ExecStatus): void;
  onInput(run: (bytes: Buffer) => void): void;
  onInputEnd(run: () => void): void;
  onClose(run: () => void): void;
}

export type ExecStatus = {
  metadata: JsonObject;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: {causes: {reason: string; message: string}[]};
};

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
/** In v5: this, then the number of the channel that ends. */
const CLOSE = 255;

/** Newest first; the older ones lack the status as JSON (before v4) and the end of a single stream (before v5). */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'base64.channel.k8s.io', 'channel.k8s.io'];

/** Whether the request offers one of the protocols of numbered channels. */
export const offersChannels = ({headers}: IncomingMessage): boolean => {
  const offered = String(headers['sec-websocket-protocol'] ?? '').split(',');
  return headers.upgrade?.toLowerCase() === 'websocket' && offered.some(name => PROTOCOLS.includes(name.trim()));
};

/** Accepts the WebSocket and hands over its channels. */
export function acceptChannels(request: IncomingMessage, socket: Duplex, head: Buffer, accepted: (channels: Channels) => void): void {
  const handleProtocols = (offered: Set<string>) => PROTOCOLS.find(name => offered.has(name)) ?? false;
  const server = new WebSocketServer({noServer: true, handleProtocols, perMessageDeflate: false});
  server.handleUpgrade(request, socket, head, connection => accepted(createChannels(connection)));
}

function createChannels(connection: WebSocket): Channels {
  const base64 = connection.protocol.includes('base64');
  const send = (channel: number, bytes: Buffer) => {
    if (connection.readyState !== connection.OPEN) return;
    connection.send(base64 ? `${channel}${bytes.toString('base64')}` : Buffer.concat([Buffer.of(channel), bytes]));
  };
  let input: (bytes: Buffer) => void = () => {};
  let inputEnd = () => {};
  connection.on('message', (data: Buffer) => {
    const channel = base64 ? Number(String.fromCharCode(data[0]!)) : data[0];
    const bytes = base64 ? Buffer.from(data.subarray(1).toString(), 'base64') : data.subarray(1);
    if (channel === STDIN) input(bytes);
    else if (channel === CLOSE && bytes[0] === STDIN) inputEnd();
  });
  connection.on('error', () => connection.terminate());
  // Clients wait until every channel has shown itself.
  for (const channel of [STDOUT, STDERR, STATUS]) send(channel, Buffer.alloc(0));
  return {
    stdout: text => send(STDOUT, Buffer.from(text)),
    stderr: text => send(STDERR, Buffer.from(text)),
    end(status) {
      const plain = status.status === 'Success' ? '' : (status.message ?? '');
      const text = connection.protocol.startsWith('v') ? JSON.stringify(status) : plain;
      if (text !== '') send(STATUS, Buffer.from(text));
      connection.close(1000);
    },
    onInput(run) {
      input = run;
    },
    onInputEnd(run) {
      inputEnd = run;
    },
    onClose: run => void connection.on('close', run),
  };
}
