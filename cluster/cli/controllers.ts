import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';
import type {Running} from '../../controllers/runtime/controller.ts';
import {createHttpsClient} from '../../controllers/runtime/https-client.ts';
import {readKubeconfig} from '../../controllers/runtime/kubeconfig.ts';
import {startLeaderElection} from '../../controllers/runtime/leader-election.ts';
import {signingKey} from '../../server/access/jwt.ts';
import {signLegacy} from '../../server/access/legacy-token.ts';
import {readSigningKey} from '../access.ts';
import {createClock, createWallClock} from '../clock.ts';
import {type ControllersOptions, checkControllerNames, startControllers} from '../controllers.ts';
import {attempt, explain, StartError, UsageError} from '../errors.ts';
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
  rootCaFile?: string;
  serviceAccountPrivateKeyFile?: string;
  clusterSigningCertFile?: string;
  clusterSigningKeyFile?: string;
}

/** `kubedouble controllers`: works against an API server that is not ours until a signal comes; resolves with the exit code. */
export async function controllers(flags: Flags): Promise<number> {
  const {kubeconfig, only, nodes, leaderElect, logLevel} = flags;
  const settings = completeOptions(readOptions({controllers: only, nodes, logLevel}, {}));
  await checkControllerNames(settings);
  const reach = attempt(`cannot use ${kubeconfig}`, () => readKubeconfig(kubeconfig));
  const files = readFiles(flags, reach.ca);
  const client = createHttpsClient({...reach, userAgent: 'kubedouble'});
  await client.request({method: 'GET', path: '/version'}).catch(error => {
    throw new StartError(`cannot reach ${reach.server}: ${explain(error)}`, error);
  });

  const stopped = stopSignal();
  reportRejections();
  const log = createLog(settings.logLevel);
  const [clock, random] = [createClock({wall: createWallClock()}), createRandom()];
  const report = (name: string, key: string, error: unknown) => log.debug({name, key, error}, 'reconcile failed');
  const parts: Running[] = [];
  const begin = async () => {
    parts.push(...(await startControllers({client, clock, random, settings, ...files, report})).parts);
  };
  const work: Running = {
    stop: () => parts.forEach(part => void part.stop()),
    idle: () => parts.every(part => part.idle()),
    nextDue: () => undefined,
  };
  const lost = new AbortController();
  let election: Running | undefined;
  if (leaderElect) {
    const lead = (): Running => {
      void begin();
      return work;
    };
    const identity = `${hostname()}_${random.uuid()}`;
    election = startLeaderElection({client, clock, name: 'kube-controller-manager', identity, lead, lost: () => lost.abort()});
  } else await begin();
  process.stdout.write(`Controllers work against ${reach.server}\n`);
  await Promise.race([stopped, new Promise(resolve => lost.signal.addEventListener('abort', resolve))]);
  election?.stop();
  work.stop();
  clock.stop();
  if (lost.signal.aborted) throw new StartError('the lease kube-system/kube-controller-manager was lost');
  return 0;
}

/** What controllers need of the secrets of a cluster that is not ours. Without them, what needs them is left alone. */
function readFiles(flags: Flags, known = ''): Pick<ControllersOptions, 'ca' | 'authority' | 'serviceAccountToken'> {
  const {rootCaFile, serviceAccountPrivateKeyFile, clusterSigningCertFile, clusterSigningKeyFile} = flags;
  if ((clusterSigningCertFile === undefined) !== (clusterSigningKeyFile === undefined))
    throw new UsageError('--cluster-signing-cert-file and --cluster-signing-key-file need each other');
  const key = serviceAccountPrivateKeyFile === undefined ? undefined : signingKey(readSigningKey(serviceAccountPrivateKeyFile));
  return {
    ca: rootCaFile === undefined ? known : read(rootCaFile),
    ...(clusterSigningCertFile && {authority: {certificate: read(clusterSigningCertFile), key: read(clusterSigningKeyFile!)}}),
    ...(key && {serviceAccountToken: claims => signLegacy(claims, key)}),
  };
}

const read = (file: string): string => attempt(`cannot use ${file}`, () => readFileSync(file, 'utf8'));
