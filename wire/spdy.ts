import {Duplex} from 'node:stream';
import {constants, createDeflate, createInflate, type Deflate, type Inflate} from 'node:zlib';

/** One stream of a session, with the headers it was opened with (names in lower case). */
export type SpdyStream = Duplex & {readonly headers: ReadonlyMap<string, string>};

export interface SpdySession {
  /** Opens a stream to the other side. */
  open(headers: ReadonlyMap<string, string>): SpdyStream;
  /** Ends every stream, then the connection. */
  close(): void;
  onClose(run: () => void): void;
}

export interface SpdyOptions {
  role: 'client' | 'server';
  /** Takes what the other side opens; its side of the stream is accepted by then. */
  onStream?(stream: SpdyStream): void;
}

/**
 * The streams of one SPDY/3.1 connection, as far as Kubernetes' clients use the protocol (github.com/moby/spdystream): no priorities,
 * no associated streams and no flow control but that of the connection, since neither side of a real cluster sends window updates.
 */
export function createSpdySession(socket: Duplex, {role, onStream}: SpdyOptions): SpdySession {
  const streams = new Map<number, SpdyStream>();
  const frames = createFrameWriter(socket);
  let nextId = role === 'client' ? 1 : 2;
  let lastSeen = 0;

  const add = (id: number, headers: ReadonlyMap<string, string>): SpdyStream => {
    const stream = createStream(id, headers, frames);
    stream.on('error', () => {});
    stream.on('close', () => streams.delete(id));
    streams.set(id, stream);
    return stream;
  };
  const finish = () => {
    for (const stream of streams.values()) {
      stream.push(null);
      stream.destroy();
    }
    socket.destroy();
  };
  const controls: {[type: number]: (frame: Buffer, block: (from: number) => Promise<Map<string, string>>) => Promise<void> | void} = {
    async [SYN_STREAM](frame, block) {
      const id = frame.readUInt32BE(8) & MAX_ID;
      const headers = await block(18);
      lastSeen = id;
      frames.headers(SYN_REPLY, id, new Map());
      if (!onStream) return frames.control(RST_STREAM, id, REFUSED_STREAM);
      const stream = add(id, headers);
      if (frame[4]! & FIN) stream.push(null);
      onStream(stream);
    },
    async [SYN_REPLY](_frame, block) {
      await block(12);
    },
    async [HEADERS](_frame, block) {
      await block(12);
    },
    [RST_STREAM]: frame => void streams.get(frame.readUInt32BE(8) & MAX_ID)?.destroy(),
    [PING]: frame => frames.raw(frame),
  };
  const inflate = createCoder(createInflate({dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH}));
  const take = async (frame: Buffer): Promise<void> => {
    if (frame[0]! & 0x80) {
      await controls[frame.readUInt16BE(2)]?.(frame, async from => parseHeaders(await inflate(frame.subarray(from))));
      return;
    }
    const stream = streams.get(frame.readUInt32BE(0));
    if (!stream || stream.readableEnded || stream.destroyed) return;
    if (frame.length > HEAD) await pushed(stream, frame.subarray(HEAD));
    if (frame[4]! & FIN) stream.push(null);
  };
  const closed = readFrames(socket, take)
    .catch(() => {})
    .then(finish);
  return {
    open(headers) {
      const id = nextId;
      nextId += 2;
      frames.headers(SYN_STREAM, id, headers);
      return add(id, headers);
    },
    close() {
      const ended = [...streams.values()].map(stream => new Promise<void>(resolve => stream.end(resolve)));
      void Promise.all(ended).then(() => {
        frames.control(GOAWAY, lastSeen, 0);
        frames.end();
      });
    },
    onClose: run => void closed.then(run),
  };
}

const [SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY, HEADERS] = [1, 2, 3, 6, 7, 8] as const;
const REFUSED_STREAM = 3;
const CANCEL = 5;
const FIN = 1;
const HEAD = 8;
const MAX_ID = 0x7fffffff;
/** Of a frame that is no data: compressed headers of a few words. */
const CONTROL_LIMIT = 64 * 1024;

/** Takes one whole frame after the other; ends with the connection. */
async function readFrames(socket: Duplex, take: (frame: Buffer) => Promise<void>): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEAD) {
      const length = HEAD + rest.readUIntBE(5, 3);
      if (rest[0]! & 0x80 && length > CONTROL_LIMIT) throw new Error('a SPDY control frame is too long');
      if (rest.length < length) break;
      await take(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  }
}

/** Resolves when the stream's reader can take more. */
async function pushed(stream: SpdyStream, bytes: Buffer): Promise<void> {
  if (stream.push(bytes)) return;
  await new Promise<void>(resolve => {
    stream.once(READ, resolve);
    stream.once('close', resolve);
  });
}

