import assert from 'node:assert/strict';
import type {ManagedFieldsEntry} from '../../../server/api/object.ts';
import {parentEntries, scaleEntries} from '../../../server/patch/scale.ts';

const PATHS = {'apps/v1': ['spec', 'replicas']};
const TIME = '2026-01-01T00:00:00Z';

const entry = (manager: string, fieldsV1: ManagedFieldsEntry['fieldsV1'], more: ManagedFieldsEntry = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Apply',
  apiVersion: 'apps/v1',
  time: TIME,
  fieldsType: 'FieldsV1',
  fieldsV1: fieldsV1!,
  ...more,
});

const REPLICAS = {'f:spec': {'f:replicas': {}}};
const parents = [
  entry('m1', {'f:spec': {'f:replicas': {}, 'f:selector': {}}}),
  entry('m2', {'f:spec': {'f:selector': {}}}),
  entry('old', REPLICAS, {apiVersion: 'apps/v0'}),
];

describe('managed fields of a scale', () => {
  it('are those of the replicas', () => {
    assert.deepEqual(scaleEntries(parents, PATHS), [entry('m1', REPLICAS, {apiVersion: 'autoscaling/v1'})]);
    assert.equal(scaleEntries(undefined, PATHS), undefined);
  });

  it('go back to the object: taken from who lost them, and kept by who still has them', () => {
    const taken = [entry('hpa', REPLICAS, {apiVersion: 'autoscaling/v1', subresource: 'scale'})];
    const {time: _time, ...timeless} = entry('hpa', REPLICAS, {subresource: 'scale'});
    assert.deepEqual(parentEntries(parents, taken, 'apps/v1', PATHS), [
      timeless,
      entry('m1', {'f:spec': {'f:selector': {}}}),
      entry('m2', {'f:spec': {'f:selector': {}}}),
    ]);
    const kept = scaleEntries(parents, PATHS);
    assert.deepEqual(parentEntries(parents, kept, 'apps/v1', PATHS), parents.slice(0, 2));
  });
});
