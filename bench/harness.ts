import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {COMPILE_LESS} from '../cluster/cli/compiler.ts';
import type {ClusterOptions} from '../cluster/options.ts';
import type {Job, Measured, Target} from './load.ts';
import {NAMESPACE, WARM_UP} from './objects.ts';
import type {LoadRequest} from './operations.ts';
import type {Asked, Usage} from './server.ts';

const TOKEN = 'bench';

/** An API server alone: no controllers, no nodes. */
export const ALONE: ClusterOptions = {controllers: 'none', nodes: 0};

/** A server in a process of its own and the load generator that asks it. */
export interface Session {
  readonly target: Target;
  /** Has the load generator do something to the server. */
  run(job: Job): Promise<Measured>;
  /** One request after the other: the second may need the first. Throws where one is refused. */
  send(...requests: LoadRequest[]): Promise<void>;
  /** What the server's process has used so far. */
  usage(asked?: Asked): Promise<Usage>;
}

/** The load generator: one for all servers. */
export interface Load {
  run(target: Target, job: Job): Promise<Measured>;
  stop(): void;
}

export function startLoad(): Load {
  const child = start('./load.ts', []);
  return {run: (target, job) => ask(child, {...job, ...target}), stop: () => child.kill()};
}

/** Starts a server, has it used, and ends it. */
export async function withServer<T>(load: Load, options: ClusterOptions | 'bare', use: (session: Session) => Promise<T>): Promise<T> {
  const server = start('./server.ts', COMPILE_LESS, JSON.stringify(options === 'bare' ? options : {token: TOKEN, ...options}));
  const [{url}] = (await once(server, 'message')) as [{url: string}];
  try {
    return await use(sessionWith(load, {url, token: TOKEN}, asked => ask<Usage>(server, asked)));
  } finally {
    const gone = once(server, 'exit');
    server.kill();
    await gone;
  }
}

export function sessionWith(load: Load, target: Target, usage: (asked: Asked) => Promise<Usage>): Session {
  const run = (job: Job) => load.run(target, job);
  return {
    target,
    run,
    usage: (asked = {}) => usage(asked),
    async send(...requests) {
      for (const request of requests) {
        const {error} = await run({job: 'requests', requests: [request]});
        if (error !== undefined) throw new Error(`${request.method} ${request.path}: ${error}`);
      }
    },
  };
}

export const makeNamespace = (session: Session, name: string = NAMESPACE): Promise<void> =>
  session.send({method: 'POST', path: '/api/v1/namespaces', body: {apiVersion: 'v1', kind: 'Namespace', metadata: {name}}});

/** For a server without controllers: nobody else makes the account that pods need. */
export async function makeNamespaces(session: Session, names: readonly string[] = [NAMESPACE, WARM_UP]): Promise<void> {
  for (const name of names) {
    await makeNamespace(session, name);
    const body = {apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name: 'default', namespace: name}};
    await session.send({method: 'POST', path: `/api/v1/namespaces/${name}/serviceaccounts`, body});
  }
}

/** Milliseconds of CPU that the server used while `work` was done, and what that gave. */
export async function withCpu<T>(session: Session, work: () => Promise<T>): Promise<{cpu: number; result: T}> {
  const before = await session.usage();
  const result = await work();
  return {cpu: (await session.usage()).cpu - before.cpu, result};
}

/** A process that starts and stops clusters by the library. */
export function startLibrary(): {timeStarts(count: number): Promise<number[]>; stop(): void} {
  const child = start('./warm.ts', []);
  return {timeStarts: count => ask<number[]>(child, {count}), stop: () => child.kill()};
}

function start(module: string, flags: readonly string[], ...args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(module, import.meta.url)), args, {execArgv: ['--import', 'tsx', ...flags]});
}

async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  child.send(message);
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
}
