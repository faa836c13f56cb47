import assert from 'node:assert/strict';
import {internal, listOf, pointer, struct} from '../../../server/resources/internal.ts';

describe('internal forms', () => {
  const shape = struct({name: '', clusterIP: null, 'cidrs:CIDRs': listOf(''), port: pointer(struct({number: 0}))});

  it('show every field by its Go name, with zero values', () => {
    assert.deepEqual(internal({}, shape), {Name: '', ClusterIP: null, CIDRs: null, Port: null});
    assert.deepEqual(internal({name: 'a', cidrs: ['b'], port: {}}, shape), {Name: 'a', ClusterIP: null, CIDRs: ['b'], Port: {Number: 0}});
  });

  it('keep the order of the type', () => {
    assert.equal(JSON.stringify(internal({port: {number: 1}, name: 'a'}, shape)).indexOf('"Name"'), 1);
  });
});
