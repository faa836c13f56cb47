import type {OutgoingHttpHeaders, ServerResponse} from 'node:http';
import {createFrameEncoder} from '../encode/frames.ts';
import type {ProtobufCodec} from '../encode/protobuf.ts';
import type {Accepted} from '../request/negotiate.ts';
import type {ResponseBody} from '../request/request.ts';

// Frames read at a time: one write to the socket, and a turn that others do not wait long for.
const FRAMES = 100;

/**
 * Streams a watch. Nothing is queued here: a full socket stops the reading, `drain` resumes it; what the watcher missed meanwhile it reads
 * from the log, if that still has it.
 */
export function sendWatch(
  {resource, stream}: Extract<ResponseBody, {type: 'watch'}>,
  accepted: Accepted,
  headers: OutgoingHttpHeaders,
  outgoing: ServerResponse,
  {now, protobuf}: {now(): number; protobuf: ProtobufCodec},
): Promise<void> {
  const encoder = createFrameEncoder(resource, accepted, now, protobuf);
  outgoing.writeHead(200, {...headers, 'Content-Type': encoder.contentType});
  outgoing.flushHeaders();
  return new Promise((resolve, reject) => {
    let blocked = false;
    let scheduled = false;
    const write = (): void => {
      const frames = stream.read(FRAMES);
      if (frames.length > 0) {
        const bytes = frames.map(frame => encoder.encode(frame));
        blocked = !outgoing.write(bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes));
        if (!blocked && !stream.ended) schedule();
      }
      if (stream.ended) outgoing.end();
    };
    const pump = (): void => {
      scheduled = false;
      if (blocked || outgoing.destroyed) return;
      try {
        write();
      } catch (error) {
        stream.close();
        reject(error);
      }
    };
    // Others get their turn between two batches.
    const schedule = (): void => {
      if (scheduled) return;
      scheduled = true;
      setImmediate(pump);
    };
    outgoing.on('drain', () => {
      blocked = false;
      pump();
    });
    outgoing.once('close', () => {
      stream.close();
      resolve();
    });
    stream.onReady(pump);
    pump();
  });
}
