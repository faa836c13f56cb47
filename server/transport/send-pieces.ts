import type {IncomingMessage, OutgoingHttpHeaders, ServerResponse} from 'node:http';
import {turn} from '../api/turn.ts';
import {acceptsGzip, sendBytes} from './send-bytes.ts';

// So much goes out in one write, after which others get their turn: about 5 ms of work where nothing is encoded yet.
const PIECES = 400;
const BYTES = 512 * 1024;

/** Sends an answer that is made piece by piece: what is short as a whole, what is long in chunks, each when the one before has left. */
export async function sendPieces(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  contentType: string,
  pieces: Iterable<Buffer>,
): Promise<void> {
  const iterator = pieces[Symbol.iterator]();
  const first = take(iterator);
  if (first.last) return sendBytes(incoming, outgoing, status, headers, contentType, first.bytes);
  if (acceptsGzip(incoming)) {
    const all = [first.bytes];
    for (let next = first; !next.last; all.push(next.bytes)) {
      await turn();
      next = take(iterator);
    }
    return sendBytes(incoming, outgoing, status, headers, contentType, Buffer.concat(all));
  }
  outgoing.writeHead(status, {...headers, 'Content-Type': contentType});
  for (let next = first; ; next = take(iterator)) {
    if (outgoing.destroyed) return;
    if (next.last) {
      outgoing.end(next.bytes);
      return;
    }
    // Pieces may be empty: work was done, nothing is to be said yet.
    if (next.bytes.length === 0 || outgoing.write(next.bytes)) await turn();
    else await drained(outgoing);
  }
}

function take(iterator: Iterator<Buffer>): {bytes: Buffer; last: boolean} {
  const pieces: Buffer[] = [];
  for (let size = 0, count = 0; size < BYTES && count < PIECES; count++) {
    const {value, done} = iterator.next();
    if (done) return {bytes: Buffer.concat(pieces), last: true};
    pieces.push(value);
    size += value.length;
  }
  return {bytes: Buffer.concat(pieces), last: false};
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });
}
