/** `npm run bench`: what an operation costs the server, beside the real one's figures and beside bare `node:https`. */
import {type ChildProcess, fork, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import type {ClusterOptions} from '../cluster/options.ts';
import type {Job, Measured, Target} from './load.ts';
import {deployment, NAMESPACE, WARM_UP} from './objects.ts';
import {BARE, type LoadRequest, OPERATIONS, type Operation} from './operations.ts';
import {MEASURED_ON, REAL} from './real.ts';
import type {Usage} from './server.ts';

const TOKEN = 'bench';
const ALONE: ClusterOptions = {token: TOKEN, controllers: 'none', nodes: 0};
/** Without controllers nobody else makes the account that pods need. */
const NAMESPACE_REQUESTS: LoadRequest[] = [NAMESPACE, WARM_UP].flatMap(name => [
  {method: 'POST', path: '/api/v1/namespaces', body: {apiVersion: 'v1', kind: 'Namespace', metadata: {name}}},
  {
    method: 'POST',
    path: `/api/v1/namespaces/${name}/serviceaccounts`,
    body: {apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name: 'default', namespace: name}},
  },
]);

const {values: flags} = parseArgs({options: {only: {type: 'string'}}});
const load = start('./load.ts');

const parts: {[name: string]: () => Promise<void>} = {bare, operations, watchers, increment, deployment500, start: startUp, configMaps};
console.log(`real: kube-apiserver 1.36.3 and etcd 3.6, measured on ${MEASURED_ON}\n`);
printRow('operation', 'CPU ms', 'rate/s', 'p50 ms', 'p99 ms', 'real CPU ms', 'real rate/s', 'target');
const chosen = flags.only?.split(',') ?? Object.keys(parts);
const unknown = chosen.find(name => !(name in parts));
if (unknown !== undefined) console.error(`bench: there is no part ${unknown}: ${Object.keys(parts).join(', ')}`);
for (const name of unknown === undefined ? chosen : []) await parts[name]!();
load.kill();

async function bare(): Promise<void> {
  await withServer('bare', async (server, target) => {
    for (const operation of BARE) await runOperation(server, target, operation);
  });
}

async function operations(): Promise<void> {
  await withServer(ALONE, async (server, target) => {
    await makeNamespace(target);
    for (const operation of OPERATIONS) await runOperation(server, target, operation);
  });
}

async function watchers(): Promise<void> {
  await withServer(ALONE, async (server, target) => {
    await makeNamespace(target);
    for (const count of [100, 500]) {
      // Without the handshakes: they are the load of connecting, not of delivering.
      await measured(
        `delivery to ${count} watchers`,
        server,
        {job: 'watchers', watchers: count, writes: 500, perSecond: 100, ...target},
        0.02,
      );
      await ask<Measured>(load, {
        job: 'requests',
        requests: [{method: 'DELETE', path: `/api/v1/namespaces/${NAMESPACE}/configmaps`}],
        ...target,
      });
    }
  });
}

async function increment(): Promise<void> {
  await withServer(ALONE, async (server, target) => {
    await makeNamespace(target);
    await measured('increment, 16 writers', server, {job: 'increment', writers: 16, increments: 100, ...target});
  });
}

async function deployment500(): Promise<void> {
  await withServer({token: TOKEN, nodes: 10}, async (server, target) => {
    await makeNamespace(target);
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
    const before = await usage(server);
    await ask<Measured>(load, {job: 'requests', requests: [{method: 'POST', path, body: deployment('large', 500, true)}], ...target});
    const {seconds, error} = await ask<Measured>(load, {
      job: 'until',
      path: `${path}/large`,
      field: 'availableReplicas',
      value: 500,
      ...target,
    });
    const cpu = ((await usage(server)).cpu - before.cpu) / 500;
    printNote('Deployment of 500 available', `${seconds.toFixed(2)} s, ${cpu.toFixed(2)} ms CPU per pod`, '≤ 2.5 s', error);
  });
}

