import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {type WebSocket, WebSocketServer} from 'ws';
import type {JsonObject} from '../../server/api/json.ts';
import {createNumberedChannels} from './numbered-channels.ts';

/** The streams that a client of exec or attach asks for. */
export interface Wanted {
  readonly stdin: boolean;
  readonly stdout: boolean;
  /** Never with a terminal, which has one output. */
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The streams of one exec or attach (k8s.io/apimachinery/pkg/util/remotecommand). What is written to one nobody asked for is lost. */
export interface Channels {
  stdout(text: string | Buffer): void;
  stderr(text: string | Buffer): void;
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

/** Before v4 the status is the message of a failure, and nothing for a success. */
export const statusText = (status: ExecStatus, protocol: string): string =>
  /^v[45]\./.test(protocol) ? JSON.stringify(status) : status.status === 'Success' ? '' : (status.message ?? '');

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

/** Accepts the WebSocket and hands over its numbered channels. */
export function acceptChannels(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  wanted: Wanted,
  accepted: (channels: Channels) => void,
): void {
  const handleProtocols = (offered: Set<string>) => PROTOCOLS.find(name => offered.has(name)) ?? false;
  const server = new WebSocketServer({noServer: true, handleProtocols, perMessageDeflate: false});
  server.handleUpgrade(request, socket, head, connection => accepted(createChannels(connection, wanted)));
}

function createChannels(connection: WebSocket, {stdout, stderr}: Wanted): Channels {
  const {send, onMessage} = createNumberedChannels(connection);
  let inputEnd = () => {};
  onMessage(CLOSE, bytes => {
    if (bytes[0] === STDIN) inputEnd();
  });
  connection.on('error', () => connection.terminate());
  // The lowest channel shows that the connection stands.
  send(stdout ? STDOUT : stderr ? STDERR : STATUS, Buffer.alloc(0));
  return {
    stdout: text => stdout && send(STDOUT, Buffer.from(text as string)),
    stderr: text => stderr && send(STDERR, Buffer.from(text as string)),
    end(status) {
      const text = statusText(status, connection.protocol);
      if (text !== '') send(STATUS, Buffer.from(text));
      connection.close(1000);
    },
    onInput: run => onMessage(STDIN, run),
    onInputEnd(run) {
      inputEnd = run;
    },
    onClose: run => void connection.on('close', run),
  };
}

/** Keeps what comes in until somebody wants to hear it. */
export function heldBack(channels: Channels): Channels {
  const early: Buffer[] = [];
  let ended = false;
  let closed = false;
  let hear = (bytes: Buffer): void => void early.push(bytes);
  let hearEnd = () => {
    ended = true;
  };
  let hearClose = () => {
    closed = true;
  };
  channels.onInput(bytes => hear(bytes));
  channels.onInputEnd(() => hearEnd());
  channels.onClose(() => hearClose());
  return {
    ...channels,
    onInput(run) {
      hear = run;
      for (const bytes of early.splice(0)) run(bytes);
    },
    onInputEnd(run) {
      hearEnd = run;
      if (ended) run();
    },
    onClose(run) {
      hearClose = run;
      if (closed) run();
    },
  };
}
