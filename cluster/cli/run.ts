import {spawn} from 'node:child_process';
import {constants} from 'node:os';
import {StartError} from '../errors.ts';
import {openFolder} from '../folder.ts';
import {completeOptions, readOptions} from '../options.ts';
import {composeCluster} from '../start.ts';
import {reportRejections, stopInTime, whenReady} from './lifetime.ts';

/** `kubedouble run [flags] -- COMMAND…`: runs the command with KUBECONFIG set; resolves with its exit code. */
export async function run(flags: {readonly [name: string]: unknown}, [command = '', ...args]: readonly string[]): Promise<number> {
  const settings = completeOptions(readOptions(flags, process.env));
  reportRejections();
  const folder = openFolder(settings.dataDir);
  process.once('exit', folder.remove);
  const cluster = await composeCluster({settings, folder, ports: [settings.port ?? 0]});
  try {
    await whenReady(cluster);
    return await runCommand(command, args, {...process.env, KUBECONFIG: cluster.kubeconfigFile});
  } finally {
    await stopInTime(cluster);
  }
}

/** Resolves with the exit code as a shell tells it: 128 and more after a signal. */
function runCommand(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {env, stdio: 'inherit'});
    // The command decides what a signal means. Of a terminal's Ctrl-C it hears by itself, being in the same process group.
    process.on('SIGINT', () => {});
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    child.on('error', error => reject(new StartError(`cannot run ${command}: ${error.message}`, error)));
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}
