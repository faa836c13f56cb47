import assert from 'node:assert/strict';
import {type ManualCluster, startManualCluster} from '../../cluster/manual.ts';
import type {ClusterOptions} from '../../cluster/options.ts';
import type {ApiClient, DeleteOptions, Patch, ResourceType, WriteOptions} from '../../server/api/client.ts';
import type {JsonObject} from '../../server/api/json.ts';
import type {Pod, PodSpec} from '../../server/api/kinds.generated.ts';
import {namespaces, pods} from '../../server/api/resource-types.generated.ts';
import {type ApiError, isApiError} from '../../server/api/status.ts';

interface Named {
  metadata: {name?: string; namespace?: string; labels?: {[key: string]: string}};
}

/** A live cluster with a namespace for every test; objects are named within it. */
export interface World {
  cluster: ManualCluster;
  client: ApiClient;
  /** The namespace of the running test. */
  namespace: string;
  create<T extends Named>(type: ResourceType<T>, name: string, object: object, options?: WriteOptions): Promise<T>;
  get<T extends Named>(type: ResourceType<T>, name: string): Promise<T>;
  /** The object, or undefined if there is none. */
  find<T extends Named>(type: ResourceType<T>, name: string): Promise<T | undefined>;
  list<T extends Named>(type: ResourceType<T>, labelSelector?: string): Promise<T[]>;
  /** Names, in order. */
  names<T extends Named>(type: ResourceType<T>, labelSelector?: string): Promise<string[]>;
  /** Reads, changes and writes back. */
  change<T extends Named>(type: ResourceType<T>, name: string, change: (object: T) => unknown, options?: WriteOptions): Promise<T>;
  merge<T extends Named>(type: ResourceType<T>, name: string, patch: object, options?: WriteOptions): Promise<T>;
  strategic<T extends Named>(type: ResourceType<T>, name: string, patch: object, options?: WriteOptions): Promise<T>;
  remove<T extends Named>(type: ResourceType<T>, name: string, options?: DeleteOptions): Promise<unknown>;
  /** What a collection goes through while `act` runs: `ADDED name`, … */
  watch<T extends Named>(type: ResourceType<T>, act: () => Promise<unknown>, tell?: (type: string, object: T) => string): Promise<string[]>;
  /** Waits until nothing is under way, lost races that are tried again included. */
  rest(): Promise<void>;
}

/** Time enough for a few retries, in ms. */
const RETRIES = 100;

/** Starts a cluster before the tests of the surrounding `describe` and stops it after them. */
export function useWorld(options: ClusterOptions = {}): World {
  const world = {} as World;
  let count = 0;
  before(async () => {
    world.cluster = await startManualCluster(options);
    world.client = world.cluster.client;
  });
  after(() => world.cluster?.stop());
  beforeEach(async () => {
    world.namespace = `test-${++count}`;
    await world.client.create(namespaces, {metadata: {name: world.namespace}, spec: {}});
    await world.rest();
  });
  afterEach(async () => {
    await world.client.delete(namespaces, {name: world.namespace}).catch(ignoreAbsence);
    await world.client.deleteCollection(pods, {namespace: world.namespace}, {gracePeriodSeconds: 0});
    await world.cluster.pass(1000);
  });

  const key = (type: ResourceType<never>, name: string) => ({name, ...(type.namespaced && {namespace: world.namespace})});
  const patch =
    (kind: 'merge' | 'strategic') =>
    <T extends Named>(type: ResourceType<T>, name: string, change: object, write?: WriteOptions) =>
      world.client.patch(type, key(type as never, name), {type: kind, patch: change as JsonObject} as Patch, write);
  const methods: Omit<World, 'cluster' | 'client' | 'namespace'> = {
    create(type, name, object, write) {
      const metadata = {...(object as Partial<Named>).metadata, ...key(type as never, name)};
      return world.client.create(type, {...object, metadata} as never, write);
    },
    get: (type, name) => world.client.get(type, key(type as never, name)),
    find: (type, name) => world.get(type, name).catch(ignoreAbsence),
    async list(type, labelSelector) {
      const options = {...(type.namespaced && {namespace: world.namespace}), ...(labelSelector !== undefined && {labelSelector})};
      return (await world.client.list(type, options)).items;
    },
    names: async (type, selector) => (await world.list(type, selector)).map(({metadata}) => metadata.name!).sort(),
    async change(type, name, change, write) {
      const object = await world.get(type, name);
      change(object);
      return world.client.update(type, object, write);
    },
    merge: patch('merge'),
    strategic: patch('strategic'),
    remove: (type, name, remove) => world.client.delete(type, key(type as never, name), remove),
    async watch(type, act, tell = (event, {metadata}) => `${event} ${metadata.name}`) {
      const seen: string[] = [];
      const handler = {event: (event: string, object: never) => void seen.push(tell(event, object)), end: () => {}};
      const watch = world.client.watch(type, {namespace: world.namespace}, handler as never);
      await world.rest();
      seen.length = 0;
      await act();
      await world.rest();
      watch.stop();
      return seen;
    },
    async rest() {
      await world.cluster.settled();
      await world.cluster.pass(RETRIES);
    },
  };
  return Object.assign(world, methods);
}

function ignoreAbsence(error: unknown): undefined {
  if (!isApiError(error, 'NotFound')) throw error;
  return undefined;
}

/** The refusal that a request meets; fails if it is let through. */
export async function refusal(request: Promise<unknown>): Promise<ApiError> {
  try {
    await request;
  } catch (error) {
    assert.ok(isApiError(error), String(error));
    return error as ApiError;
  }
  assert.fail('was not refused');
}

/** A pod's spec with one container that runs until it is stopped. */
export const podSpec = (container: object = {}, rest: object = {}): PodSpec =>
  ({containers: [{name: 'c', image: 'registry.example/pause:1', ...container}], ...rest}) as PodSpec;

export const template = (labels: {[key: string]: string}, spec: PodSpec = podSpec()) => ({metadata: {labels}, spec});

export const isReady = ({status}: Pod): boolean => conditionOf({status}, 'Ready')?.status === 'True';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

export const conditionOf = (object: {status?: unknown}, type: string): Condition | undefined =>
  ((object.status as {conditions?: Condition[]} | undefined)?.conditions ?? []).find(condition => condition.type === type);
