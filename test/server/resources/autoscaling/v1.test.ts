import assert from 'node:assert/strict';
import type {KubeObject} from '../../../../server/api/object.ts';
import {fromHub, toHub} from '../../../../server/resources/autoscaling/index.ts';

const scaleTargetRef = {kind: 'Deployment', name: 'd', apiVersion: 'apps/v1'};

describe('autoscaling/v1', () => {
  it('has one number for the metric everybody uses', () => {
    const v1: KubeObject = {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: {name: 'a'},
      spec: {scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 70},
    };
    const hub = toHub(v1);
    assert.equal(hub.apiVersion, 'autoscaling/v2');
    assert.deepEqual((hub.spec as {metrics?: unknown}).metrics, [
      {type: 'Resource', resource: {name: 'cpu', target: {type: 'Utilization', averageUtilization: 70}}},
    ]);
    assert.deepEqual(fromHub(hub).spec, v1.spec);
  });

  it('carries the rest in annotations, there and back', () => {
    const metrics = [
      {type: 'Resource', resource: {name: 'memory', target: {type: 'AverageValue', averageValue: '1Gi'}}},
      {type: 'Pods', pods: {metric: {name: 'm'}, target: {type: 'AverageValue', averageValue: '1'}}},
    ];
    const behavior = {scaleDown: {selectPolicy: 'Disabled', policies: [{type: 'Pods', value: 1, periodSeconds: 60}]}};
    const hub: KubeObject = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: {name: 'a', annotations: {own: 'x'}},
      spec: {scaleTargetRef, maxReplicas: 3, metrics, behavior},
      status: {desiredReplicas: 1, currentMetrics: null},
    };
    const v1 = fromHub(hub);
    assert.deepEqual(Object.keys(v1.metadata.annotations!), [
      'autoscaling.alpha.kubernetes.io/behavior',
      'autoscaling.alpha.kubernetes.io/metrics',
      'own',
    ]);
    assert.equal((v1.spec as {metrics?: unknown}).metrics, undefined);
    const back = toHub(v1);
    assert.deepEqual(back.metadata.annotations, {own: 'x'});
    assert.deepEqual((back.spec as {metrics?: unknown}).metrics, metrics);
    assert.deepEqual((back.spec as {behavior?: {scaleDown?: unknown}}).behavior!.scaleDown, behavior.scaleDown);
  });
});
