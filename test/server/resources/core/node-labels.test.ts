import assert from 'node:assert/strict';
import type {CSIStorageCapacity, RuntimeClass, StorageClass} from '../../../../server/api/kinds.generated.ts';
import {runtimeClass} from '../../../../server/resources/node/runtimeclass.ts';
import {storage} from '../../../../server/resources/storage/index.ts';
import {rulesOf} from './support.ts';

describe('labels of nodes that are no longer to be used', () => {
  const metadata = {name: 'a', namespace: 'default'};
  const [key, message] = ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'];

  it('are told of storage classes', () => {
    const {create} = rulesOf<StorageClass>(storage.StorageClass!);
    const allowedTopologies = [{matchLabelExpressions: [{key, values: ['linux']}]}];
    assert.deepEqual(create({metadata, provisioner: 'p', allowedTopologies}).warnings, [
      `allowedTopologies[0].matchLabelExpressions[0].key: ${message}`,
    ]);
  });

  it('are told of capacities', () => {
    const {create} = rulesOf<CSIStorageCapacity>(storage.CSIStorageCapacity!);
    const nodeTopology = {matchLabels: {[key]: 'linux'}, matchExpressions: [{key, operator: 'Exists'}]};
    assert.deepEqual(create({metadata, storageClassName: 'c', nodeTopology}).warnings, [
      `nodeTopology.matchExpressions[0].key: ${key} is ${message}`,
      `nodeTopology.matchLabels.${key}: ${message}`,
    ]);
  });

  it('are told of runtime classes', () => {
    const {create} = rulesOf<RuntimeClass>(runtimeClass);
    assert.deepEqual(create({metadata, handler: 'h', scheduling: {nodeSelector: {[key]: 'linux'}}}).warnings, [
      `scheduling.nodeSelector: ${message}`,
    ]);
  });
});
