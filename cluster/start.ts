import {join} from 'node:path';
import {loadFacts} from '../openapi/facts.ts';
import type {AccessOptions} from '../server/access/access.ts';
import type {ApiClient, Identity} from '../server/api/client.ts';
import {formatCIDR, formatIP, parseCIDR, parseIP} from '../server/api/ip.ts';
import type {Random} from '../server/api/random.ts';
import {createServer, type Server} from '../server/server.ts';
import {openLmdbStore} from '../server/storage/lmdb.ts';
import type {Store} from '../server/storage/store.ts';
import {readAccess, readServingCertificate} from './access.ts';
import {readAdmissionConfig} from './admission-config.ts';
import {type Authority, issueCertificate, type KeyPair, loadAuthority} from './certificates.ts';
import {copyingClient} from './client.ts';
import {type ClusterClock, createClock, createWallClock} from './clock.ts';
import {checkControllerNames, type Started, startControllers} from './controllers.ts';
import {attempt, explain, StartError} from './errors.ts';
import {type Folder, openFolder} from './folder.ts';
import {formatKubeconfig, writeKubeconfig} from './kubeconfig.ts';
import {createLog} from './log.ts';
import {listEntries} from './option.ts';
import {type ClusterOptions, completeOptions, type Settings} from './options.ts';
import {createRandom} from './random.ts';
import {loadServiceAccountKey} from './service-account-key.ts';
import {settle} from './settle.ts';

/** One whole cluster: API server, controllers, scheduler and simulated nodes. */
export interface Cluster extends AsyncDisposable {
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  readonly port: number;
  /** Where it is served without TLS and authentication, if asked for. */
  readonly httpUrl: string | undefined;
  /** The Kubernetes version that it shows: `1.36.3`. */
  readonly version: string;
  /** A kubeconfig of an administrator, as text; it lies in `kubeconfigFile`. */
  readonly kubeconfig: string;
  readonly kubeconfigFile: string;
  /** PEM of the authority behind the server's certificate; one that was given to serve with stands beside it. */
  readonly ca: string;
  /** In-process, as an administrator; answers are the caller's own copies. */
  readonly client: ApiClient;
  /** Cluster time. */
  readonly clock: ClusterClock;
  /**
   * Resolves when everything in the process has come to rest: no request but watches, no reconcile, no stage of a pod due. What clients
   * over the network are about to do is not seen. `advance` moves a manual clock through whatever waits for time.
   */
  settled(options?: {advance?: boolean}): Promise<void>;
  /** Ends every connection and removes a temporary data folder. */
  stop(): Promise<void>;
}

/** Starts a cluster in this process, on a free port unless one is given; any number of them run side by side. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const settings = completeOptions(options);
  return composeCluster({settings, folder: openFolder(settings.dataDir), ports: [settings.port ?? 0]});
}

export interface Composition {
  settings: Settings;
  folder: Folder;
  /** Tried in this order until one is free. */
  ports: readonly number[];
  /** Cluster time stands still until `clock.advance` moves it. */
  manualClock?: boolean;
  /** Told when nothing can be stored any more, say because the disk is full. */
  onFailure?(cause: Error): void;
}

/** Puts the parts together. The folder is the cluster's from here on: a temporary one is removed when it stops or does not start. */
export async function composeCluster(composition: Composition): Promise<Cluster> {
  const closers: (() => unknown)[] = [() => composition.folder.remove()];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= runAll(closers);
    return stopping;
  };
  try {
    return await compose(composition, stop, closer => closers.push(closer));
  } catch (error) {
    await stop();
    throw error;
  }
}

