import assert from 'node:assert/strict';
import type {KubeObject} from '../../../server/api/object.ts';
import {keepTimes} from '../../../server/patch/keep-times.ts';

const object = (time: string, data: string, field = 'f:data'): KubeObject => ({
  metadata: {name: 'a', managedFields: [{manager: 'm', operation: 'Apply', time, fieldsV1: {[field]: {}}}]},
  data,
});

describe('keepTimes', () => {
  const time = (changed: KubeObject): string => {
    keepTimes(changed, object('1', 'x'));
    return changed.metadata.managedFields![0]!.time!;
  };

  it('keeps the times of a write that changes nothing else', () => {
    assert.equal(time(object('2', 'x')), '1');
  });

  it('leaves those of a change of the object or of ownership', () => {
    assert.equal(time(object('2', 'y')), '2');
    assert.equal(time(object('2', 'x', 'f:other')), '2');
  });
});
