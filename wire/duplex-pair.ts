import {Duplex} from 'node:stream';

/**
 * Two streams that are each other's other end, as the two ends of a socket. Handed to `server.emit('connection', end)`, one end makes
 * a `node:http` server answer in-process. Back-pressure reaches the writer: a chunk is done when the other side has taken it.
 */
export function createDuplexPair(): [Duplex, Duplex] {
  const left = createEnd();
  const right = createEnd();
  left.connect(right);
  right.connect(left);
  return [left.stream, right.stream];
}

interface End {
  stream: Duplex;
  connect(peer: End): void;
  /** Takes a chunk (null: the end) and says when it may have the next. */
  receive(chunk: Buffer | null, taken: () => void): void;
}

function createEnd(): End {
  let peer: End | undefined;
  let waiting: (() => void) | undefined;
  const release = () => {
    const taken = waiting;
    waiting = undefined;
    taken?.();
  };
  const stream = new Duplex({
    allowHalfOpen: true,
    read: release,
    write(chunk: Buffer, _encoding, done) {
      peer!.receive(chunk, done);
    },
    final(done) {
      peer!.receive(null, done);
    },
    destroy(error, done) {
      release();
      // A socket that vanishes ends the conversation for the other side too.
      const other = peer?.stream;
      if (other && !other.destroyed) queueMicrotask(() => (other.readableEnded || !error ? other.push(null) : other.destroy()));
      done(error);
    },
  });
  // What HTTP servers ask of sockets.
  Object.assign(stream, {
    setTimeout: () => stream,
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
    remoteAddress: '127.0.0.1',
  });
  return {
    stream,
    connect(other) {
      peer = other;
    },
    receive(chunk, taken) {
      if (stream.destroyed) return taken();
      if (stream.push(chunk) || chunk === null) taken();
      else waiting = taken;
    },
  };
}
