/** A server in a process of its own: the compiled cluster, or `node:https` alone. Asked by a message, it says what it has used. */
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {createAuthority, issueCertificate} from '../cluster/certificates.ts';
import type {ClusterOptions} from '../cluster/options.ts';
import {createRandom} from '../cluster/random.ts';

export interface Usage {
  /** User and system time of the process so far, in milliseconds. */
  cpu: number;
  /** Bytes resident. */
  memory: number;
  /** The longest time since the last answer for which the event loop was held, while that is watched. */
  held: Held;
}

/** Milliseconds: as the clock has it, and the CPU time of the process, which grows less where others want the machine. */
export interface Held {
  wall: number;
  cpu: number;
}

export interface Asked {
  /** From now on watch the event loop, which costs some CPU time of its own. */
  watchLoop?: boolean;
}

const options = JSON.parse(process.argv[2]!) as ClusterOptions | 'bare';
const url = options === 'bare' ? await startBare() : await startCompiled(options);

let held: Held = {wall: 0, cpu: 0};

process.on('message', ({watchLoop}: Asked) => {
  process.send!({cpu: cpuTime(), memory: process.memoryUsage.rss(), held} satisfies Usage);
  if (watchLoop) watch();
  held = {wall: 0, cpu: 0};
});
process.send!({url});

function cpuTime(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000;
}

/** What passes between two turns of a timer beyond its interval is the time for which the loop was held. */
function watch(): void {
  const interval = 5;
  let last = {wall: performance.now(), cpu: cpuTime()};
  setInterval(() => {
    const now = {wall: performance.now(), cpu: cpuTime()};
    held = {wall: Math.max(held.wall, now.wall - last.wall - interval), cpu: Math.max(held.cpu, now.cpu - last.cpu)};
    last = now;
  }, interval);
}

async function startCompiled(given: ClusterOptions): Promise<string> {
  // A variable keeps TypeScript from looking for what the build makes.
  const library = new URL('../dist/index.js', import.meta.url).href;
  const {startCluster} = (await import(library)) as typeof import('../cluster/index.ts');
  return (await startCluster(given)).url;
}

function startBare(): Promise<string> {
  const random = createRandom();
  const {certificate: cert, key} = issueCertificate(
    createAuthority(random),
    {commonName: 'bare', hosts: ['127.0.0.1'], usage: 'server'},
    random,
  );
  const server = createServer({cert, key}, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.setHeader('Content-Type', 'application/json').end(chunks.length > 0 ? Buffer.concat(chunks) : '{}'));
  });
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve(`https://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}
