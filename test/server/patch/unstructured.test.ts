import assert from 'node:assert/strict';
import type {JsonObject} from '../../../server/api/json.ts';
import {conversionError} from '../../../server/patch/unstructured.ts';
import {pods} from './support.ts';

describe('conversionError', () => {
  const error = (spec: JsonObject): string | undefined => conversionError({spec}, pods.schema);

  it('finds the first value that does not fit', () => {
    assert.equal(error({nodeName: 5}), 'cannot convert int64 to string');
    assert.equal(error({restartPolicy: 5}), 'cannot convert int64 to v1.RestartPolicy');
    assert.equal(error({nodeName: true}), 'unrecognized type: string');
    assert.equal(error({priority: 'x'}), 'unrecognized type: int32');
    assert.equal(error({hostNetwork: 'true'}), 'unrecognized type: bool');
    assert.equal(error({containers: {}}), 'cannot restore slice from map');
    assert.equal(error({containers: ['x']}), 'cannot restore struct from: string');
    assert.equal(error({nodeSelector: []}), 'cannot restore map from slice');
  });

  it('leaves what fits, and what says so itself', () => {
    assert.equal(error({nodeName: 'n', containers: [{name: 'c', resources: {limits: {cpu: 'bogus'}}}], priority: null}), undefined);
  });
});
