import assert from 'node:assert/strict';
import type {PersistentVolume, PersistentVolumeClaim} from '../../../../server/api/kinds.generated.ts';
import {persistentVolume} from '../../../../server/resources/core/persistentvolume.ts';
import {persistentVolumeClaim} from '../../../../server/resources/core/persistentvolumeclaim.ts';
import {rulesOf} from './support.ts';

describe('persistent volumes', () => {
  const {create, update} = rulesOf<PersistentVolume>(persistentVolume);
  const volume = (spec: object): PersistentVolume => ({
    metadata: {name: 'v'},
    spec: {capacity: {storage: '1Gi'}, accessModes: ['ReadWriteOnce'], hostPath: {path: '/x'}, ...spec},
  });

  it('get defaults', () => {
    const {object, errors} = create(volume({}));
    assert.deepEqual(errors, []);
    assert.equal(object.spec!.persistentVolumeReclaimPolicy, 'Retain');
    assert.equal(object.spec!.volumeMode, 'Filesystem');
    assert.deepEqual(object.spec!.hostPath, {path: '/x', type: ''});
    assert.equal(object.status!.phase, 'Pending');
  });

  it('want a size, access modes and one source', () => {
    assert.deepEqual(create(volume({capacity: {}, accessModes: [], hostPath: undefined})).errors, [
      'spec.accessModes: Required value',
      'spec.capacity: Required value',
      'spec.capacity: Unsupported value: {}: supported values: "storage"',
      'spec: Required value: must specify a volume type',
    ]);
    assert.deepEqual(create(volume({nfs: {server: 's', path: '/'}})).errors, [
      'spec.nfs: Forbidden: may not specify more than 1 volume type',
    ]);
  });

  it('keep places that no node can have, once they are told', () => {
    const nodeAffinity = {required: {nodeSelectorTerms: [{matchExpressions: [{key: 'a', operator: 'In', values: ['-b']}]}]}};
    const before = volume({nodeAffinity});
    assert.equal(create(before).errors.length, 1);
    assert.deepEqual(update(before, ({metadata}) => Object.assign(metadata, {labels: {a: 'b'}})).errors, []);
  });

  it('keep their source', () => {
    const {errors} = update(volume({}), ({spec}) => {
      spec!.hostPath!.path = '/y';
    });
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, /^spec\.persistentvolumesource: Forbidden: spec\.persistentvolumesource is immutable after creation/);
  });
});

describe('persistent volume claims', () => {
  const {create, update} = rulesOf<PersistentVolumeClaim>(persistentVolumeClaim);
  const claim = (spec: object = {}): PersistentVolumeClaim => ({
    metadata: {name: 'c', namespace: 'default'},
    spec: {accessModes: ['ReadWriteOnce'], resources: {requests: {storage: '1Gi'}}, ...spec},
  });

  it('get defaults', () => {
    const {object, errors} = create(claim());
    assert.deepEqual(errors, []);
    assert.equal(object.spec!.volumeMode, 'Filesystem');
    assert.deepEqual(object.status, {phase: 'Pending'});
  });

  it('want access modes and a size', () => {
    assert.deepEqual(create(claim({accessModes: [], resources: {}})).errors, [
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ]);
    assert.deepEqual(create(claim({accessModes: ['ReadWriteOncePod', 'ReadWriteOnce']})).errors, [
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
    ]);
  });

  it('change nothing but what they ask for, and that when bound', () => {
    const [error] = update(claim(), ({spec}) => {
      spec!.storageClassName = 'x';
      spec!.volumeMode = 'Block';
    }).errors;
    assert.match(error!, /^spec: Forbidden: spec is immutable after creation except resources\.requests and volumeAttributesClassName/);
    const grow = (object: PersistentVolumeClaim) => {
      object.spec!.resources!.requests = {storage: '2Gi'};
    };
    assert.equal(update(claim(), grow).errors.length, 1);
  });
});
