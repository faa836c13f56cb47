import assert from 'node:assert/strict';
import {endpointSlices, events, nodes, pods, resourceQuotas, services} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

describe('the EndpointSlice controller', () => {
  const world = useWorld({nodes: 2});
  const spec = {selector: {app: 'a'}, ports: [{port: 80}]};
  const failures = async () =>
    (await world.list(events)).filter(({reason}) => reason === 'FailedToUpdateEndpointSlices').map(({message}) => message);

  it('says that it may not make a slice', async () => {
    await world.create(resourceQuotas, 'q', {spec: {hard: {'count/endpointslices.discovery.k8s.io': '0'}}});
    await world.rest();
    await world.create(services, 's', {spec});
    await world.rest();
    const [message] = await failures();
    const name = `${world.namespace}/s`;
    const start = `Error updating Endpoint Slices for Service ${name}: failed to create EndpointSlice for Service ${name}: endpointslices`;
    assert.ok(message?.startsWith(start), message);
  });

  it('notices with the next change that a node is gone, and says so', async () => {
    await world.create(services, 's', {spec});
    await world.create(pods, 'p', {metadata: {labels: {app: 'a'}}, spec: {containers: [{name: 'c', image: 'busybox'}]}});
    await world.rest();
    const node = (await world.get(pods, 'p')).spec!.nodeName!;
    const addresses = async () => (await world.list(endpointSlices))[0]?.endpoints?.length ?? 0;
    assert.equal(await addresses(), 1);
    await world.client.delete(nodes, {name: node});
    await world.rest();
    assert.deepEqual([await addresses(), await failures()], [1, []]);
    await world.merge(services, 's', {metadata: {labels: {x: 'y'}}});
    await world.rest();
    const name = `${world.namespace}/s`;
    const said = `Error updating Endpoint Slices for Service ${name}: skipping Pod p for Service ${name}: Node ${node} Not Found`;
    assert.deepEqual([await addresses(), await failures()], [0, [said]]);
  });
});
