import type {IncomingMessage, OutgoingHttpHeaders, ServerResponse} from 'node:http';
import type {Writable} from 'node:stream';
import {createGzip} from 'node:zlib';
import type {WallClock} from '../api/clock.ts';
import {turn} from '../api/turn.ts';
import {acceptsGzip, GZIP_LEVEL, GZIP_THRESHOLD, sendBytes} from './send-bytes.ts';

// After so many milliseconds, or when so much is ready to go out, others get their turn.
const SLICE = 5;
const BYTES = 512 * 1024;
// The clock is not looked at for each piece.
const STEP = 4;

/** Sends an answer that is made piece by piece: what is short as a whole, what is long in chunks, each when the one before has left. */
export async function sendPieces(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  contentType: string,
  pieces: Iterable<Buffer>,
  wall: WallClock,
): Promise<void> {
  const iterator = pieces[Symbol.iterator]();
  let next = take(iterator, wall);
  // Only what is known to be long is streamed.
  while (!next.last && next.bytes.length < GZIP_THRESHOLD) {
    await turn();
    const more = take(iterator, wall);
    next = {bytes: Buffer.concat([next.bytes, more.bytes]), last: more.last};
  }
  if (next.last) return sendBytes(incoming, outgoing, status, headers, contentType, next.bytes);
  const zipped = acceptsGzip(incoming);
  outgoing.writeHead(status, {
    ...headers,
    'Content-Type': contentType,
    ...(zipped && {'Content-Encoding': 'gzip', Vary: 'Accept-Encoding'}),
  });
  const sink: Writable = zipped ? createGzip({level: GZIP_LEVEL}) : outgoing;
  if (sink !== outgoing) (sink as ReturnType<typeof createGzip>).pipe(outgoing);
  for (; ; next = take(iterator, wall)) {
    if (outgoing.destroyed) {
      sink.destroy();
      return;
    }
    if (next.last) {
      sink.end(next.bytes);
      return;
    }
    // Pieces may be empty: work was done, nothing is to be said yet.
    if (next.bytes.length === 0 || sink.write(next.bytes)) await turn();
    else await drained(sink, outgoing);
  }
}

function take(iterator: Iterator<Buffer>, wall: WallClock): {bytes: Buffer; last: boolean} {
  const pieces: Buffer[] = [];
  const end = wall.monotonic() + SLICE;
  for (let size = 0, count = 1; size < BYTES && (count % STEP > 0 || wall.monotonic() < end); count++) {
    const {value, done} = iterator.next();
    if (done) return {bytes: Buffer.concat(pieces), last: true};
    pieces.push(value);
    size += value.length;
  }
  return {bytes: Buffer.concat(pieces), last: false};
}

/** The sink takes more, or there is nobody left who would read it. */
function drained(sink: Writable, outgoing: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      sink.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    sink.on('drain', done);
    outgoing.on('close', done);
  });
}
