import {hostname} from 'node:os';
import type {Running} from '../../controllers/runtime/controller.ts';
import {createHttpsClient} from '../../controllers/runtime/https-client.ts';
import {readKubeconfig} from '../../controllers/runtime/kubeconfig.ts';
import {startLeaderElection} from '../../controllers/runtime/leader-election.ts';
import {createClock, createWallClock} from '../clock.ts';
import {checkControllerNames, startControllers} from '../controllers.ts';
import {explain, StartError} from '../errors.ts';
import {createLog} from '../log.ts';
import {completeOptions, readOptions} from '../options.ts';
import {createRandom} from '../random.ts';
import {reportRejections, stopSignal} from './lifetime.ts';

interface Flags {
  kubeconfig: string;
  only: string;
  nodes: string;
  leaderElect?: boolean;
  logLevel: string;
}

/** `kubedouble controllers`: works against an API server that is not ours until a signal comes; resolves with the exit code. */
export async function controllers({kubeconfig, only, nodes, leaderElect, logLevel}: Flags): Promise<number> {
  const settings = completeOptions(readOptions({controllers: only, nodes, logLevel}, {}));
  await checkControllerNames(settings);
  const reach = attempt(`cannot use ${kubeconfig}`, () => readKubeconfig(kubeconfig));
  const client = createHttpsClient({...reach, userAgent: 'kubedouble'});
  await client.request({method: 'GET', path: '/version'}).catch(error => {
    throw new StartError(`cannot reach ${reach.server}: ${explain(error)}`, error);
  });

  const stopped = stopSignal();
  reportRejections();
  const log = createLog(settings.logLevel);
  const [clock, random] = [createClock({wall: createWallClock()}), createRandom()];
  const report = (name: string, key: string, error: unknown) => log.debug({name, key, error}, 'reconcile failed');
  const begin = async () => {
    const {parts} = await startControllers({client, clock, random, settings, ca: reach.ca ?? '', report});
    return parts;
  };
  let parts: Running[] = [];
  const lost = new AbortController();
  if (leaderElect) {
    const lead = (): Running => {
      void begin().then(started => {
        parts = started;
      });
      return {stop: () => parts.forEach(part => void part.stop()), idle: () => parts.every(part => part.idle()), nextDue: () => undefined};
    };
    const identity = `${hostname()}_${random.uuid()}`;
    const election = startLeaderElection({client, clock, name: 'kube-controller-manager', identity, lead, lost: () => lost.abort()});
    parts = [election];
  } else parts = await begin();
  process.stdout.write(`Controllers work against ${reach.server}\n`);
  await Promise.race([stopped, new Promise(resolve => lost.signal.addEventListener('abort', resolve))]);
  for (const part of parts) part.stop();
  clock.stop();
  if (lost.signal.aborted) throw new StartError('the lease kube-system/kube-controller-manager was lost');
  return 0;
}

function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new StartError(`${what}: ${explain(error)}`, error);
  }
}
