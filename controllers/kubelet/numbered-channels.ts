import type {WebSocket} from 'ws';

/** Streams of one WebSocket that are told apart by a number in front of each message (k8s.io/streaming/pkg/httpstream/wsstream). */
export interface NumberedChannels {
  send(channel: number, bytes: Buffer): void;
  /** What comes on a channel from now on. */
  onMessage(channel: number, run: (bytes: Buffer) => void): void;
}

/** As much as the real ones copy at once; some clients take no message that is much longer. */
const LONGEST = 32 * 1024;

/** The number is a byte, or a digit where the bytes are base64. */
export function createNumberedChannels(connection: WebSocket): NumberedChannels {
  const base64 = connection.protocol.includes('base64');
  const readers = new Map<number, (bytes: Buffer) => void>();
  connection.on('message', (data: Buffer) => {
    if (data.length === 0) return;
    const channel = base64 ? data[0]! - ZERO : data[0]!;
    readers.get(channel)?.(base64 ? Buffer.from(data.subarray(1).toString(), 'base64') : data.subarray(1));
  });
  return {
    send(channel, bytes) {
      for (let at = 0; at === 0 || at < bytes.length; at += LONGEST) {
        if (connection.readyState !== connection.OPEN) return;
        const part = bytes.subarray(at, at + LONGEST);
        connection.send(base64 ? `${channel}${part.toString('base64')}` : Buffer.concat([Buffer.of(channel), part]));
      }
    },
    onMessage: (channel, run) => void readers.set(channel, run),
  };
}

const ZERO = '0'.charCodeAt(0);
