import assert from 'node:assert/strict';
import type {LimitRange, LimitRangeItem, ResourceQuota, ResourceQuotaSpec} from '../../../../server/api/kinds.generated.ts';
import {limitRange} from '../../../../server/resources/core/limitrange.ts';
import {resourceQuota} from '../../../../server/resources/core/resourcequota.ts';
import {rulesOf} from './support.ts';

const metadata = {name: 'q', namespace: 'default'};

describe('limit ranges', () => {
  const {create} = rulesOf<LimitRange>(limitRange);
  const onItem = (item: object) => create({metadata, spec: {limits: [item as LimitRangeItem]}});

  it('take defaults from maxima, and requests from limits', () => {
    assert.deepEqual(onItem({type: 'Container', max: {cpu: '2'}, min: {memory: '1Mi'}}).object.spec!.limits, [
      {type: 'Container', max: {cpu: '2'}, min: {memory: '1Mi'}, default: {cpu: '2'}, defaultRequest: {cpu: '2', memory: '1Mi'}},
    ]);
  });

  it('want amounts in order', () => {
    const item = {type: 'Container', min: {cpu: '2'}, max: {cpu: '1'}, default: {cpu: '1'}, defaultRequest: {cpu: '1'}};
    assert.deepEqual(onItem(item).errors, [
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
      'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
    ]);
    assert.deepEqual(onItem({type: 'Pod', min: {cpu: '1'}, max: {cpu: '2'}, maxLimitRequestRatio: {cpu: '3'}}).errors, [
      'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
    ]);
  });

  it('give pods no defaults, and claims a size', () => {
    assert.deepEqual(onItem({type: 'Pod', default: {cpu: '1'}}).errors, [
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    ]);
    assert.deepEqual(onItem({type: 'PersistentVolumeClaim'}).errors, [
      'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
    ]);
  });
});

describe('resource quotas', () => {
  const {create, update} = rulesOf<ResourceQuota>(resourceQuota);
  const onSpec = (spec: ResourceQuotaSpec) => create({metadata, spec});

  it('limit what there is to limit', () => {
    const hard = {pods: '1', 'requests.cpu': '100m', 'count/jobs.batch': '2', 'gold.storageclass.storage.k8s.io/requests.storage': '1Gi'};
    assert.deepEqual(onSpec({hard}).errors, []);
    assert.deepEqual(
      onSpec({hard: {pods: '1.5', bogus: '-1'}}).errors.map(text => text.split(':')[0]),
      ['spec.hard[pods]', 'spec.hard[bogus]', 'spec.hard[bogus]', 'spec.hard[bogus]'],
    );
  });

  it('know scopes and what they are of', () => {
    assert.deepEqual(onSpec({hard: {services: '1'}, scopes: ['BestEffort', 'NotBestEffort', 'X']}).errors, [
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","X"]: unsupported scope applied to resource',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","X"]: unsupported scope applied to resource',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","X"]: unsupported scope',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","X"]: conflicting scopes',
    ]);
    const {errors} = update({metadata, spec: {scopes: ['BestEffort']}}, ({spec}) => {
      spec!.scopes = ['Terminating'];
    });
    assert.deepEqual(errors, ['spec.scopes: Invalid value: ["Terminating"]: field is immutable']);
  });

  it('warn of requests beyond limits', () => {
    assert.deepEqual(onSpec({hard: {cpu: '2', 'limits.cpu': '1'}}).warnings, ['ResourceQuota cpu (2) should be less than limits.cpu (1)']);
  });
});
