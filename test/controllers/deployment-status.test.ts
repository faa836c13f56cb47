import assert from 'node:assert/strict';
import {pausedCondition, rolloutStatus, sameStatus, untilDeadline, withCondition} from '../../controllers/deployment-status.ts';
import type {Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet} from '../../server/api/kinds.generated.ts';

const T0 = Date.UTC(2026, 0, 1);
const condition = (type: string, status: string, reason: string, at = T0): DeploymentCondition => {
  const time = new Date(at).toISOString().replace('.000', '');
  return {type, status, reason, message: reason, lastUpdateTime: time, lastTransitionTime: time};
};

const deployment = (status: DeploymentStatus = {}, spec: object = {}): Deployment => ({
  metadata: {name: 'web', generation: 2},
  spec: {
    replicas: 2,
    progressDeadlineSeconds: 10,
    selector: {},
    template: {},
    strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: 1, maxUnavailable: 0}},
    ...spec,
  },
  status,
});

const set = (name: string, status: ReplicaSet['status'], replicas = status!.replicas): ReplicaSet => ({
  metadata: {name, uid: name},
  spec: {replicas, selector: {}},
  status,
});

const reasons = (status: DeploymentStatus) => status.conditions!.map(({type, status: value, reason}) => `${type}=${value} ${reason}`);

describe('deployment status', () => {
  it('counts', () => {
    const newSet = set('new', {replicas: 1, readyReplicas: 1, availableReplicas: 0, terminatingReplicas: 0});
    const old = set('old', {replicas: 2, readyReplicas: 2, availableReplicas: 2, terminatingReplicas: 1});
    const {conditions: _, ...counts} = rolloutStatus(deployment(), [old, newSet], newSet, T0);
    assert.deepEqual(counts, {
      observedGeneration: 2,
      replicas: 3,
      updatedReplicas: 1,
      readyReplicas: 3,
      availableReplicas: 2,
      unavailableReplicas: 1,
      terminatingReplicas: 1,
    });
  });

  it('tells completion, progress and the missed deadline', () => {
    const ready = set('new', {replicas: 2, readyReplicas: 2, availableReplicas: 2});
    const half = set('new', {replicas: 2, readyReplicas: 1, availableReplicas: 1}, 2);
    const before = {conditions: [condition('Progressing', 'True', 'NewReplicaSetCreated')]};
    assert.deepEqual(reasons(rolloutStatus(deployment(before), [ready], ready, T0)), [
      'Available=True MinimumReplicasAvailable',
      'Progressing=True NewReplicaSetAvailable',
    ]);
    assert.deepEqual(reasons(rolloutStatus(deployment(before), [half], half, T0)), [
      'Available=False MinimumReplicasUnavailable',
      'Progressing=True ReplicaSetUpdated',
    ]);
    const stuck = deployment({...rolloutStatus(deployment(before), [half], half, T0)});
    assert.deepEqual(reasons(rolloutStatus(stuck, [half], half, T0 + 10_000)), reasons(stuck.status!));
    assert.deepEqual(reasons(rolloutStatus(stuck, [half], half, T0 + 10_001)), [
      'Available=False MinimumReplicasUnavailable',
      'Progressing=False ProgressDeadlineExceeded',
    ]);
  });

  it('takes over the failure of a ReplicaSet, and forgets it', () => {
    const failing = set('new', {
      replicas: 1,
      conditions: [
        {type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'no', lastTransitionTime: '2026-01-01T00:00:00Z'},
      ],
    });
    const status = rolloutStatus(deployment(), [failing], failing, T0);
    assert.deepEqual(status.conditions!.at(-1), {...condition('ReplicaFailure', 'True', 'FailedCreate'), message: 'no'});
    const healed = set('new', {replicas: 1});
    assert.ok(!reasons(rolloutStatus(deployment(status), [healed], healed, T0)).some(text => text.startsWith('ReplicaFailure')));
  });

  it('keeps a condition of the same status and reason as it is, message included', () => {
    const old = condition('Available', 'True', 'A');
    assert.deepEqual(withCondition([old], {...condition('Available', 'True', 'A', T0 + 5000), message: 'new'}), [old]);
    assert.deepEqual(withCondition([old], condition('Available', 'True', 'B', T0 + 5000)), [
      {...condition('Available', 'True', 'B', T0 + 5000), lastTransitionTime: old.lastTransitionTime},
    ]);
  });

  it('marks a pause and a resumption once', () => {
    const paused = deployment({}, {paused: true});
    const marked = pausedCondition(paused, T0)!;
    assert.deepEqual([marked.status, marked.reason], ['Unknown', 'DeploymentPaused']);
    assert.equal(pausedCondition(deployment({conditions: [marked]}, {paused: true}), T0), undefined);
    assert.equal(pausedCondition(deployment({conditions: [marked]}), T0)?.reason, 'DeploymentResumed');
    assert.equal(pausedCondition(deployment({}, {paused: true, progressDeadlineSeconds: 2147483647}), T0), undefined);
  });

  it('comes back a second after the deadline', () => {
    const waiting = deployment({replicas: 1, conditions: [condition('Progressing', 'True', 'ReplicaSetUpdated')]});
    assert.equal(untilDeadline(waiting, waiting.status!, T0 + 4000), 7000);
    assert.equal(untilDeadline(deployment(), {}, T0), undefined);
  });

  it('does not tell zero from absent', () => {
    assert.equal(sameStatus({replicas: 0, observedGeneration: 1}, {observedGeneration: 1}), true);
    assert.equal(sameStatus({terminatingReplicas: 0}, {}), false);
  });
});
