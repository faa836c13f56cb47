import assert from 'node:assert/strict';
import {deletionOrder, replicaStatus, sameReplicaStatus} from '../../controllers/replicaset-plan.ts';
import type {Pod} from '../../server/api/kinds.generated.ts';

const NOW = Date.UTC(2026, 0, 1);
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString().replace('.000', '');

interface Shape {
  node?: string;
  phase?: string;
  readyFor?: number;
  cost?: string;
  age?: number;
  restarts?: number;
  labels?: {[key: string]: string};
}

const pod = (name: string, {node = 'n', phase = 'Running', readyFor, cost, age = 1000, restarts = 0, labels}: Shape = {}): Pod => ({
  metadata: {
    name,
    uid: name,
    creationTimestamp: ago(age),
    labels,
    ...(cost !== undefined && {annotations: {'controller.kubernetes.io/pod-deletion-cost': cost}}),
  },
  spec: {containers: [], ...(node && {nodeName: node})},
  status: {
    phase,
    conditions: readyFor === undefined ? [] : [{type: 'Ready', status: 'True', lastTransitionTime: ago(readyFor)}],
    containerStatuses: [{name: 'c', image: '', imageID: '', ready: true, restartCount: restarts}],
  },
});

const first = (...pods: Pod[]) =>
  deletionOrder(
    pods.map(each => ({pod: each, rank: 1})),
    NOW,
  )[0]!.pod.metadata.name;

describe('replicaset plan', () => {
  it('deletes what is worth least first', () => {
    const good = pod('good', {readyFor: 900});
    assert.equal(first(good, pod('unassigned', {node: ''})), 'unassigned');
    assert.equal(first(good, pod('pending', {phase: 'Pending'})), 'pending');
    assert.equal(first(good, pod('unready')), 'unready');
    assert.equal(first(good, pod('cheap', {readyFor: 900, cost: '-1'})), 'cheap');
    assert.equal(first(good, pod('fresh', {readyFor: 10})), 'fresh');
    assert.equal(first(good, pod('restarted', {readyFor: 900, restarts: 3})), 'restarted');
    assert.equal(first(good, pod('young', {readyFor: 900, age: 10})), 'young');
    assert.equal(first(pod('no number', {readyFor: 900, cost: 'x', age: 10}), good), 'no number');
  });

  it('prefers crowded nodes', () => {
    const [a, b] = [pod('a', {readyFor: 900}), pod('b', {readyFor: 900})];
    assert.equal(
      deletionOrder(
        [
          {pod: a, rank: 1},
          {pod: b, rank: 2},
        ],
        NOW,
      )[0]!.pod,
      b,
    );
  });

  it('takes ages of the same power of two for equal, and the uid to decide', () => {
    assert.equal(first(pod('b', {readyFor: 901}), pod('a', {readyFor: 900})), 'a');
    assert.equal(first(pod('a', {readyFor: 901}), pod('b', {readyFor: 900})), 'a');
  });

  it('counts', () => {
    const active = [pod('a', {readyFor: 100, labels: {app: 'web'}}), pod('b', {readyFor: 5, labels: {app: 'web', more: 'x'}}), pod('c')];
    const spec = {replicas: 3, minReadySeconds: 10, template: {metadata: {labels: {app: 'web'}}}};
    assert.deepEqual(replicaStatus({spec, generation: 4, status: undefined, active, terminating: 2, now: NOW}), {
      replicas: 3,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 2,
      observedGeneration: 4,
    });
  });

  it('tells a failure until it is over', () => {
    const base = {spec: {}, generation: 1, active: [], now: NOW};
    const failed = replicaStatus({...base, status: undefined, failure: {message: 'no', surplus: false}});
    assert.deepEqual(failed.conditions, [
      {type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'no', lastTransitionTime: ago(0)},
    ]);
    const still = replicaStatus({...base, status: failed, now: NOW + 9000, failure: {message: 'still no', surplus: false}});
    assert.ok(sameReplicaStatus(failed, still));
    assert.equal(replicaStatus({...base, status: failed}).conditions, undefined);
  });
});
