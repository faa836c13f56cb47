import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {COMPILE_LESS} from '../../cluster/cli/compiler.ts';
import {type Load, type Session, sessionWith, startLibrary} from '../harness.ts';
import {deployment} from '../objects.ts';
import type {Report} from '../report.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/kubedouble.js', import.meta.url));

/** The compiled program from its start: when /readyz says ok, when a Deployment is available, what it then holds in memory. */
export async function measureStart(load: Load, report: Report): Promise<void> {
  await withProgram(load, [], async (session, sinceStart, server) => {
    report.note('start to /readyz', `${sinceStart()} ms, ${cpuSeconds(server)} s CPU`, '≤ 500 ms');
    const path = '/apis/apps/v1/namespaces/default/deployments';
    await session.send({method: 'POST', path, body: {...deployment('first', 1, true), metadata: {name: 'first'}}});
    const {error} = await session.run({job: 'until', conditions: [{path: `${path}/first`, status: {availableReplicas: 1}}]});
    report.note('first Deployment available', `${sinceStart()} ms`, '≤ 1,000 ms', error);
    await sleep(3_000);
    report.note('memory when idle', `${Math.round(residentMegabytes(server))} MB`, '≤ 120 MB');
  });
  const library = startLibrary();
  const times = await library.timeStarts(12);
  library.stop();
  report.note('startCluster() in a warm process', `${times.map(time => time.toFixed(0)).join(', ')} ms`, '≤ 60 ms');
}

/** Starts the compiled program with a data folder of its own or the given one; `use` begins when it is ready. */
export async function withProgram(
  load: Load,
  flags: readonly string[],
  use: (session: Session, sinceStart: () => number, server: ChildProcess) => Promise<void>,
): Promise<void> {
  const port = 20_000 + (process.pid % 20_000);
  const folder = join(tmpdir(), `kubedouble-bench-${process.pid}`);
  const started = performance.now();
  const all = ['start', '--port', String(port), '--token', 'bench', '--kubeconfig', join(folder, 'kubeconfig'), ...flags];
  const server = spawn(process.execPath, [...COMPILE_LESS, PROGRAM, ...all], {stdio: 'ignore'});
  const session = sessionWith(load, {url: `https://127.0.0.1:${port}`, token: 'bench'}, () => Promise.reject(new Error('not asked')));
  try {
    while ((await session.run({job: 'requests', requests: [{method: 'GET', path: '/readyz'}]})).error) await sleep(5);
    await use(session, () => Math.round(performance.now() - started), server);
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
    rmSync(folder, {recursive: true, force: true});
  }
}

export const residentMegabytes = ({pid}: ChildProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Fields 14 and 15 of proc_pid_stat(5) are user and system time in ticks of 10 ms; the program's name may hold blanks. */
export function cpuSeconds({pid}: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
