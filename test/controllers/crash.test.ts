import assert from 'node:assert/strict';
import {startControllers} from '../../cluster/controllers.ts';
import {type ManualCluster, startManualCluster} from '../../cluster/manual.ts';
import {completeOptions} from '../../cluster/options.ts';
import {createSeededRandom} from '../../cluster/random.ts';
import type {Running} from '../../controllers/runtime/controller.ts';
import type {ApiClient, KubeObject, ResourceType, WatchHandler, WatchOptions} from '../../server/api/client.ts';
import type {JsonObject} from '../../server/api/json.ts';
import type {Pod, ReplicaSet} from '../../server/api/kinds.generated.ts';
import type {Random} from '../../server/api/random.ts';
import {deployments, nodes, pods, replicaSets} from '../../server/api/resource-types.generated.ts';
import {isReady, template} from '../support/world.ts';

const KEY = {namespace: 'default', name: 'web'};
const SURGE = 2;
const UNAVAILABLE = 1;
const NODES = ['node-1', 'node-2', 'node-3'];

/** One life of everything that is not the API server: it ends after so many writes, in the midst of whatever was under way. */
interface Life {
  client: ApiClient;
  isOver(): boolean;
  /** So many more writes, from now on. */
  grant(writes: number): void;
}

function newLife(client: ApiClient): Life {
  let left = Number.POSITIVE_INFINITY;
  const isOver = () => left <= 0;
  const vanish = () => new Promise<never>(() => {});
  const call = <A extends unknown[], R>(method: (...args: A) => Promise<R>, cost: 0 | 1): ((...args: A) => Promise<R>) => {
    return async (...args) => {
      if (isOver()) return vanish();
      left -= cost;
      const answer = await method(...args);
      return isOver() ? vanish() : answer;
    };
  };
  const wrap = (inner: ApiClient): ApiClient =>
    ({
      get: call(inner.get, 0),
      list: call(inner.list, 0),
      request: call(inner.request, 0),
      watch: (type: ResourceType<KubeObject>, options: WatchOptions, handler: WatchHandler<KubeObject>) =>
        inner.watch(type, options, {
          event: (kind, object) => isOver() || handler.event(kind, object),
          end: error => isOver() || handler.end(error),
        } as WatchHandler<KubeObject>),
      create: call(inner.create, 1),
      update: call(inner.update, 1),
      patch: call(inner.patch, 1),
      apply: call(inner.apply, 1),
      delete: call(inner.delete, 1),
      deleteCollection: call(inner.deleteCollection, 1),
      as: (...args: Parameters<ApiClient['as']>) => wrap(inner.as(...args)),
    }) as ApiClient;
  return {
    client: wrap(client),
    isOver,
    grant(writes) {
      left = writes;
    },
  };
}

/** Controllers, scheduler and kubelets that die again and again, and begin anew each time. */
function startMortals(cluster: ManualCluster, random: Random) {
  let lives = 0;
  let life: Life | undefined;
  let parts: Running[] = [];
  const end = () => {
    for (const part of parts) part.stop();
    parts = [];
  };
  const begin = async () => {
    lives++;
    life = newLife(cluster.client);
    const settings = completeOptions({nodes: NODES.length});
    const shared = {clock: cluster.clock, random, settings, ca: cluster.ca, report() {}};
    ({parts} = await startControllers({...shared, client: life.client}));
  };
  const isAtRest = () => parts.every(part => part.idle());
  return {
    lives: () => lives,
    end,
    /** Until they have come to rest; `mortal`: they may die some times on the way. */
    async rest(mortal: boolean) {
      for (let deaths = 0; ; ) {
        if (parts.length === 0) await begin();
        life!.grant(mortal && deaths < 6 ? 1 + random.integer(25) : Number.POSITIVE_INFINITY);
        for (let quiet = 0; quiet < 3 && !life!.isOver(); ) {
          await cluster.pass(100);
          quiet = isAtRest() ? quiet + 1 : 0;
        }
        if (!life!.isOver()) return;
        deaths++;
        end();
        // What was on its way to the server arrives before the next life looks around.
        await cluster.settled();
      }
    },
  };
}

/** Follows objects by a watch and looks at all of them after every change. */
function follow<T extends KubeObject>({client}: ManualCluster, type: ResourceType<never>, look: (objects: T[]) => void) {
  const objects = new Map<string, T>();
  const event = (kind: string, object: T) => {
    if (kind === 'DELETED') objects.delete(object.metadata.uid!);
    else if (kind !== 'BOOKMARK') objects.set(object.metadata.uid!, object);
    look([...objects.values()]);
  };
  return client.watch(type, {namespace: 'default', sendInitialEvents: true}, {event, end() {}} as WatchHandler<never>);
}

