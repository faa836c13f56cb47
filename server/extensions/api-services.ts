import type {ApiClient} from '../api/client.ts';
import type {Clock, Timer} from '../api/clock.ts';
import type {JsonObject} from '../api/json.ts';
import {isObject} from '../api/json.ts';
import type {APIService, APIServiceSpec, EndpointSlice, Service} from '../api/kinds.generated.ts';
import {apiservices} from '../api/resource-types.generated.ts';
import {isApiError} from '../api/status.ts';
import {formatTime} from '../api/time.ts';
import {onChange} from '../storage/react.ts';
import type {ResourceStorage} from '../storage/types.ts';
import type {Forward} from './forward.ts';
import {NoSuchService} from './forward.ts';
import type {RemoteOpenApi} from './remote-openapi.ts';
import {parsed, readOpenApi} from './remote-openapi.ts';

/** A group-version that another server answers. */
export interface RemoteVersion {
  readonly group: string;
  readonly version: string;
  readonly versionPriority: number;
  readonly spec: APIServiceSpec;
  readonly available: boolean;
  /** The APIResource entries that the server told last. */
  readonly resources: readonly JsonObject[];
  /** What it told last of its types. */
  readonly openapi?: RemoteOpenApi;
}

export interface ApiServices {
  /** Rises with every change of what is remote. */
  readonly generation: number;
  readonly versions: readonly RemoteVersion[];
  find(group: string, version: string): RemoteVersion | undefined;
  /** Nothing is being looked at. */
  idle(): boolean;
  close(): void;
}

export interface ApiServicesOptions {
  readonly clock: Clock;
  /** Acts as the API server itself, which does not exist yet when this begins. */
  client(): ApiClient;
  readonly apiServices: ResourceStorage;
  readonly services: ResourceStorage;
  readonly endpointSlices: ResourceStorage;
  readonly forward: Forward;
  report(error: unknown): void;
}

// k8s.io/kube-aggregator/pkg/controllers/status/remote: how often a server is asked whether it still answers, and for how long.
const RECHECK = 30_000;
const CHECK_SECONDS = 5;
const MAX_LIST = 8 * 1024 * 1024;
const CHECKER = {name: 'system:kube-aggregator', groups: ['system:masters']};

interface Verdict {
  status: 'True' | 'False';
  reason: string;
  message: string;
  resources?: JsonObject[];
  openapi?: RemoteOpenApi;
}

/** Knows which group-versions other servers answer, and says in their APIServices whether they do. */
export function watchApiServices(options: ApiServicesOptions): ApiServices {
  const {clock, apiServices: storage, services, endpointSlices, report} = options;
  let state = index([]);
  let generation = 0;
  let running: Promise<void> | undefined;
  let again = false;
  let timer: Timer | undefined;
  const run = (): void => {
    again = true;
    running ??= (async () => {
      while (again) {
        again = false;
        const remote = remoteServices(storage);
        const versions = await Promise.all(remote.map(service => settle(options, service, state.find(service))));
        if (!same(versions, state.versions)) generation++;
        state = index(versions);
      }
    })()
      .catch(report)
      .finally(() => {
        running = undefined;
        timer?.cancel();
        if (state.versions.length > 0) timer = clock.after(RECHECK, 'upkeep', run);
      });
  };
  // Most clusters have none, and Services change all the time.
  const runIfAny = (): void => {
    if (state.versions.length > 0) run();
  };
  const cursors = [onChange(storage, run, report), onChange(services, runIfAny, report), onChange(endpointSlices, runIfAny, report)];
  run();
  return {
    get generation() {
      return generation;
    },
    get versions() {
      return state.versions;
    },
    find: (group, version) => state.byName.get(`${version}.${group}`),
    idle: () => running === undefined,
    close() {
      timer?.cancel();
      for (const cursor of cursors) cursor.close();
    },
  };
}

function index(versions: readonly RemoteVersion[]) {
  const byName = new Map(versions.map(version => [`${version.version}.${version.group}`, version]));
  return {versions, byName, find: ({metadata}: APIService) => byName.get(metadata.name!)};
}

const same = (a: readonly RemoteVersion[], b: readonly RemoteVersion[]): boolean => JSON.stringify(a) === JSON.stringify(b);

const remoteServices = (storage: ResourceStorage): APIService[] =>
  [...storage.snapshot().range()].map(({object}) => object as unknown as APIService).filter(({spec}) => spec?.service);

