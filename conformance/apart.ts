import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {startCluster} from '../cluster/index.ts';
import type {Target} from './client.ts';

/** Controllers and scheduler in processes of their own: ours, or the real ones (the nodes' kubelets are always ours). */
export type Drivers = 'ours' | 'real';

/** An API server without controllers; `kubeconfig` is a file. */
interface Server {
  target: Target;
  kubeconfig: string;
  stop(): Promise<void>;
}

export interface Apart {
  target: Target;
  stop(): Promise<void>;
}

/** The programs that are meant by `real`, from the environment. */
const REAL = {KUBE_CONTROLLER_MANAGER: process.env.KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER: process.env.KUBE_SCHEDULER};

/** The variables that would have to name a program and do not. */
export const missingPrograms = (drivers: Drivers): string[] =>
  drivers === 'ours' ? [] : Object.entries(REAL).flatMap(([name, path]) => (path ? [] : [name]));

/** Starts them against the given server, or against a kubedouble with `--controllers none`. Throws if one ends at once. */
export async function startApart(drivers: Drivers, given: Omit<Server, 'stop'> | undefined): Promise<Apart> {
  const server = given ? {...given, stop: async () => {}} : await startServer();
  const {kubeconfig} = server;
  const programs: ChildProcess[] = [];
  const stop = async () => {
    for (const program of programs) program.kill('SIGTERM');
    await Promise.all(programs.map(program => program.exitCode ?? once(program, 'exit')));
    await server.stop();
  };
  try {
    if (drivers === 'ours') programs.push(await startOurs(kubeconfig, '*'));
    else {
      programs.push(await startOurs(kubeconfig, 'kubelet'));
      const reach = [kubeconfig, kubeconfig, kubeconfig].map(
        (file, i) => `--${['', 'authentication-', 'authorization-'][i]}kubeconfig=${file}`,
      );
      const common = [...reach, '--leader-elect=false'];
      const authority = `--root-ca-file=${join(dirname(kubeconfig), 'ca.crt')}`;
      programs.push(
        run(REAL.KUBE_CONTROLLER_MANAGER!, [...common, '--use-service-account-credentials=true', ...(given ? [] : [authority])]),
      );
      programs.push(run(REAL.KUBE_SCHEDULER!, common));
    }
    return {target: server.target, stop};
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServer(): Promise<Server> {
  const token = 'conformance';
  const cluster = await startCluster({token, controllers: 'none', nodes: 0});
  writeFileSync(join(dirname(cluster.kubeconfigFile), 'ca.crt'), cluster.ca);
  return {target: {url: cluster.url, token}, kubeconfig: cluster.kubeconfigFile, stop: () => cluster.stop()};
}

const MAIN = fileURLToPath(new URL('../cluster/cli/main.ts', import.meta.url));

/** Resolves when it leads and works. */
async function startOurs(kubeconfig: string, only: string): Promise<ChildProcess> {
  const election = only === '*' ? ['--leader-elect'] : [];
  const program = run(process.execPath, [
    '--import',
    'tsx',
    MAIN,
    'controllers',
    '--kubeconfig',
    kubeconfig,
    '--nodes',
    '0',
    '--only',
    only,
    ...election,
  ]);
  await new Promise<void>((resolve, reject) => {
    program.stdout!.once('data', () => resolve());
    program.once('exit', code => reject(new Error(`kubedouble controllers ended with ${code}`)));
  });
  return program;
}

function run(command: string, args: string[]): ChildProcess {
  const program = spawn(command, args, {stdio: ['ignore', 'pipe', 'inherit']});
  program.stdout.on('data', () => {});
  program.once('error', error => console.error(`${command}: ${error.message}`));
  return program;
}