const READ = Symbol('read');

interface FrameWriter {
  headers(type: number, id: number, headers: ReadonlyMap<string, string>): void;
  control(type: number, id: number, code: number): void;
  data(id: number, bytes: Buffer, flags: number, done?: () => void): void;
  raw(frame: Buffer): void;
  end(): void;
}

/** Frames leave in the order of the calls: compression has one state for the whole connection. */
function createFrameWriter(socket: Duplex): FrameWriter {
  const deflate = createCoder(createDeflate({dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH}));
  let queue = Promise.resolve();
  const write = (...pieces: Buffer[]): Promise<void> =>
    new Promise(resolve => {
      if (socket.destroyed || socket.writableEnded) resolve();
      else socket.write(Buffer.concat(pieces), () => resolve());
    });
  const enqueue = (task: () => Promise<void>, done?: () => void) => {
    queue = queue.then(task).then(done, done);
  };
  return {
    headers: (type, id, headers) =>
      enqueue(async () => {
        const block = await deflate(formatHeaders(headers));
        const fixed = Buffer.alloc(type === SYN_STREAM ? 10 : 4);
        fixed.writeUInt32BE(id);
        await write(controlHead(type, fixed.length + block.length), fixed, block);
      }),
    control: (type, id, code) =>
      enqueue(() => {
        const fixed = Buffer.alloc(8);
        fixed.writeUInt32BE(id);
        fixed.writeUInt32BE(code, 4);
        return write(controlHead(type, fixed.length), fixed);
      }),
    data: (id, bytes, flags, done) =>
      enqueue(() => {
        const head = Buffer.alloc(HEAD);
        head.writeUInt32BE(id);
        head[4] = flags;
        head.writeUIntBE(bytes.length, 5, 3);
        return write(head, bytes);
      }, done),
    raw: frame => enqueue(() => write(frame)),
    end: () => enqueue(async () => void socket.end()),
  };
}

function controlHead(type: number, length: number): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt16BE(0x8003);
  head.writeUInt16BE(type, 2);
  head.writeUIntBE(length, 5, 3);
  return head;
}

/** As much as one frame of data carries. */
const CHUNK = 1024 * 1024;

function createStream(id: number, headers: ReadonlyMap<string, string>, frames: FrameWriter): SpdyStream {
  const stream = new Duplex({
    read: () => void stream.emit(READ),
    write(bytes: Buffer, _encoding, done) {
      for (let at = CHUNK; at < bytes.length; at += CHUNK) frames.data(id, bytes.subarray(at - CHUNK, at), 0);
      frames.data(id, bytes.subarray(bytes.length - (bytes.length % CHUNK || CHUNK)), 0, done);
    },
    final: done => frames.data(id, Buffer.alloc(0), FIN, done),
    destroy(error, done) {
      if (!stream.writableFinished) frames.control(RST_STREAM, id, CANCEL);
      done(error);
    },
  });
  return Object.assign(stream, {headers});
}

/** Feeds a compressor piece by piece; each answer is all that came out for its piece. */
function createCoder(coder: Deflate | Inflate): (bytes: Buffer) => Promise<Buffer> {
  let pieces: Buffer[] = [];
  coder.on('data', (piece: Buffer) => pieces.push(piece));
  return bytes =>
    new Promise((resolve, reject) => {
      coder.once('error', reject);
      coder.write(bytes, () => {
        coder.off('error', reject);
        resolve(Buffer.concat(pieces));
        pieces = [];
      });
    });
}

function formatHeaders(headers: ReadonlyMap<string, string>): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const texts = [...headers].flatMap(([name, value]) => [name.toLowerCase(), value]).map(text => Buffer.from(text));
  return Buffer.concat([number(headers.size), ...texts.flatMap(text => [number(text.length), text])]);
}

/** Of a header with several values the first counts. */
function parseHeaders(block: Buffer): Map<string, string> {
  let at = 4;
  const text = () => {
    const length = block.readUInt32BE(at);
    at += 4 + length;
    return block.toString('utf8', at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = block.readUInt32BE(0); left > 0; left--) {
    const name = text();
    headers.set(name, text().split('\0')[0]!);
  }
  return headers;
}

/** With what both sides' compressors begin (SPDY protocol, draft 3, 2.6.10.1): words with their lengths, then plain text. */
const DICTIONARY = Buffer.concat([
  ...(
    'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization ' +
    'cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range ' +
    'content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since ' +
    'last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer ' +
    'transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public ' +
    'set-cookie keep-alive origin'
  )
    .split(' ')
    .flatMap(word => [Buffer.of(0, 0, 0, word.length), Buffer.from(word.replace('_', ' '))]),
  Buffer.from(
    '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information' +
      '204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error' +
      '501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, ' +
      'Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,' +
      'text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.',
  ),
]);
