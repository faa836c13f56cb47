import assert from 'node:assert/strict';
import {isScalingEvent, newSetSize, planNewSet, planOldSets, planScale} from '../../controllers/deployment-plan.ts';
import type {Deployment, ReplicaSet} from '../../server/api/kinds.generated.ts';

type Strategy = {maxSurge?: number | string; maxUnavailable?: number | string} | 'Recreate';

function deployment(replicas: number, strategy: Strategy = {maxSurge: '25%', maxUnavailable: '25%'}): Deployment {
  return {
    metadata: {name: 'web', generation: 1},
    spec: {
      replicas,
      selector: {},
      template: {},
      strategy: strategy === 'Recreate' ? {type: 'Recreate'} : {type: 'RollingUpdate', rollingUpdate: strategy},
    },
  };
}

let age = 0;
/** `max`: the annotation of the Deployment's size with surge; the desired size is `desired`. */
function set(
  name: string,
  replicas: number,
  {available = replicas, desired, max}: {available?: number; desired?: number; max?: number} = {},
): ReplicaSet {
  return {
    metadata: {
      name,
      uid: name,
      creationTimestamp: new Date(age++ * 1000).toISOString(),
      annotations: {
        ...(desired !== undefined && {'deployment.kubernetes.io/desired-replicas': String(desired)}),
        ...(max !== undefined && {'deployment.kubernetes.io/max-replicas': String(max)}),
      },
    },
    spec: {replicas, selector: {}},
    status: {replicas, availableReplicas: available},
  };
}

const sizes = (scales: {set: ReplicaSet; replicas: number}[]) =>
  Object.fromEntries(scales.map(scale => [scale.set.metadata.name, scale.replicas]));

describe('deployment plan', () => {
  it('sizes the new ReplicaSet by what surge leaves', () => {
    const cases: [number, Strategy, number[], number, number][] = [
      [10, {maxSurge: 0, maxUnavailable: 1}, [10], 0, 0],
      [10, {maxSurge: 2, maxUnavailable: 0}, [10], 0, 2],
      [10, {maxSurge: '25%', maxUnavailable: '25%'}, [10], 0, 3],
      [10, {maxSurge: '100%', maxUnavailable: 0}, [10], 0, 10],
      [10, {maxSurge: 2, maxUnavailable: 0}, [8, 2], 2, 4],
      [10, {maxSurge: 5, maxUnavailable: 0}, [], 0, 10],
      [10, 'Recreate', [3], 0, 10],
    ];
    for (const [replicas, strategy, sets, current, wanted] of cases) {
      const all = sets.map((size, i) => set(`s${i}`, size));
      assert.equal(newSetSize(deployment(replicas, strategy), all, current), wanted, JSON.stringify([replicas, strategy, sets]));
    }
  });

  it('scales the new ReplicaSet up to the wish and down when it is too large', () => {
    assert.deepEqual(sizes(planNewSet(deployment(4), set('new', 0), [set('old', 4)])), {new: 1});
    assert.deepEqual(sizes(planNewSet(deployment(4), set('new', 4), [])), {});
    assert.deepEqual(sizes(planNewSet(deployment(2), set('new', 4), [])), {new: 2});
  });

  it('takes pods off the old ReplicaSets only as far as availability allows', () => {
    const d = deployment(4, {maxSurge: 1, maxUnavailable: 1});
    const cases: [ReplicaSet, ReplicaSet[], {[name: string]: number}][] = [
      [set('new', 1, {available: 0}), [set('old', 4)], {old: 3}],
      [set('new', 1, {available: 1}), [set('old', 4)], {old: 2}],
      [set('new', 2, {available: 0}), [set('old', 3)], {}],
      [set('new', 0), [set('old', 0)], {}],
      [set('new', 4), [set('older', 1), set('old', 1)], {older: 0, old: 0}],
    ];
    for (const [newSet, old, wanted] of cases) assert.deepEqual(sizes(planOldSets(d, newSet, old)), wanted);
  });

  it('does not count pods twice that are gone but still in the status', () => {
    const old = [set('old', 7, {available: 8})];
    const scales = planOldSets(deployment(8, {maxSurge: 2, maxUnavailable: 1}), set('new', 2, {available: 1}), old);
    assert.deepEqual(sizes(scales), {old: 6});
  });

  it('removes unavailable old pods first', () => {
    const d = deployment(10, {maxSurge: 0, maxUnavailable: 2});
    assert.deepEqual(sizes(planOldSets(d, set('new', 0), [set('broken', 3, {available: 0}), set('old', 7)])), {broken: 1});
  });

  it('knows a changed spec.replicas by the annotation', () => {
    assert.equal(isScalingEvent(deployment(5), [set('a', 3, {desired: 3})]), true);
    assert.equal(isScalingEvent(deployment(3), [set('a', 3, {desired: 3})]), false);
    assert.equal(isScalingEvent(deployment(5), [set('a', 0, {desired: 3})]), false);
  });

  it('gives a change to the only active ReplicaSet, or to the newest', () => {
    assert.deepEqual(sizes(planScale(deployment(5), set('new', 3), [set('old', 0)])), {new: 5});
    assert.deepEqual(sizes(planScale(deployment(5), undefined, [set('old', 0), set('newer', 0)])), {newer: 5});
    assert.deepEqual(sizes(planScale(deployment(3), set('new', 3), [])), {});
  });

  it('empties the old ReplicaSets of a finished rollout', () => {
    assert.deepEqual(sizes(planScale(deployment(3), set('new', 3, {desired: 3}), [set('old', 2)])), {old: 0});
  });

  it('shares a change in proportion, what is left going to the largest', () => {
    const surge = {maxSurge: 3, maxUnavailable: 2};
    const grown = planScale(deployment(30, surge), set('new', 5, {desired: 10, max: 13}), [set('old', 8, {desired: 10, max: 13})]);
    assert.deepEqual(sizes(grown), {old: 20, new: 13});
    const shrunk = planScale(deployment(5, surge), set('new', 5, {desired: 10, max: 13}), [set('old', 8, {desired: 10, max: 13})]);
    assert.deepEqual(sizes(shrunk), {old: 5, new: 3});
    const gone = planScale(deployment(0, surge), set('new', 5, {desired: 10, max: 13}), [set('old', 8, {desired: 10, max: 13})]);
    assert.deepEqual(sizes(gone), {old: 0, new: 0});
  });
});
