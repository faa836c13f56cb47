import assert from 'node:assert/strict';
import type {EndpointSlice} from '../../../../server/api/kinds.generated.ts';
import {discovery} from '../../../../server/resources/discovery/index.ts';
import {rulesOf} from '../core/support.ts';

describe('endpoint slices', () => {
  const {create, update} = rulesOf<EndpointSlice>(discovery.EndpointSlice!);
  const metadata = {name: 'a', namespace: 'default'};

  it('have addresses of their type', () => {
    const {object, errors} = create({metadata, addressType: 'IPv4', endpoints: [{addresses: ['fd00::1']}], ports: [{}]});
    assert.deepEqual(object.ports, [{name: '', protocol: 'TCP'}]);
    assert.deepEqual(errors, ['endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address']);
  });

  it('keep their type', () => {
    const {errors} = update({metadata, addressType: 'IPv4', endpoints: []}, object => {
      object.addressType = 'FQDN';
    });
    assert.deepEqual(errors, ['addressType: Invalid value: "FQDN": field is immutable']);
  });
});