/** Judges a server, and writes it down if it is news. */
async function settle(options: ApiServicesOptions, service: APIService, known: RemoteVersion | undefined): Promise<RemoteVersion> {
  const {clock, client} = options;
  const {status, reason, message, resources = known?.resources ?? [], openapi = known?.openapi} = await judge(options, service, known);
  const before = service.status?.conditions?.find(({type}) => type === 'Available');
  if (before?.status !== status || before.reason !== reason || before.message !== message) {
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime! : formatTime(clock.now());
    const others = (service.status?.conditions ?? []).filter(({type}) => type !== 'Available');
    const conditions = [...others, {type: 'Available', status, lastTransitionTime, reason, message}];
    try {
      await client().update(apiservices, {...service, status: {conditions}} as APIService, {subresource: 'status'});
    } catch (error) {
      // Somebody else changed or removed it: the next look sees what there is.
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    }
  }
  const {group = '', version = '', versionPriority} = service.spec!;
  return {group, version, versionPriority, spec: service.spec!, available: status === 'True', resources, ...(openapi && {openapi})};
}

async function judge(
  {services, endpointSlices, forward}: ApiServicesOptions,
  {spec}: APIService,
  known: RemoteVersion | undefined,
): Promise<Verdict> {
  const {namespace = '', name = '', port = 443} = spec!.service!;
  const what = `service/${name} in ${JSON.stringify(namespace)}`;
  const no = (reason: string, message: string): Verdict => ({status: 'False', reason, message});
  const service = services.get(`${namespace}/${name}`)?.object as Service | undefined;
  if (!service) return no('ServiceNotFound', `${what} is not present`);
  if ((service.spec?.type ?? 'ClusterIP') === 'ClusterIP') {
    const wanted = (service.spec?.ports ?? []).find(({port: number}) => number === port);
    if (!wanted) return no('ServicePortError', `${what} is not listening on port ${port}`);
    const slices = slicesOf(endpointSlices, namespace, name);
    if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${what}`);
    if (!slices.some(slice => isReached(slice, wanted.name ?? '')))
      return no('MissingEndpoints', `endpointslices for ${what} have no addresses with port name ${JSON.stringify(wanted.name ?? '')}`);
  }
  const {group = '', version = ''} = spec!;
  const path = `/apis/${group}/${version}`;
  const shown = `https://${service.spec?.externalName || service.spec?.clusterIP}:${port}${path}`;
  const failing = (why: string): Verdict => no('FailedDiscoveryCheck', `failing or missing response from ${shown}: ${why}`);
  try {
    // Who answers is not looked at here, only whether somebody does.
    const answer = await forward({...spec!, insecureSkipTLSVerify: true, caBundle: undefined} as APIServiceSpec, {
      method: 'GET',
      path,
      headers: {},
      identity: CHECKER,
      seconds: CHECK_SECONDS,
    });
    await answer.read(MAX_LIST);
    if (answer.status < 200 || answer.status >= 300) return failing(`bad status from ${shown}: ${answer.status}`);
  } catch (error) {
    const {message} = error as Error;
    return error instanceof NoSuchService ? no('FailedDiscoveryCheck', message) : failing(`Get ${JSON.stringify(shown)}: ${message}`);
  }
  return {status: 'True', reason: 'Passed', message: 'all checks passed', ...(await told(forward, spec!, path, known))};
}

/** What the server says it has. Where it is not trusted, or fails, what it said before. */
async function told(
  forward: Forward,
  spec: APIServiceSpec,
  path: string,
  known: RemoteVersion | undefined,
): Promise<Pick<Verdict, 'resources' | 'openapi'>> {
  try {
    const answer = await forward(spec, {method: 'GET', path, headers: {accept: 'application/json'}, seconds: CHECK_SECONDS});
    const bytes = await answer.read(MAX_LIST);
    if (answer.status >= 300) return {};
    return {resources: resourcesOf(bytes), openapi: await readOpenApi(forward, spec, known?.openapi)};
  } catch {
    return {};
  }
}

const slicesOf = (storage: ResourceStorage, namespace: string, service: string): EndpointSlice[] =>
  [...storage.snapshot().range({prefix: `${namespace}/`})]
    .map(({object}) => object as unknown as EndpointSlice)
    .filter(({metadata}) => metadata.labels?.['kubernetes.io/service-name'] === service);

const isReached = ({endpoints, ports}: EndpointSlice, portName: string): boolean =>
  (ports ?? []).some(({name = ''}) => name === portName) &&
  (endpoints ?? []).some(({addresses, conditions}) => addresses.length > 0 && conditions?.ready !== false);

function resourcesOf(bytes: Buffer): JsonObject[] {
  const resources = parsed(bytes)?.resources;
  return Array.isArray(resources) ? resources.filter(isObject) : [];
}
