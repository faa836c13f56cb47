import {Duplex} from 'node:stream';
import type {PodRecord} from './pod-record.ts';

/** Connects to a port of a pod. Nothing listens in a simulated container: the stream fails as a container runtime's does. */
export function openPort({pod}: PodRecord, port: number): Duplex {
  const stream = new Duplex({read() {}, write: (_chunk, _encoding, done) => done()});
  const where = `failed to connect to localhost:${port} inside namespace of pod ${JSON.stringify(pod.metadata.name)}`;
  stream.destroy(
    new Error(
      `failed to execute portforward in network namespace: ${where}, IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused`,
    ),
  );
  return stream;
}
