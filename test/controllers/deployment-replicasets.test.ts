import assert from 'node:assert/strict';
import {fenceposts, findNew, newSetAnnotations, surplusHistory} from '../../controllers/deployment-replicasets.ts';
import type {Deployment, ReplicaSet} from '../../server/api/kinds.generated.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';

const deployment = (spec: object = {}, annotations: {[key: string]: string} = {}): Deployment => ({
  metadata: {name: 'web', annotations},
  spec: {
    replicas: 4,
    selector: {},
    template: {metadata: {labels: {app: 'web'}}, spec: {containers: []}},
    strategy: {type: 'RollingUpdate'},
    ...spec,
  },
});

const set = (
  name: string,
  {revision = 1, labels = {}, replicas = 0, created = 0}: {revision?: number; labels?: object; replicas?: number; created?: number} = {},
): ReplicaSet => ({
  metadata: {
    name,
    uid: name,
    generation: 1,
    creationTimestamp: new Date(created * 1000).toISOString(),
    annotations: {[REVISION]: String(revision)},
  },
  spec: {
    replicas,
    selector: {},
    template: {metadata: {labels: {app: 'web', 'pod-template-hash': name, ...labels}}, spec: {containers: []}},
  },
  status: {replicas, observedGeneration: 1},
});

describe('deployment ReplicaSets', () => {
  it('finds the new one by its template, the hash label apart, the oldest first', () => {
    const sets = [set('b', {created: 2}), set('a', {created: 1}), set('other', {labels: {x: 'y'}})];
    assert.equal(findNew(deployment(), sets)?.metadata.name, 'a');
    assert.equal(findNew(deployment(), [sets[2]!]), undefined);
  });

  it('rounds surge up and unavailability down, never both to nothing', () => {
    const rolling = (maxSurge: number | string, maxUnavailable: number | string, replicas = 4) =>
      fenceposts(deployment({replicas, strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge, maxUnavailable}}}));
    assert.deepEqual(rolling('25%', '25%', 10), {surge: 3, unavailable: 2});
    assert.deepEqual(rolling('25%', '25%', 1), {surge: 1, unavailable: 0});
    assert.deepEqual(rolling(0, '10%'), {surge: 0, unavailable: 1});
    assert.deepEqual(rolling(1, 9), {surge: 1, unavailable: 4});
    assert.deepEqual(fenceposts(deployment({strategy: {type: 'Recreate'}})), {surge: 0, unavailable: 0});
  });

  it('remembers revisions that a ReplicaSet had before', () => {
    const again = newSetAnnotations(deployment({}, {note: 'x', [REVISION]: '3'}), set('a', {revision: 1}), 4n);
    assert.deepEqual(again, {note: 'x', [REVISION]: '4', [HISTORY]: '1'});
    const twice = newSetAnnotations(deployment(), {...set('a'), metadata: {name: 'a', annotations: again}}, 6n);
    assert.equal(twice[HISTORY], '1,4');
    assert.equal(newSetAnnotations(deployment(), set('a', {revision: 7}), 6n)[REVISION], '7');
  });

  it('gives up the oldest empty revisions beyond the limit', () => {
    const old = [set('c', {revision: 3}), set('a', {revision: 1}), set('b', {revision: 2, replicas: 1})];
    const names = (limit: number) => surplusHistory(deployment({revisionHistoryLimit: limit}), old).map(({metadata}) => metadata.name);
    assert.deepEqual(names(3), []);
    assert.deepEqual(names(2), ['a']);
    assert.deepEqual(names(0), ['a', 'c']);
    assert.deepEqual(names(2147483647), []);
  });
});
