import assert from 'node:assert/strict';
import type {Action} from '../../controllers/statefulset-plan.ts';
import {claimsOf, partitionPods, planStatefulSet, podOf, revisionFor, statefulSetStatus} from '../../controllers/statefulset-plan.ts';
import type {ControllerRevision, Pod, StatefulSet} from '../../server/api/kinds.generated.ts';

const set = (replicas: number, spec: Partial<StatefulSet['spec']> = {}): StatefulSet => ({
  metadata: {name: 'db', namespace: 'n', uid: 'u', generation: 1},
  spec: {
    replicas,
    serviceName: 'db',
    selector: {matchLabels: {app: 'db'}},
    template: {metadata: {labels: {app: 'db'}}, spec: {containers: [{name: 'c'}]}},
    updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition: 0}},
    ...spec,
  },
});

const pod = (ordinal: number, {revision = 'new', ready = true, phase = 'Running', deleting = false} = {}): Pod => ({
  metadata: {
    name: `db-${ordinal}`,
    uid: `u${ordinal}`,
    labels: {'controller-revision-hash': revision},
    ...(deleting && {deletionTimestamp: '2026-01-01T00:00:00Z'}),
  },
  spec: {containers: []},
  status: {phase, conditions: [{type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z'}]},
});

const revision = (name: string): ControllerRevision => ({
  metadata: {name},
  data: {spec: {template: {metadata: {labels: {app: 'db'}}, spec: {containers: [{name: 'c', image: name}]}, $patch: 'replace'}}},
  revision: 1,
});

const text = (action: Action) => (action.do === 'create' ? `create ${action.ordinal}` : `${action.do} ${action.pod.metadata.name}`);
const plan = (of: StatefulSet, pods: Pod[]) =>
  planStatefulSet({set: of, ...partitionPods(of, pods), updateRevision: 'new', now: Date.UTC(2026, 0, 2)})
    .map(text)
    .filter(each => !each.startsWith('fix'));

describe('statefulset plan', () => {
  it('makes one pod after the other', () => {
    assert.deepEqual(plan(set(3), []), ['create 0']);
    assert.deepEqual(plan(set(3), [pod(0, {ready: false})]), []);
    assert.deepEqual(plan(set(3), [pod(0)]), ['create 1']);
    assert.deepEqual(plan(set(3), [pod(0), pod(2)]), ['create 1']);
    assert.deepEqual(plan(set(3, {podManagementPolicy: 'Parallel'}), [pod(1, {ready: false})]), ['create 0', 'create 2']);
    assert.deepEqual(plan(set(2, {ordinals: {start: 5}}), [pod(5)]), ['create 6']);
  });

  it('replaces finished pods', () => {
    assert.deepEqual(plan(set(2), [pod(0, {phase: 'Failed', ready: false}), pod(1)]), ['delete db-0']);
    assert.deepEqual(plan(set(1), [pod(0, {phase: 'Succeeded', ready: false, deleting: true})]), []);
  });

  it('scales down from the highest ordinal, one at a time, healthy ones waiting for the unhealthy', () => {
    assert.deepEqual(plan(set(1), [pod(0), pod(1), pod(2)]), ['delete db-2']);
    assert.deepEqual(plan(set(1), [pod(0), pod(1), pod(2, {deleting: true})]), []);
    assert.deepEqual(plan(set(1), [pod(0), pod(1), pod(2, {ready: false})]), ['delete db-2']);
    assert.deepEqual(plan(set(0, {podManagementPolicy: 'Parallel'}), [pod(0), pod(1)]), ['delete db-1', 'delete db-0']);
  });

  it('updates from the highest ordinal down to the partition, one at a time, replacing what never gets ready', () => {
    const old = [0, 1, 2].map(ordinal => pod(ordinal, {revision: 'old'}));
    assert.deepEqual(plan(set(3), old), ['delete db-2']);
    assert.deepEqual(plan(set(3), [old[0]!, old[1]!, pod(2)]), ['delete db-1']);
    const partitioned = {type: 'RollingUpdate', rollingUpdate: {partition: 2}};
    assert.deepEqual(plan(set(3, {updateStrategy: partitioned}), [old[0]!, old[1]!, pod(2)]), []);
    const parallel = set(3, {podManagementPolicy: 'Parallel'});
    const stuck = [0, 1, 2].map(ordinal => pod(ordinal, {revision: 'old', phase: 'Pending', ready: false}));
    assert.deepEqual(plan(parallel, stuck).at(-1), 'delete db-2');
    assert.ok(
      !plan(parallel, [stuck[0]!, stuck[1]!, pod(2, {phase: 'Pending', ready: false})]).some(action => action.startsWith('delete')),
    );
    assert.deepEqual(plan(set(3, {updateStrategy: {type: 'OnDelete'}}), old), []);
  });

  it('leaves a set that is being deleted alone', () => {
    const deleted = {...set(3), metadata: {...set(3).metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}};
    assert.deepEqual(plan(deleted, []), []);
  });

  it('takes missing pods below the partition from the current revision', () => {
    const [current, update] = [revision('old'), revision('new')];
    const partitioned = set(3, {updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition: 2}}});
    assert.equal(revisionFor(partitioned, 1, current, update), current);
    assert.equal(revisionFor(partitioned, 2, current, update), update);
    assert.equal(revisionFor(set(3), 0, current, update), update);
  });

  it('gives pods their identity and claims', () => {
    const claimed = set(1, {volumeClaimTemplates: [{metadata: {name: 'data'}, spec: {accessModes: ['ReadWriteOnce']}}]});
    const {metadata, spec} = podOf(claimed, revision('new'), 7);
    assert.equal(metadata.name, 'db-7');
    assert.deepEqual(metadata.labels, {
      app: 'db',
      'controller-revision-hash': 'new',
      'statefulset.kubernetes.io/pod-name': 'db-7',
      'apps.kubernetes.io/pod-index': '7',
    });
    assert.deepEqual([spec!.hostname, spec!.subdomain], ['db-7', 'db']);
    assert.deepEqual(spec!.volumes, [{name: 'data', persistentVolumeClaim: {claimName: 'data-db-7'}}]);
    assert.deepEqual(claimsOf(claimed, 7)[0]!.metadata, {name: 'data-db-7', namespace: 'n', labels: {app: 'db'}});
  });

  it('moves the current revision when all pods are updated and ready', () => {
    const pods = [pod(0), pod(1, {revision: 'old'})];
    const status = statefulSetStatus(set(2), pods, 'old', 'new', 0, Date.UTC(2026, 0, 2));
    assert.deepEqual([status.currentRevision, status.currentReplicas, status.updatedReplicas], ['old', 1, 1]);
    const done = statefulSetStatus(set(2), [pod(0), pod(1)], 'old', 'new', 0, Date.UTC(2026, 0, 2));
    assert.deepEqual([done.currentRevision, done.currentReplicas, done.updatedReplicas], ['new', 2, 2]);
  });
});
