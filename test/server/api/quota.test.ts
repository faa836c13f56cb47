import assert from 'node:assert/strict';
import type {Pod} from '../../../server/api/kinds.generated.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {podResources} from '../../../server/api/pod-resources.ts';
import {isInScopes, quotaUsage, resourceOfQuota} from '../../../server/api/quota.ts';

const PODS = {group: '', resource: 'pods'};
const pod = (spec: object, status: object = {phase: 'Running'}): KubeObject =>
  ({metadata: {name: 'p'}, spec, status}) as unknown as KubeObject;
const container = (cpu: string, more: object = {}) => ({name: 'c', resources: {requests: {cpu}, limits: {cpu}}, ...more});

describe('pod resources', () => {
  it('adds containers, or takes a larger init container, and overhead', () => {
    const of = (spec: object) => podResources({spec} as unknown as Pod, 'requests').cpu;
    assert.equal(of({containers: [container('100m'), container('200m')]}), '300m');
    assert.equal(of({containers: [container('100m')], initContainers: [container('1')]}), '1');
    const sidecar = container('50m', {restartPolicy: 'Always'});
    assert.equal(of({containers: [container('100m')], initContainers: [sidecar, container('200m')]}), '250m');
    assert.equal(of({containers: [container('100m')], overhead: {cpu: '10m'}}), '110m');
    assert.equal(of({containers: [container('100m')], resources: {requests: {cpu: '2'}}}), '2');
  });
});

describe('quota', () => {
  it('counts what a pod uses while it lives', () => {
    const living = pod({containers: [{name: 'c', resources: {requests: {cpu: '1', 'example.com/gpu': '2'}, limits: {cpu: '2'}}}]});
    assert.deepEqual(quotaUsage(PODS, living, 0), {
      'count/pods': '1',
      pods: '1',
      'requests.cpu': '1',
      cpu: '1',
      'requests.example.com/gpu': '2',
      'limits.cpu': '2',
    });
    assert.deepEqual(quotaUsage(PODS, pod({containers: []}, {phase: 'Failed'}), 0), {'count/pods': '1'});
  });

  it('counts services, claims and everything else by name', () => {
    const object = (spec: object) => ({metadata: {name: 'x'}, spec}) as unknown as KubeObject;
    assert.deepEqual(quotaUsage({group: '', resource: 'services'}, object({type: 'LoadBalancer', ports: [{}, {}]}), 0), {
      'count/services': '1',
      services: '1',
      'services.nodeports': '2',
      'services.loadbalancers': '1',
    });
    const claim = object({storageClassName: 'fast', resources: {requests: {storage: '1Gi'}}});
    assert.deepEqual(quotaUsage({group: '', resource: 'persistentvolumeclaims'}, claim, 0), {
      'count/persistentvolumeclaims': '1',
      persistentvolumeclaims: '1',
      'requests.storage': '1Gi',
      'fast.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
    });
    const storage = (requests: string, allocated?: string) => {
      const grown = {...object({resources: {requests: {storage: requests}}}), status: {allocatedResources: {storage: allocated}}};
      return quotaUsage({group: '', resource: 'persistentvolumeclaims'}, grown, 0)['requests.storage'];
    };
    assert.deepEqual([storage('1Gi', '2Gi'), storage('2Gi', '1Gi'), storage('1.5')], ['2Gi', '2Gi', '2']);
    assert.deepEqual(quotaUsage({group: 'apps', resource: 'deployments'}, object({}), 0), {'count/deployments.apps': '1'});
  });

  it('counts devices by class, of alternatives the most', () => {
    const requests = [
      {name: 'a', exactly: {deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2}},
      {name: 'b', exactly: {deviceClassName: 'gpu'}},
      {
        name: 'c',
        firstAvailable: [
          {name: 'x', deviceClassName: 'nic', count: 1},
          {name: 'y', deviceClassName: 'nic', count: 3},
          {name: 'z', deviceClassName: 'fpga', allocationMode: 'All'},
        ],
      },
    ];
    const claim = {metadata: {name: 'c'}, spec: {devices: {requests}}} as unknown as KubeObject;
    assert.deepEqual(quotaUsage({group: 'resource.k8s.io', resource: 'resourceclaims'}, claim, 0), {
      'count/resourceclaims.resource.k8s.io': '1',
      'gpu.deviceclass.resource.k8s.io/devices': '3',
      'nic.deviceclass.resource.k8s.io/devices': '3',
      'fpga.deviceclass.resource.k8s.io/devices': '32',
    });
    assert.deepEqual(resourceOfQuota('gpu.deviceclass.resource.k8s.io/devices'), {group: 'resource.k8s.io', resource: 'resourceclaims'});
  });

  it('knows the classes of a claim: wanted, present and next', () => {
    const quota = (operator: string, ...values: string[]) =>
      ({metadata: {}, spec: {scopeSelector: {matchExpressions: [{scopeName: 'VolumeAttributesClass', operator, values}]}}}) as never;
    const claim = (spec: object, status: object = {}) => ({metadata: {name: 'c'}, spec, status}) as unknown as KubeObject;
    const of = (operator: string, values: string[], object: KubeObject) =>
      isInScopes(quota(operator, ...values), {group: '', resource: 'persistentvolumeclaims'}, object);
    const moving = claim({volumeAttributesClassName: 'gold'}, {currentVolumeAttributesClassName: 'silver'});
    assert.deepEqual([of('In', ['gold'], moving), of('In', ['silver'], moving), of('In', ['bronze'], moving)], [true, true, false]);
    assert.deepEqual([of('Exists', [], claim({})), of('DoesNotExist', [], claim({})), of('Exists', [], moving)], [false, true, true]);
  });

  it('knows scopes', () => {
    const quota = (scopes: string[], matchExpressions: object[] = []) =>
      ({metadata: {name: 'q'}, spec: {scopes, scopeSelector: {matchExpressions}}}) as never;
    assert.equal(isInScopes(quota(['Terminating']), PODS, pod({activeDeadlineSeconds: 5})), true);
    assert.equal(isInScopes(quota(['NotTerminating']), PODS, pod({activeDeadlineSeconds: 5})), false);
    assert.equal(isInScopes(quota(['BestEffort']), PODS, pod({}, {qosClass: 'BestEffort'})), true);
    const critical = {scopeName: 'PriorityClass', operator: 'In', values: ['high']};
    assert.equal(isInScopes(quota([], [critical]), PODS, pod({priorityClassName: 'high'})), true);
    assert.equal(isInScopes(quota([], [critical]), PODS, pod({})), false);
    assert.equal(isInScopes(quota(['BestEffort']), {group: '', resource: 'services'}, pod({})), false);
  });

  it('knows of which resource a name is', () => {
    const of = (name: string) => resourceOfQuota(name)?.resource;
    assert.deepEqual(
      ['cpu', 'limits.memory', 'requests.storage', 'services.nodeports', 'count/jobs.batch', 'secrets', 'nonsense'].map(of),
      ['pods', 'pods', 'persistentvolumeclaims', 'services', 'jobs', 'secrets', undefined],
    );
  });
});
