import assert from 'node:assert/strict';
import {MAX_ENDPOINTS, planSlices, portsKey, serviceGroups} from '../../controllers/endpointslice-plan.ts';
import type {Endpoint, EndpointSlice, Node, Pod, Service} from '../../server/api/kinds.generated.ts';

const PORTS = [{name: '', port: 80, protocol: 'TCP'}];
const LABELS = {'kubernetes.io/service-name': 'web'};

const endpoint = (ip: string, ready = true): Endpoint => ({
  addresses: [ip],
  conditions: {ready},
  targetRef: {kind: 'Pod', name: ip, uid: ip},
});
const slice = (name: string, endpoints: Endpoint[], ports = PORTS): EndpointSlice => ({
  metadata: {name, labels: LABELS},
  addressType: 'IPv4',
  endpoints,
  ports,
});
const many = (count: number, prefix = '10.0.0.') => Array.from({length: count}, (_, i) => endpoint(`${prefix}${i}`));
const names = (slices: EndpointSlice[]) => slices.map(({metadata}) => metadata.name);

describe('endpointslice plan', () => {
  it('makes slices of at most a hundred endpoints', () => {
    const {create} = planSlices([], [{ports: PORTS, endpoints: many(250)}], LABELS, true);
    assert.deepEqual(
      create.map(({endpoints}) => endpoints.length),
      [MAX_ENDPOINTS, MAX_ENDPOINTS, 50],
    );
  });

  it('writes nothing when nothing changed', () => {
    const endpoints = many(3);
    assert.deepEqual(planSlices([slice('a', endpoints)], [{ports: PORTS, endpoints}], LABELS, true), {create: [], update: [], delete: []});
  });

  it('keeps endpoints where they are and fills up what changes anyway', () => {
    const [full, half] = [many(100), many(10, '10.0.1.')];
    const wanted = [...full, ...half.slice(1), endpoint('10.0.2.1'), endpoint('10.0.2.2')];
    const plan = planSlices([slice('full', full), slice('half', half)], [{ports: PORTS, endpoints: wanted}], LABELS, true);
    assert.deepEqual(names(plan.update), ['half']);
    assert.equal(plan.update[0]!.endpoints!.length, 11);
    assert.deepEqual([plan.create, plan.delete], [[], []]);
  });

  it('uses the placeholder for the first endpoints and goes back to one', () => {
    const first = planSlices([slice('only', [], [])], [{ports: PORTS, endpoints: many(1)}], LABELS, true);
    assert.deepEqual([names(first.update), first.create, first.delete], [['only'], [], []]);
    const last = planSlices([slice('only', many(1))], [], LABELS, true);
    assert.deepEqual(names(last.update), ['only']);
    assert.deepEqual([last.update[0]!.endpoints, last.update[0]!.ports], [[], []]);
    assert.deepEqual(planSlices([slice('only', [], [])], [], LABELS, true), {create: [], update: [], delete: []});
  });

  it('follows labels of the owner', () => {
    const endpoints = many(1);
    const plan = planSlices([slice('a', endpoints)], [{ports: PORTS, endpoints}], {...LABELS, team: 'x'}, true);
    assert.deepEqual(plan.update[0]!.metadata.labels, {...LABELS, team: 'x'});
  });

  it('does not mind the order of ports', () => {
    const [a, b] = [
      {name: 'a', port: 1, protocol: 'TCP'},
      {name: 'b', port: 2, protocol: 'UDP'},
    ];
    assert.equal(portsKey([a, b]), portsKey([b, a]));
    assert.notEqual(portsKey([a]), portsKey([b]));
  });

  it('sees pods by readiness, deletion and zone', () => {
    const pod = (name: string, more: Partial<Pod['metadata']> = {}, ready = 'True'): Pod => ({
      metadata: {name, namespace: 'n', uid: name, ...more},
      spec: {containers: [{name: 'c', ports: [{name: 'http', containerPort: 8080, protocol: 'TCP'}]}], nodeName: 'node'},
      status: {
        phase: 'Running',
        podIP: '10.0.0.1',
        podIPs: [{ip: '10.0.0.1'}, {ip: 'fd00::1'}],
        conditions: [{type: 'Ready', status: ready}],
      },
    });
    const service: Service = {metadata: {name: 'web', namespace: 'n'}, spec: {ports: [{port: 80, targetPort: 'http', protocol: 'TCP'}]}};
    const node: Node = {metadata: {name: 'node', labels: {'topology.kubernetes.io/zone': 'z'}}, spec: {}};
    const pods = [pod('a'), pod('b', {deletionTimestamp: '2026-01-01T00:00:00Z'}), pod('c', {}, 'False')];
    const [group] = serviceGroups(service, pods, 'IPv4', () => node);
    assert.deepEqual(group!.ports, [{name: '', protocol: 'TCP', port: 8080}]);
    assert.deepEqual(
      group!.endpoints.map(({conditions, zone, addresses}) => ({...conditions, zone, addresses})),
      [
        {ready: true, serving: true, terminating: false, zone: 'z', addresses: ['10.0.0.1']},
        {ready: false, serving: true, terminating: true, zone: 'z', addresses: ['10.0.0.1']},
        {ready: false, serving: false, terminating: false, zone: 'z', addresses: ['10.0.0.1']},
      ],
    );
    assert.deepEqual(serviceGroups(service, pods, 'IPv6', () => node)[0]!.endpoints[0]!.addresses, ['fd00::1']);
    assert.deepEqual(serviceGroups(service, pods, 'IPv4', () => undefined)[0]!.endpoints, []);
  });
});
