import assert from 'node:assert/strict';
import type {APIService} from '../../../../server/api/kinds.generated.ts';
import {apiregistration} from '../../../../server/resources/apiregistration/index.ts';
import {rulesOf} from '../core/support.ts';

describe('API services', () => {
  const {create} = rulesOf<APIService>(apiregistration.APIService!);
  const named = (name: string, group = 'b.c') =>
    create({metadata: {name}, spec: {group, version: 'v1', groupPriorityMinimum: 1, versionPriority: 1}} as APIService).errors;

  it('are named by version and group', () => {
    assert.deepEqual(named('v1.b.c'), []);
    assert.deepEqual(named('x'), ['metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.b.c"']);
  });

  it('want a name for a path before it is the right one', () => {
    assert.deepEqual(named('a/b'), [`metadata.name: Invalid value: "a/b": may not contain '/'`]);
    assert.equal(named('v1.a/b', 'a/b')[0], `metadata.name: Invalid value: "v1.a/b": may not contain '/'`);
  });
});
