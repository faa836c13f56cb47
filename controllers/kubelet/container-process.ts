import type {ApiClient} from '../../server/api/client.ts';
import type {Clock} from '../../server/api/clock.ts';
import {isObject} from '../../server/api/json.ts';
import type {Pod, Service} from '../../server/api/kinds.generated.ts';
import {configMaps, secrets} from '../../server/api/resource-types.generated.ts';
import {ignoreNotFound} from '../../server/api/status.ts';
import type {Informer} from '../runtime/informer.ts';
import {expandReferences, interpretCommand} from './command.ts';
import type {Config, Surroundings} from './config.ts';
import {containerEnvironment} from './config.ts';
import {freshFiles, openFiles} from './container-files.ts';
import type {Host} from './hosts.ts';
import type {ContainerRecord, PodRecord} from './pod-record.ts';
import type {Process} from './programs/process.ts';
import {fail} from './programs/process.ts';
import {runProgram} from './programs/run-program.ts';
import type {Run} from './run.ts';
import type {Sources} from './volumes.ts';

export interface ContainerProcessOptions {
  client: ApiClient;
  clock: Clock;
  services: Informer<Service>;
  host(name: string): Host | undefined;
  /** What the ConfigMaps and Secrets of a pod held when it started. */
  config(record: PodRecord): Config | undefined;
}

export interface ContainerProcesses {
  /** Plays the command of a container through, which starts now. */
  interpret(container: ContainerRecord, record: PodRecord): Run | undefined;
  /** What a program finds that is run in a container. */
  enter(record: PodRecord, container: ContainerRecord): Promise<Process>;
}

/** Knows what programs find in the containers of simulated pods. */
export function createContainerProcesses({
  client,
  clock,
  services,
  host: hostOf,
  config: configOf,
}: ContainerProcessOptions): ContainerProcesses {
  const surroundingsOf = (record: PodRecord): Surroundings => {
    const host = hostOf(record.pod.spec.nodeName ?? '');
    const config = configOf(record);
    return {
      services: servicesFor(record.pod),
      ...(host && {hostIP: host.ip}),
      ...(host?.node.status?.allocatable && {allocatable: host.node.status.allocatable}),
      ...(config && {config}),
      ...(record.podIP && {podIP: record.podIP}),
    };
  };

  const servicesFor = ({metadata, spec}: Pod): Service[] => {
    const own = spec.enableServiceLinks === false ? [] : services.list(metadata.namespace);
    const master = services.get('default/kubernetes');
    return master && !own.includes(master) ? [...own, master] : own;
  };

  const open = async (record: PodRecord, container: ContainerRecord): Promise<Process> => {
    const surroundings = surroundingsOf(record);
    const objects = await readObjects(client, record);
    return {
      env: new Map([
        ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        ...containerEnvironment(container.spec, record.pod, surroundings),
      ]),
      directory: container.spec.workingDir ?? '/',
      files: openFiles(record, container, {...objects, surroundings}, clock.now),
      now: clock.now,
      run: runProgram,
      unknown: name => fail(name, 'not found: a simulated container understands simple commands only', NOT_FOUND),
    };
  };

  return {
    interpret(container, record) {
      const {terminationMessagePath, workingDir, stdin = false} = container.spec;
      const surroundings = surroundingsOf(record);
      const env = containerEnvironment(container.spec, record.pod, surroundings);
      const argv = commandOf(container, env);
      if (argv.length === 0) return undefined;
      const sources = {...sourcesOf(configOf(record)), surroundings};
      return interpretCommand(argv, {
        env,
        own: true,
        stdin,
        start: container.state.type === 'running' ? container.state.startedAt : clock.now(),
        files: (now, changed) => freshFiles(record, container, sources, now, changed),
        ...(workingDir && {directory: workingDir}),
        ...(terminationMessagePath && {terminationMessagePath}),
      });
    },
    enter(record, container) {
      // One after the other: what comes first has begun its work when the next one looks at it.
      const entered = (record.entered ?? Promise.resolve()).then(() => open(record, container));
      record.entered = entered.then(ignore, ignore);
      return entered;
    },
  };
}

const NOT_FOUND = 127;

const ignore = () => {};

/** What a container runs, as far as its pod says it. Where somebody may type and nothing else is said, it is taken to be a shell. */
export function commandOf({spec: {command = [], args = [], stdin}}: ContainerRecord, env: ReadonlyMap<string, string>): string[] {
  const argv = [...command, ...args].map(text => expandReferences(text, env));
  return argv.length === 0 && stdin ? ['sh'] : argv;
}

type Objects = Omit<Sources, 'surroundings'>;

/** As a pod's commands find them at its start. */
const sourcesOf = (config: Config | undefined): Objects => ({
  configMap: name => config?.configMap(name),
  secret: name => config?.secret(name),
});

/** Everything that the volumes of a pod show, as it is now. */
async function readObjects(client: ApiClient, record: PodRecord): Promise<Objects> {
  const {volumes = []} = record.pod.spec;
  const {namespace} = record.pod.metadata;
  const sources = volumes.flatMap(({configMap, secret, projected}) => [
    {...(configMap && {configMap}), ...(secret && {secret: {name: secret.secretName}})},
    ...(projected?.sources ?? []),
  ]);
  const read = async <T>(name: string | undefined, get: (key: {namespace: string; name: string}) => Promise<T>) =>
    [name ?? '', await get({namespace: namespace!, name: name ?? ''}).catch(ignoreNotFound)] as const;
  const [maps, hidden] = await Promise.all([
    Promise.all(sources.flatMap(({configMap}) => (configMap ? [read(configMap.name, key => client.get(configMaps, key))] : []))),
    Promise.all(sources.flatMap(({secret}) => (secret ? [read(secret.name, key => client.get(secrets, key))] : []))),
  ]);
  const [byMap, bySecret] = [new Map(maps), new Map(hidden)];
  if (sources.some(source => 'serviceAccountToken' in source)) record.token ??= await requestToken(client, record.pod);
  return {
    configMap: name => byMap.get(name),
    secret: name => bySecret.get(name),
    ...(record.token !== undefined && {token: record.token}),
  };
}

/** The token that a kubelet asks for in the name of a pod. */
async function requestToken(client: ApiClient, {metadata, spec}: Pod): Promise<string | undefined> {
  const boundObjectRef = {apiVersion: 'v1', kind: 'Pod', name: metadata.name!, uid: metadata.uid!};
  const {body} = await client.request({
    method: 'POST',
    path: `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${spec.serviceAccountName}/token`,
    body: {apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {audiences: [], expirationSeconds: 3607, boundObjectRef}},
  });
  const status = isObject(body) ? body.status : undefined;
  return isObject(status) && typeof status.token === 'string' ? status.token : undefined;
}