async function configMaps(): Promise<void> {
  await withServer(ALONE, async (server, target) => {
    await makeNamespace(target);
    const before = await usage(server);
    const rates: number[] = [];
    for (let from = 0; from < 50_000; from += 10_000) {
      const {count, seconds, error} = await ask<Measured>(load, {
        job: 'operation',
        name: OPERATIONS[0]!.name,
        count: 10_000,
        from,
        ...target,
      });
      if (error) return printNote('50,000 ConfigMaps', '', '', error);
      rates.push(Math.round(count / seconds));
    }
    await sleep(1_000);
    const after = await usage(server);
    const each = (after.memory - before.memory) / 50_000 / 1024;
    printNote('50,000 ConfigMaps', `${rates.join(', ')}/s per 10,000; ${each.toFixed(1)} KB each`, 'flat, ≤ 6 KB');
  });
}

/** The compiled program from its start: when /readyz says ok, when a Deployment is available, what it then holds in memory. */
async function startUp(): Promise<void> {
  const program = fileURLToPath(new URL('../dist/kubedouble.js', import.meta.url));
  const folder = join(tmpdir(), `kubedouble-bench-${process.pid}`);
  const port = 20_000 + (process.pid % 20_000);
  const started = performance.now();
  const flags = ['start', '--port', String(port), '--token', TOKEN, '--kubeconfig', join(folder, 'kubeconfig')];
  const server = spawn(process.execPath, [program, ...flags], {stdio: 'ignore'});
  const target = {url: `https://127.0.0.1:${port}`, token: TOKEN};
  try {
    while ((await ask<Measured>(load, {job: 'requests', requests: [{method: 'GET', path: '/readyz'}], ...target})).error) await sleep(5);
    printNote('start to /readyz', `${Math.round(performance.now() - started)} ms`, '≤ 500 ms');
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const body = {...deployment('first', 1, true), metadata: {name: 'first'}};
    await ask<Measured>(load, {job: 'requests', requests: [{method: 'POST', path, body}], ...target});
    const {error} = await ask<Measured>(load, {job: 'until', path: `${path}/first`, field: 'availableReplicas', value: 1, ...target});
    printNote('first Deployment available', `${Math.round(performance.now() - started)} ms`, '≤ 1,000 ms', error);
    await sleep(3_000);
    const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1];
    printNote('memory when idle', `${Math.round(Number(resident) / 1024)} MB`, '≤ 120 MB');
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
    rmSync(folder, {recursive: true, force: true});
  }
}

/** One request after the other: the second needs the first. */
async function makeNamespace(target: Target): Promise<void> {
  for (const request of NAMESPACE_REQUESTS) await ask<Measured>(load, {job: 'requests', requests: [request], ...target});
}

async function runOperation(server: ChildProcess, target: Target, operation: Operation): Promise<void> {
  await ask<Measured>(load, {job: 'warmUp', name: operation.name, ...target});
  await measured(operation.name, server, {job: 'operation', name: operation.name, ...target}, operation.target);
}

async function measured(name: string, server: ChildProcess, job: Job, target?: number): Promise<void> {
  const before = await usage(server);
  const {count, seconds, p50, p99, error} = await ask<Measured>(load, job);
  const cpu = ((await usage(server)).cpu - before.cpu) / count;
  const real = REAL[name];
  const number = (value: number | undefined, digits = 3) => (value === undefined ? '' : String(Number(value.toPrecision(digits))));
  printRow(
    name,
    number(cpu),
    number(count / seconds, 4),
    number(p50),
    number(p99),
    number(real?.cpu),
    number(real?.rate, 4),
    target ? `≤ ${target}` : '',
  );
  if (error) console.log(`  ! ${error}`);
}

async function withServer(options: ClusterOptions | 'bare', use: (server: ChildProcess, target: Target) => Promise<void>): Promise<void> {
  const server = start('./server.ts', JSON.stringify(options));
  const [{url}] = (await once(server, 'message')) as [{url: string}];
  try {
    await use(server, {url, token: TOKEN});
  } finally {
    server.kill();
  }
}

function start(module: string, ...args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(module, import.meta.url)), args, {execArgv: ['--import', 'tsx']});
}

function usage(server: ChildProcess): Promise<Usage> {
  return ask<Usage>(server, {});
}

async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  child.send(message);
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
}

function printRow(name: string, ...cells: string[]): void {
  console.log(name.padEnd(30) + cells.map(cell => cell.padStart(13)).join(''));
}

function printNote(name: string, ours: string, target: string, error?: string): void {
  const real = REAL[name]?.text;
  console.log(`${name.padEnd(30)}   ${ours}${real ? `   real: ${real}` : ''}   target: ${target}`);
  if (error) console.log(`  ! ${error}`);
}
