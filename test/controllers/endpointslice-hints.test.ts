import assert from 'node:assert/strict';
import {hintZones, zoneShares} from '../../controllers/endpointslice-hints.ts';
import type {Endpoint, Node} from '../../server/api/kinds.generated.ts';
import {endpointSlices, events, nodes, pods, services} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

const node = (zone: string | undefined, cpu: string, ready = 'True', labels: object = {}): Node => ({
  metadata: {name: 'n', labels: {...(zone && {'topology.kubernetes.io/zone': zone}), ...labels}},
  spec: {},
  status: {allocatable: {cpu}, conditions: [{type: 'Ready', status: ready}]},
});
const endpoints = (zones: string): Endpoint[] =>
  [...zones].map(zone => ({addresses: ['10.0.0.1'], conditions: {ready: zone === zone.toLowerCase()}, zone: zone.toLowerCase()}));
const hints = (zones: string, shares: {[zone: string]: number}): string => {
  const hinted = hintZones(endpoints(zones), new Map(Object.entries(shares)));
  return typeof hinted === 'string' ? hinted : hinted.map(endpoint => endpoint.hints?.forZones?.[0]?.name ?? '-').join('');
};

describe('hints by zone', () => {
  it('follow the CPU of ready workers', () => {
    const control = node('c', '8', 'True', {'node-role.kubernetes.io/control-plane': ''});
    const shares = zoneShares([node('a', '6'), node('b', '2'), node('b', '9', 'False'), control]);
    assert.deepEqual(
      [...shares!],
      [
        ['a', 0.75],
        ['b', 0.25],
      ],
    );
    assert.equal(zoneShares([node('a', '6'), node(undefined, '2')]), undefined);
    assert.equal(zoneShares([node('a', '6'), node('a', '2')]), undefined);
  });

  it('stay in the own zone where the shares allow it', () => {
    assert.equal(hints('aab', {a: 2 / 3, b: 1 / 3}), 'aab');
    assert.equal(hints('aabB', {a: 2 / 3, b: 1 / 3}), 'aab-');
  });

  it('send endpoints to zones that have too few', () => {
    assert.equal(hints('aaaa', {a: 0.5, b: 0.5}), 'bbaa');
    assert.equal(hints('aaaaaa', {a: 0.5, b: 0.33, c: 0.17}).split('').sort().join(''), 'aaabbc');
  });

  it('need enough endpoints', () => {
    assert.equal(hints('a', {a: 0.5, b: 0.5}), 'Insufficient number of endpoints (1 endpoints, 2 zones)');
    assert.match(hints('ab', {a: 0.67, b: 0.33}), /without exceeding overload threshold \(2 endpoints, 2 zones\)$/);
  });

  describe('of a Service', () => {
    const world = useWorld({nodes: 2});

    it('come and go with its annotation', async () => {
      const {items} = await world.client.list(nodes);
      for (const [i, {metadata}] of items.entries())
        await world.client.patch(
          nodes,
          {name: metadata.name!},
          {type: 'merge', patch: {metadata: {labels: {'topology.kubernetes.io/zone': `z${i}`}}}},
        );
      for (const [i, {metadata}] of items.entries())
        await world.create(pods, `p${i}`, {
          metadata: {labels: {app: 'a'}},
          spec: {nodeName: metadata.name!, containers: [{name: 'c', image: 'i'}]},
        });
      const annotations = {'service.kubernetes.io/topology-mode': 'Auto'};
      await world.create(services, 's', {metadata: {annotations}, spec: {selector: {app: 'a'}, ports: [{port: 80}]}});
      await world.rest();
      const shown = async () =>
        (await world.list(endpointSlices)).flatMap(slice => slice.endpoints ?? []).map(endpoint => endpoint.hints?.forZones?.[0]?.name);
      assert.deepEqual((await shown()).sort(), ['z0', 'z1']);
      await world.merge(services, 's', {metadata: {annotations: null}});
      await world.rest();
      assert.deepEqual(await shown(), [undefined, undefined]);
      const told = (await world.list(events)).filter(({involvedObject}) => involvedObject.kind === 'Service');
      assert.deepEqual(told.map(({reason, message}) => `${reason}: ${message}`).slice(-2), [
        'TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4',
        'TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4',
      ]);
    });
  });
});
