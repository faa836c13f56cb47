import assert from 'node:assert/strict';
import {limitReplicas, newHistory, replicasForUsage} from '../../controllers/autoscaling-plan.ts';
import type {HorizontalPodAutoscaler, Pod} from '../../server/api/kinds.generated.ts';

const pod = (name: string, ready = true): Pod => ({
  metadata: {name},
  spec: {containers: []},
  status: {phase: 'Running', conditions: [{type: 'Ready', status: ready ? 'True' : 'False'}]},
});
const tolerance = {up: 0.1, down: 0.1};
const wish = (used: {[name: string]: number}, pods: Pod[]) =>
  replicasForUsage({used: new Map(Object.entries(used)), target: () => 100, pods, current: pods.length, tolerance}).replicas;
const autoscaler = (spec: object = {}): HorizontalPodAutoscaler => ({
  metadata: {name: 'h'},
  spec: {scaleTargetRef: {kind: 'Deployment', name: 'web'}, minReplicas: 1, maxReplicas: 100, ...spec},
});

describe('autoscaling plan', () => {
  it('brings usage to its target', () => {
    const three = [pod('a'), pod('b'), pod('c')];
    assert.equal(wish({a: 200, b: 200, c: 200}, three), 6);
    assert.equal(wish({a: 105, b: 105, c: 105}, three), 3);
    assert.equal(wish({a: 10, b: 10, c: 10}, three), 1);
  });

  it('is careful with pods it knows nothing of', () => {
    assert.equal(wish({a: 200, b: 200}, [pod('a'), pod('b'), pod('c', false)]), 4);
    assert.equal(wish({a: 10, b: 10}, [pod('a'), pod('b'), pod('c')]), 2);
    assert.equal(wish({a: 120}, [pod('a'), pod('b'), pod('c')]), 3);
  });

  it('grows by four or double in a quarter of a minute, and shrinks after five', () => {
    const history = newHistory();
    const at = (current: number, wanted: number, seconds: number) =>
      limitReplicas(autoscaler(), current, wanted, history, seconds * 1000).replicas;
    assert.equal(at(1, 50, 1000), 5);
    assert.equal(at(10, 50, 1015), 20);
    assert.equal(at(50, 10, 1030), 50);
    assert.equal(at(50, 10, 1320), 10);
  });

  it('follows the behaviour and the bounds', () => {
    const one = autoscaler({behavior: {scaleUp: {policies: [{type: 'Pods', value: 1, periodSeconds: 60}]}}, maxReplicas: 5});
    const history = newHistory();
    assert.equal(limitReplicas(one, 2, 9, history, 0).replicas, 3);
    history.ups.push({time: 0, change: 1});
    assert.equal(limitReplicas(one, 3, 9, history, 30_000).replicas, 3);
    assert.equal(limitReplicas(autoscaler({maxReplicas: 3}), 2, 9, newHistory(), 0).reason, 'TooManyReplicas');
    assert.equal(limitReplicas(autoscaler({behavior: {scaleUp: {selectPolicy: 'Disabled'}}}), 2, 9, newHistory(), 0).replicas, 2);
  });
});
