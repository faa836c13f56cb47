import assert from 'node:assert/strict';
import type {RequestContext} from '../../../server/request/request.ts';
import {warnStrictly} from '../../../server/request/strict.ts';

describe('warnStrictly', () => {
  it('tells each complaint once, those of YAML line by line', () => {
    const warnings = new Set(['unknown field "a"']);
    const yaml =
      'error converting YAML to JSON: yaml: unmarshal errors:\n  line 2: key "k" already set in map\n  line 3: key "l" already set in map';
    warnStrictly({warnings} as unknown as RequestContext, ['unknown field "a"', 'unknown field "b"', yaml]);
    assert.deepEqual(
      [...warnings],
      ['unknown field "a"', 'unknown field "b"', 'line 2: key "k" already set in map', 'line 3: key "l" already set in map'],
    );
  });
});
