import assert from 'node:assert/strict';
import type {Cluster} from '../../cluster/index.ts';
import {startCluster} from '../../cluster/index.ts';
import {createSeededRandom} from '../../cluster/random.ts';
import type {Deployment, Pod, ReplicaSet} from '../../server/api/kinds.generated.ts';
import {deployments, pods as podType, replicaSets as setType} from '../../server/api/resource-types.generated.ts';

const KEY = {namespace: 'default', name: 'web'};
const SURGE = 2;
const UNAVAILABLE = 1;

const deployment = (replicas: number): Deployment => ({
  metadata: KEY,
  spec: {
    replicas,
    selector: {matchLabels: {app: 'web'}},
    strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: SURGE, maxUnavailable: UNAVAILABLE}},
    template: {metadata: {labels: {app: 'web'}}, spec: {containers: [{name: 'c', image: 'nginx:0'}]}},
  },
});

/** Follows objects by a watch and calls `check` after every change. */
function follow<T extends {metadata: {uid?: string}}>(
  cluster: Cluster,
  type: typeof podType | typeof setType,
  check: (objects: T[]) => void,
) {
  const objects = new Map<string, T>();
  return cluster.client.watch(
    type as never,
    {namespace: 'default', sendInitialEvents: true},
    {
      event(kind: string, object: T) {
        if (kind === 'DELETED') objects.delete(object.metadata.uid!);
        else if (kind !== 'BOOKMARK') objects.set(object.metadata.uid!, object);
        check([...objects.values()]);
      },
      end() {},
    },
  );
}

const isActive = ({metadata, status}: Pod) => !metadata.deletionTimestamp && status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
const isReady = ({status}: Pod) => status?.conditions?.some(({type, status: value}) => type === 'Ready' && value === 'True') ?? false;

describe('invariants of a Deployment under a random walk', () => {
  for (const seed of ['one', 'two', 'three']) {
    it(`holds with seed ${seed}`, async () => {
      await using cluster = await startCluster({nodes: 2});
      const random = createSeededRandom(seed);
      const broken: string[] = [];
      // Bounds follow the wish; while a change is on its way the old ones hold, too.
      let [most, least] = [0, 0];
      const watches = [
        follow<ReplicaSet>(cluster, setType, sets => {
          const wished = sets.reduce((sum, {spec}) => sum + (spec?.replicas ?? 0), 0);
          if (wished > most + SURGE) broken.push(`${wished} replicas wished, ${most} allowed with ${SURGE} more`);
        }),
        follow<Pod>(cluster, podType, pods => {
          const active = pods.filter(isActive).length;
          const ready = pods.filter(pod => isActive(pod) && isReady(pod)).length;
          if (active > most + SURGE) broken.push(`${active} pods active, ${most} allowed with ${SURGE} more`);
          if (ready < least - UNAVAILABLE) broken.push(`${ready} pods ready, ${least} wished with ${UNAVAILABLE} fewer`);
        }),
      ];
      let replicas = 3;
      most = replicas;
      await cluster.client.create(deployments, deployment(replicas));
      await cluster.settled();
      for (let step = 0; step < 12; step++) {
        // A rollout begins from rest, so that what is ready now must not fall short.
        least = replicas;
        most = replicas;
        const template = {spec: {containers: [{name: 'c', image: `nginx:${random.integer(4)}`}]}};
        const wished = random.integer(2) === 0 ? replicas : 1 + random.integer(8);
        [most, least, replicas] = [Math.max(most, wished), Math.min(least, wished), wished];
        await cluster.client.patch(deployments, KEY, {type: 'strategic', patch: {spec: {replicas, template}}});
        if (random.integer(3) > 0) await cluster.settled();
        else {
          const other = 1 + random.integer(8);
          [most, least, replicas] = [Math.max(most, other), 0, other];
          await cluster.client.patch(deployments, KEY, {type: 'merge', patch: {spec: {replicas}}});
          await cluster.settled();
        }
        const {status, metadata} = await cluster.client.get(deployments, KEY);
        const {updatedReplicas, availableReplicas, observedGeneration} = status ?? {};
        assert.deepEqual([updatedReplicas, availableReplicas, observedGeneration], [replicas, replicas, metadata.generation]);
      }
      for (const watch of watches) watch.stop();
      assert.deepEqual(broken, []);
    });
  }
});
