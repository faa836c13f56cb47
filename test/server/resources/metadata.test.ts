import assert from 'node:assert/strict';
import type {FieldError} from '../../../server/api/field.ts';
import type {ObjectMeta} from '../../../server/api/object.ts';
import {validateObjectMeta, validateObjectMetaUpdate} from '../../../server/resources/metadata.ts';

const NAMESPACED = {namespaced: true, strategy: {}};
const good: ObjectMeta = {name: 'a', namespace: 'default', uid: 'u', generation: 1};
const told = (errors: FieldError[]) => errors.map(({field, message}) => `${field}: ${message}`);
const onCreate = (change: ObjectMeta) => told(validateObjectMeta({...good, ...change}, NAMESPACED, 'metadata'));
const onUpdate = (change: ObjectMeta, metadataOnUpdate?: 'none' | 'update' | 'both') =>
  told(validateObjectMetaUpdate({...good, ...change}, good, 'metadata', NAMESPACED, {metadataOnUpdate}));

describe('object metadata', () => {
  it('takes what is good', () => {
    const rich: ObjectMeta = {
      labels: {'example.com/a': ''},
      annotations: {'Example.com/A': 'anything'},
      finalizers: ['orphan', 'example.com/x'],
      ownerReferences: [{apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: '1', controller: true}],
    };
    assert.deepEqual(onCreate(rich), []);
    assert.deepEqual(onUpdate(rich), []);
  });

  it('wants managers of fields that can be printed', () => {
    const by = (manager: string) =>
      onCreate({managedFields: [{manager, operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1'}]} as ObjectMeta);
    assert.deepEqual(by('kubectl edit'), []);
    assert.deepEqual(by('a\u0001'), [
      String.raw`metadata.managedFields[0].manager: Invalid value: "a\x01": invalid character U+0001 (at position 1)`,
    ]);
  });

  it('wants a name and a namespace where there is one to be had', () => {
    assert.deepEqual(told(validateObjectMeta({}, NAMESPACED, 'metadata')), [
      'metadata.name: Required value: name or generateName is required',
      'metadata.namespace: Required value',
    ]);
    assert.deepEqual(told(validateObjectMeta(good, {namespaced: false, strategy: {}}, 'metadata')), [
      'metadata.namespace: Forbidden: not allowed on this type',
    ]);
  });

  it('checks owners, without telling which', () => {
    assert.deepEqual(onCreate({ownerReferences: [{apiVersion: 'a/b/c', kind: '', name: 'o', uid: ''}]}), [
      'metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty',
      'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ]);
  });

  it('wants finalizers to be standard or qualified', () => {
    const message = 'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified';
    assert.deepEqual(onCreate({finalizers: ['mine']}), [message]);
    assert.deepEqual(
      told(validateObjectMeta({...good, finalizers: ['mine']}, {namespaced: true, strategy: {plainFinalizers: true}}, 'metadata')),
      [],
    );
  });

  it('tells an update’s errors as often as the real server checks', () => {
    assert.equal(onUpdate({labels: {'/k': 'v'}}, 'none').length, 2);
    assert.equal(onUpdate({labels: {'/k': 'v'}}, 'update').length, 3);
    assert.equal(onUpdate({labels: {'/k': 'v'}}).length, 4);
    assert.deepEqual([...new Set(onUpdate({uid: 'other'}))], ['metadata.uid: Invalid value: "other": field is immutable']);
  });

  it('lets no finalizer join an object that is being deleted', () => {
    const old = {...good, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['orphan']};
    const errors = validateObjectMetaUpdate({...old, finalizers: ['orphan', 'example.com/x']}, old, 'metadata', NAMESPACED);
    assert.equal(
      errors[0]!.message,
      'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/x"}',
    );
  });
});
