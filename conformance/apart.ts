import {type ChildProcess, spawn} from 'node:child_process';
import {generateKeyPairSync} from 'node:crypto';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {startCluster} from '../cluster/index.ts';
import type {Target} from './client.ts';

/** Controllers and scheduler in processes of their own: ours, or the real ones (the nodes' kubelets are always ours). */
export type Drivers = 'ours' | 'real';

/** An API server without controllers; `kubeconfig` is a file. */
interface Server {
  target: Target;
  kubeconfig: string;
  /** Flags of controllers with what they need of its secrets, as kube-controller-manager has them. */
  secrets?: string[];
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
  const {kubeconfig, secrets = []} = server;
  const programs: ChildProcess[] = [];
  const stop = async () => {
    for (const program of programs) program.kill('SIGTERM');
    await Promise.all(programs.map(program => program.exitCode ?? once(program, 'exit')));
    await server.stop();
  };
  try {
    if (drivers === 'ours') programs.push(await startOurs(kubeconfig, '*', ['--leader-elect', ...secrets]));
    else {
      programs.push(await startOurs(kubeconfig, 'kubelet', []));
      const reach = [kubeconfig, kubeconfig, kubeconfig].map(
        (file, i) => `--${['', 'authentication-', 'authorization-'][i]}kubeconfig=${file}`,
      );
      const common = [...reach, '--leader-elect=false'];
      programs.push(run(REAL.KUBE_CONTROLLER_MANAGER!, [...common, '--use-service-account-credentials=true', ...secrets]));
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
  const folder = mkdtempSync(join(tmpdir(), 'kubedouble-'));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, {mode: 0o600});
    return join(folder, name);
  };
  const {privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
  const signs = file('account.key', privateKey.export({type: 'pkcs8', format: 'pem'}) as string);
  const cluster = await startCluster({token, controllers: 'none', nodes: 0, dataDir: folder, serviceAccountSigningKeyFile: signs});
  return {
    target: {url: cluster.url, token},
    kubeconfig: cluster.kubeconfigFile,
    secrets: [
      `--root-ca-file=${file('root.crt', cluster.ca)}`,
      `--service-account-private-key-file=${signs}`,
      `--cluster-signing-cert-file=${join(folder, 'ca.crt')}`,
      `--cluster-signing-key-file=${join(folder, 'ca.key')}`,
    ],
    async stop() {
      await cluster.stop();
      rmSync(folder, {recursive: true});
    },
  };
}

const MAIN = fileURLToPath(new URL('../cluster/cli/main.ts', import.meta.url));

/** Resolves when it leads and works. */
async function startOurs(kubeconfig: string, only: string, flags: readonly string[]): Promise<ChildProcess> {
  const own = ['controllers', '--kubeconfig', kubeconfig, '--nodes', '0', '--only', only];
  const program = run(process.execPath, ['--import', 'tsx', MAIN, ...own, ...flags]);
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
