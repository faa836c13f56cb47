import assert from 'node:assert/strict';
import type {KubeObject} from '../../../server/api/object.ts';
import {ConversionError, type Convert, withConversions} from '../../../server/patch/conversions.ts';
import {configMaps} from './support.ts';

const object: KubeObject = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}};

/** What two conversions, one of the other's result, come to; and how often was asked. */
function twice(convert: Convert) {
  let asked = 0;
  const counting: Convert = (...call) => {
    asked++;
    return convert(...call);
  };
  const result = withConversions(counting, now => {
    const first = now(configMaps, object, 'v2')!.object;
    return now(configMaps, first, 'v3')!.object.apiVersion;
  });
  return {result, asked: () => asked};
}

const converted: Convert = (_resource, one, apiVersion) => ({object: {...one, apiVersion}, schema: configMaps.schema});

describe('server/patch/conversions', () => {
  it('waits for nothing that is there', () => {
    const {result, asked} = twice(converted);
    assert.deepEqual([result, asked()], ['v3', 2]);
  });

  it('waits for each conversion once', async () => {
    const {result, asked} = twice(async (...call) => converted(...call));
    assert.ok(result instanceof Promise);
    assert.deepEqual([await result, asked()], ['v3', 2]);
  });

  const failures: [string, Convert][] = [
    ['throws', () => assert.fail('no way')],
    ['rejects', async () => assert.fail('no way')],
  ];
  for (const [how, convert] of failures) {
    it(`fails with a conversion that ${how}`, async () => {
      await assert.rejects(
        async () => twice(convert).result,
        error => error instanceof ConversionError && error.message === 'no way',
      );
    });
  }
});
