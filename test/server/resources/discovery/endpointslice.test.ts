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

  it('name domains as a whole', () => {
    const told = (address: string) => create({metadata, addressType: 'FQDN', endpoints: [{addresses: [address]}]}).errors;
    assert.deepEqual(told('a.b.'), []);
    assert.deepEqual(told('a.'), [
      'endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots',
    ]);
    const long = 'x'.repeat(64);
    assert.deepEqual(told(`a.${long}`), [`endpoints[0].addresses[0]: Invalid value: "${long}": must be no more than 63 characters`]);
  });

  it('keep their type', () => {
    const {errors} = update({metadata, addressType: 'IPv4', endpoints: []}, object => {
      object.addressType = 'FQDN';
    });
    assert.deepEqual(errors, ['addressType: Invalid value: "FQDN": field is immutable']);
  });
});
