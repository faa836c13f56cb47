import assert from 'node:assert/strict';
import {BIND_COMPLETED, BOUND_BY_CONTROLLER, findVolume, mismatch, withClaim, withVolume} from '../../controllers/persistentvolume-plan.ts';
import type {PersistentVolume, PersistentVolumeClaim} from '../../server/api/kinds.generated.ts';

const claim = (storage: string, spec: Partial<NonNullable<PersistentVolumeClaim['spec']>> = {}): PersistentVolumeClaim => ({
  metadata: {name: 'c', namespace: 'n', uid: 'c1'},
  spec: {accessModes: ['ReadWriteOnce'], storageClassName: 'x', resources: {requests: {storage}}, ...spec},
});
const volume = (
  name: string,
  storage: string,
  spec: Partial<NonNullable<PersistentVolume['spec']>> = {},
  phase = 'Available',
): PersistentVolume => ({
  metadata: {name, labels: {disk: name}},
  spec: {accessModes: ['ReadWriteOnce'], storageClassName: 'x', capacity: {storage}, ...spec},
  status: {phase},
});
const found = (of: PersistentVolumeClaim, volumes: PersistentVolume[], delayed = false) => findVolume(of, volumes, delayed)?.metadata.name;

describe('persistentvolume plan', () => {
  it('takes the smallest volume that fits', () => {
    assert.equal(found(claim('2Gi'), [volume('a', '50Gi'), volume('b', '3Gi'), volume('c', '1Gi')]), 'b');
    assert.equal(found(claim('2Gi'), [volume('a', '5Gi', {storageClassName: 'y'}), volume('b', '5Gi', {volumeMode: 'Block'})]), undefined);
    assert.equal(found(claim('2Gi', {accessModes: ['ReadWriteMany']}), [volume('a', '5Gi')]), undefined);
    assert.equal(found(claim('2Gi', {selector: {matchLabels: {disk: 'b'}}}), [volume('a', '2Gi'), volume('b', '9Gi')]), 'b');
    assert.equal(found(claim('2Gi'), [volume('a', '5Gi', {}, 'Released')]), undefined);
  });

  it('prefers what is reserved for the claim, and waits for a consumer if it has to', () => {
    const reserved = volume('r', '9Gi', {claimRef: {namespace: 'n', name: 'c'}});
    assert.equal(found(claim('2Gi'), [volume('a', '2Gi'), reserved]), 'r');
    assert.equal(found(claim('2Gi'), [volume('a', '2Gi'), reserved], true), 'r');
    assert.equal(found(claim('2Gi'), [volume('a', '2Gi')], true), undefined);
    assert.equal(found(claim('2Gi'), [volume('o', '9Gi', {claimRef: {namespace: 'n', name: 'other'}})]), undefined);
  });

  it('enters claim and volume in each other, with a mark for what it chose itself', () => {
    const bound = withClaim(volume('a', '2Gi'), claim('1Gi'), false)!;
    assert.deepEqual([bound.spec!.claimRef!.uid, bound.metadata.annotations], ['c1', {[BOUND_BY_CONTROLLER]: 'yes'}]);
    assert.equal(withClaim(bound, claim('1Gi'), true), undefined);
    const chosen = withVolume(claim('1Gi'), bound)!;
    assert.deepEqual(chosen.metadata.annotations, {[BIND_COMPLETED]: 'yes', [BOUND_BY_CONTROLLER]: 'yes'});
    assert.equal(withVolume(chosen, bound), undefined);
    assert.deepEqual(withVolume(claim('1Gi', {volumeName: 'a'}), bound)!.metadata.annotations, {[BIND_COMPLETED]: 'yes'});
  });

  it('says what does not fit', () => {
    assert.equal(mismatch(volume('a', '1Gi'), claim('2Gi')), 'requested PV is too small');
    assert.equal(mismatch(volume('a', '2Gi', {storageClassName: ''}), claim('2Gi')), 'storageClassName does not match');
    assert.equal(mismatch(volume('a', '2Gi'), claim('2Gi')), undefined);
  });
});
