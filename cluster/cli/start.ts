import {once} from 'node:events';
import {explain, StartError} from '../errors.ts';
import {openFolder} from '../folder.ts';
import {completeOptions, readOptions} from '../options.ts';
import {composeCluster} from '../start.ts';
import {reportRejections, stopInTime, stopSignal, whenReady} from './lifetime.ts';
import {quote} from './shell.ts';

const USUAL_PORT = 6443;

/** `kubedouble start`: serves until a signal comes; resolves with the exit code. */
export async function start(
  flags: {readonly [name: string]: unknown},
  environment: {readonly [name: string]: string | undefined} = process.env,
): Promise<number> {
  const settings = completeOptions(readOptions(flags, environment));
  const stopped = stopSignal();
  reportRejections();
  const folder = openFolder(settings.dataDir);
  process.once('exit', folder.remove);
  const ports = settings.port === undefined ? [USUAL_PORT, 0] : [settings.port];
  const failure = new AbortController();
  const cluster = await composeCluster({settings, folder, ports, onFailure: cause => failure.abort(cause)});
  await whenReady(cluster);
  if (settings.port === undefined && cluster.port !== USUAL_PORT) {
    process.stderr.write(`kubedouble: port ${USUAL_PORT} is taken, using ${cluster.port} instead\n`);
  }
  const plain = cluster.httpUrl ? ` and ${cluster.httpUrl}` : '';
  process.stdout.write(`Kubernetes ${cluster.version} at ${cluster.url}${plain}\nexport KUBECONFIG=${quote(cluster.kubeconfigFile)}\n`);
  await Promise.race([stopped, once(failure.signal, 'abort')]);
  await stopInTime(cluster);
  const {aborted, reason} = failure.signal;
  if (aborted) throw new StartError(`nothing can be stored in ${folder.path} any more: ${explain(reason)}`, reason);
  return 0;
}