const isActive = ({metadata, status}: Pod) => !metadata.deletionTimestamp && status?.phase !== 'Failed' && status?.phase !== 'Succeeded';

describe('a Deployment under a random walk, while everything dies between any two writes', () => {
  for (const seed of ['one', 'two']) {
    it(`keeps its bounds and converges with seed ${seed}`, async function () {
      this.timeout(120_000);
      await using cluster = await startManualCluster({controllers: 'none', nodes: 0});
      const {client} = cluster;
      const random = createSeededRandom(seed);
      const mortals = startMortals(cluster, random);
      await mortals.rest(false);
      const broken: string[] = [];
      // Bounds follow the wish; `least` only counts while nobody takes pods away.
      let [replicas, most, least] = [3, 3, 0];
      const watches = [
        follow<ReplicaSet>(cluster, replicaSets as ResourceType<never>, sets => {
          const wished = sets.reduce((sum, {spec}) => sum + (spec?.replicas ?? 0), 0);
          if (wished > most + SURGE) broken.push(`${wished} replicas wished, ${most} allowed with ${SURGE} more`);
        }),
        // Pods themselves may be more for a while: a Deployment counts sizes, and who would delete pods beyond a size may just have died.
        follow<Pod>(cluster, pods as ResourceType<never>, all => {
          const ready = all.filter(pod => isActive(pod) && isReady(pod)).length;
          if (ready < least - UNAVAILABLE) broken.push(`${ready} pods ready, ${least} wished with ${UNAVAILABLE} fewer`);
        }),
      ];
      await client.create(deployments, {
        metadata: KEY,
        spec: {
          replicas,
          selector: {matchLabels: {app: 'web'}},
          strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: SURGE, maxUnavailable: UNAVAILABLE}},
          template: template({app: 'web'}),
        },
      });
      await mortals.rest(true);

      const change = (spec: JsonObject) => client.patch(deployments, KEY, {type: 'strategic', patch: {spec}});
      const somePod = async () => {
        const {items} = await client.list(pods, {namespace: 'default'});
        return items.filter(isActive)[random.integer(items.filter(isActive).length)]!.metadata.name!;
      };
      const cordon = (name: string, unschedulable: boolean) => client.patch(nodes, {name}, {type: 'merge', patch: {spec: {unschedulable}}});
      const moves: (() => Promise<unknown>)[] = [
        async () => {
          const wished = 1 + random.integer(8);
          [most, least, replicas] = [Math.max(replicas, wished), Math.min(replicas, wished), wished];
          await change({replicas});
        },
        async () => {
          [most, least] = [replicas, replicas];
          await change({template: {spec: {containers: [{name: 'c', image: `registry.example/pause:${random.integer(100)}`}]}}});
        },
        async () => client.delete(pods, {namespace: 'default', name: await somePod()}),
        async () => {
          const key = {namespace: 'default', name: await somePod()};
          await client.patch(pods, key, {type: 'merge', patch: {status: {phase: 'Failed'}}}, {subresource: 'status'});
        },
        async () => cordon(NODES[random.integer(2)]!, random.integer(2) === 0),
        async () => {
          const node = NODES[random.integer(2)]!;
          await cordon(node, true);
          const {items} = await client.list(pods, {namespace: 'default', fieldSelector: `spec.nodeName=${node}`});
          for (const {metadata} of items) {
            const body = {apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name: metadata.name!}};
            await client.request({method: 'POST', path: `/api/v1/namespaces/default/pods/${metadata.name}/eviction`, body});
          }
        },
      ];
      for (let step = 0; step < 14; step++) {
        [most, least] = [replicas, 0];
        await moves[random.integer(moves.length)]!();
        await mortals.rest(true);
        least = 0;
        await mortals.rest(false);
        const {status, metadata} = await client.get(deployments, KEY);
        const {updatedReplicas, availableReplicas, observedGeneration} = status ?? {};
        assert.deepEqual(
          [updatedReplicas, availableReplicas, observedGeneration],
          [replicas, replicas, metadata.generation],
          `step ${step}`,
        );
      }
      await client.delete(deployments, KEY);
      await mortals.rest(true);
      await mortals.rest(false);
      assert.deepEqual((await client.list(pods, {namespace: 'default'})).items, []);
      assert.deepEqual((await client.list(replicaSets, {namespace: 'default'})).items, []);
      for (const watch of watches) watch.stop();
      mortals.end();
      assert.deepEqual(broken, []);
      assert.ok(mortals.lives() > 14, `${mortals.lives()} lives`);
    });
  }
});
