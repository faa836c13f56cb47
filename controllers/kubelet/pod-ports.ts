import {createServer} from 'node:http';
import {posix} from 'node:path';
import {Duplex} from 'node:stream';
import {createDuplexPair} from '../../wire/duplex-pair.ts';
import {knownImage} from './known-images.ts';
import type {ContainerRecord, PodRecord} from './pod-record.ts';
import {isRunning} from './pod-record.ts';
import type {Process} from './programs/process.ts';

/** Gives what a program finds in a container. */
export type Enter = (record: PodRecord, container: ContainerRecord) => Promise<Process>;

/**
 * Connects to a port of a pod. A container answers HTTP on the ports that it tells of, or that its image is known for; where none does,
 * the stream fails as a container runtime's does.
 */
export function openPort(record: PodRecord, port: number, enter: Enter): Duplex {
  const container = listenerOf(record, port);
  return container ? serve(record, container, enter) : refused(record, port);
}

const listenerOf = ({containers}: PodRecord, port: number): ContainerRecord | undefined =>
  containers.find(one => isRunning(one) && portsOf(one).includes(port));

export const listens = (record: PodRecord, port: number): boolean => listenerOf(record, port) !== undefined;

const portsOf = ({spec}: ContainerRecord): number[] => [
  ...(spec.ports ?? []).filter(({protocol = 'TCP'}) => protocol === 'TCP').map(({containerPort}) => containerPort),
  ...(knownImage(spec.image ?? '')?.ports ?? []),
];

/** Files where the image serves some, else the name of the pod. */
function serve(record: PodRecord, container: ContainerRecord, enter: Enter): Duplex {
  const [client, end] = createDuplexPair();
  const server = createServer(async (request, response) => {
    const root = knownImage(container.spec.image ?? '')?.root;
    const {files} = await enter(record, container);
    const path = posix.normalize(new URL(request.url ?? '/', 'http://pod').pathname);
    const file = root === undefined ? undefined : files.find(`${root}${path}${path.endsWith('/') ? 'index.html' : ''}`);
    const found = root === undefined || file?.type === 'file';
    const body = file?.type === 'file' ? file.bytes : Buffer.from(found ? `${record.pod.metadata.name}\n` : '404 Not Found\n');
    const type = path.endsWith('/') && file ? 'text/html' : file ? 'application/octet-stream' : 'text/plain';
    response.writeHead(found ? 200 : 404, {'content-type': type, 'content-length': body.length}).end(request.method === 'HEAD' ? '' : body);
  });
  // What has said its last word listens no more.
  end.on('finish', () => client.end());
  server.emit('connection', end);
  return client;
}

function refused({pod}: PodRecord, port: number): Duplex {
  const stream = new Duplex({read() {}, write: (_chunk, _encoding, done) => done()});
  const where = `failed to connect to localhost:${port} inside namespace of pod ${JSON.stringify(pod.metadata.name)}`;
  stream.destroy(
    new Error(
      `failed to execute portforward in network namespace: ${where}, IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused`,
    ),
  );
  return stream;
}