async function compose(
  {settings, folder, ports, manualClock = false, onFailure}: Composition,
  stop: () => Promise<void>,
  onStop: (closer: () => unknown) => void,
): Promise<Cluster> {
  await checkControllerNames(settings);
  const [wall, random, facts] = [createWallClock(), createRandom(), loadFacts()];
  const clock = createClock({wall, manual: manualClock});
  onStop(() => clock.stop());
  const log = createLog(settings.logLevel);

  const authority = attempt(`cannot keep certificates in ${folder.path}`, () => loadAuthority(folder.path, random));
  const store = await openStore(folder, clock, onFailure ?? (cause => log.error(cause, 'the store has failed')));
  onStop(() => store.close());
  const {admissionControlConfigFile} = settings;
  const admissionConfig = admissionControlConfigFile === undefined ? {} : readAdmissionConfig(admissionControlConfigFile);
  const access = readAccess(settings, authority.certificate, ADMINISTRATOR, () => loadServiceAccountKey(folder.path));
  let controllers: Started = {parts: [], dial: () => undefined};
  const server = await createServer({
    dial: target => controllers.dial(target),
    facts,
    store,
    clock,
    wall,
    random,
    serviceCidr: settings.serviceCidr,
    admission: {
      enable: listEntries(settings.enableAdmissionPlugins),
      disable: listEntries(settings.disableAdmissionPlugins),
      ...admissionConfig,
    },
    access,
    proxyClient: issueCertificate(authority, {commonName: 'front-proxy-client', organizations: [], usage: 'client'}, random),
    report: error => log.error(error, 'unexpected error'),
  });
  onStop(() => server.close());

  const serving = readServingCertificate(settings);
  const ca = serving ? `${authority.certificate.trimEnd()}\n${serving.certificate}` : authority.certificate;
  const certificate = serving ?? issueServingCertificate(authority, settings, random);
  const addresses = await listen(server, settings, ports, {...certificate, ca: clientAuthorities(access)});
  const kubeconfigFile = settings.kubeconfig ?? join(folder.path, 'kubeconfig');
  const admin = issueCertificate(authority, {commonName: ADMINISTRATOR.name, organizations: ['system:masters'], usage: 'client'}, random);
  const kubeconfig = formatKubeconfig({url: addresses.url, ca, client: admin});
  attempt(`cannot write ${kubeconfigFile}`, () => writeKubeconfig(kubeconfigFile, kubeconfig));

  await server.bootstrap({
    address: advertisedAddress(settings.bind),
    port: addresses.port,
  });
  const client = server.client(ADMINISTRATOR, 'kubedouble');
  controllers = await startControllers({
    client,
    clock,
    random,
    settings,
    ca,
    authority,
    serviceAccountToken: server.serviceAccountToken,
    report: (name, key, error) => log.debug({name, key, error}, 'reconcile failed'),
  });
  onStop(() => controllers.parts.forEach(part => void part.stop()));

  return {
    ...addresses,
    version: String(facts.serverVersion.gitVersion).replace(/^v/, ''),
    kubeconfig,
    kubeconfigFile,
    ca,
    client: copyingClient(client),
    clock,
    settled: ({advance = false} = {}) => settle([server, ...controllers.parts], clock, advance),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const ADMINISTRATOR: Identity = {name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated']};

/** Names by which pods know the API server, beside its addresses. */
const SERVER_NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'];

async function openStore({path, temporary}: Folder, clock: ClusterClock, onFailure: (cause: Error) => void): Promise<Store> {
  try {
    return await openLmdbStore({path: join(path, 'store'), durable: !temporary, clock, onFailure});
  } catch (error) {
    throw new StartError((error as Error).message, error);
  }
}

function issueServingCertificate(authority: Authority, {bind, serviceCidr}: Settings, random: Random): KeyPair {
  const hosts = [...new Set([...SERVER_NAMES, '127.0.0.1', '::1', bind, firstAddress(serviceCidr)])];
  return issueCertificate(authority, {commonName: 'kube-apiserver', hosts, usage: 'server'}, random);
}

async function listen(
  server: Server,
  {bind, httpPort}: Settings,
  ports: readonly number[],
  tls: KeyPair & {ca: string[]},
): Promise<Pick<Cluster, 'url' | 'port' | 'httpUrl'>> {
  const port = await listenOnFirst(ports, candidate => server.listen({port: candidate, bind, tls}));
  const url = urlOf('https', bind, port);
  if (httpPort === undefined) return {url, port, httpUrl: undefined};
  const plain = await listenOnFirst([httpPort], candidate => server.listen({port: candidate, bind, identity: ADMINISTRATOR}));
  return {url, port, httpUrl: urlOf('http', bind, plain)};
}

/** Of whose certificates clients are told that they are wanted. */
const clientAuthorities = ({clientCa, requestHeader}: AccessOptions): string[] => [clientCa, ...(requestHeader ? [requestHeader.ca] : [])];

async function listenOnFirst([port = 0, ...others]: readonly number[], listen: (port: number) => Promise<{port: number}>): Promise<number> {
  try {
    return (await listen(port)).port;
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && others.length > 0) return listenOnFirst(others, listen);
    throw new StartError(code === 'EADDRINUSE' ? `port ${port} is taken` : `cannot listen: ${explain(error)}`, error);
  }
}

/** Clients on the same machine reach a server that listens on all addresses by the loopback one. */
function urlOf(protocol: string, bind: string, port: number): string {
  const host = bind === '0.0.0.0' ? '127.0.0.1' : bind === '::' ? '::1' : bind;
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Endpoints may not be loopback addresses (real servers refuse to advertise one): this one is set aside for documentation. */
const UNROUTED_ADDRESS = '192.0.2.1';

/** What the Endpoints of the Service `kubernetes` say. */
const advertisedAddress = (bind: string): string => (/^(127\.|0\.0\.0\.0$|::1?$|localhost$)/.test(bind) ? UNROUTED_ADDRESS : bind);

/** The address of the Service `kubernetes`: the first of the range. */
function firstAddress(cidr: string): string {
  const network = parseIP(formatCIDR(parseCIDR(cidr)!).split('/')[0]!)!;
  return formatIP({...network, bytes: network.bytes.with(15, network.bytes[15]! + 1)});
}

/** Last opened, first closed; one that fails does not keep the others open. */
async function runAll(closers: (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of [...closers].reverse()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
