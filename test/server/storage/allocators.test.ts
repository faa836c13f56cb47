import assert from 'node:assert/strict';
import {createSeededRandom} from '../../../cluster/random.ts';
import type {Service, ServicePort, ServiceSpec} from '../../../server/api/kinds.generated.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {ApiError} from '../../../server/api/status.ts';
import type {ServiceAllocators} from '../../../server/storage/allocators.ts';
import {createServiceAllocators} from '../../../server/storage/allocators.ts';
import {openLmdbStore} from '../../../server/storage/lmdb.ts';
import {keepAllocated} from '../../../server/storage/service-fields.ts';
import {createStorages} from '../../../server/storage/storages.ts';
import type {ResourceStorage} from '../../../server/storage/types.ts';
import {manualClock, withFolder} from './temporary.ts';

interface Bench {
  allocators: ServiceAllocators;
  services: ResourceStorage;
  /** Reserves and stores. */
  create(spec: ServiceSpec): Promise<Service>;
  update(old: Service, spec: ServiceSpec): Promise<Service>;
}

const serviceKey = ({metadata}: Service): string => `${metadata.namespace}/${metadata.name}`;

let names = 0;
const service = (spec: ServiceSpec): Service => ({
  metadata: {name: `s${names++}`, namespace: 'default'},
  spec: {type: 'ClusterIP', ports: [{port: 80, protocol: 'TCP'}], selector: {app: 'x'}, ...spec},
});

const withAllocators = (
  use: (bench: Bench) => Promise<void>,
  {serviceCidr = '10.96.0.0/16', nodePortRange = '30000-32767'} = {},
): Promise<void> =>
  withFolder(async path => {
    const clock = manualClock();
    const store = await openLmdbStore({path, durable: false, clock});
    const storages = createStorages({store, clock});
    const services = await storages.open({prefix: '/registry/services/specs/', namespaced: true, fields: () => ({})});
    const allocators = createServiceAllocators({serviceCidr, nodePortRange, services, random: createSeededRandom('allocators')});
    const save = async (made: Service, old?: Service): Promise<Service> => {
      const reservation = allocators.reserve(made, old);
      await services.write(serviceKey(made), made as unknown as KubeObject, services.get(serviceKey(made))?.revision ?? 0);
      reservation.commit();
      return made;
    };
    await use({
      allocators,
      services,
      create: spec => save(service(spec)),
      update: (old, spec) => save({metadata: old.metadata, spec: {...old.spec, ...spec}}, old),
    });
    await storages.close();
    await store.close();
  });

const refused = (message: string) => (error: unknown) => {
  assert.ok(error instanceof ApiError, String(error));
  assert.equal(error.message.replace(/^Service "s\d+" is invalid: /, ''), message);
  return true;
};

describe('The allocators of Services', () => {
  it('give each Service an address of its own from the upper band, and its families', () =>
    withAllocators(async ({create}) => {
      const made = await Promise.all(Array.from({length: 200}, () => create({})));
      const addresses = made.map(({spec}) => spec.clusterIP!);
      assert.equal(new Set(addresses).size, 200);
      for (const address of addresses) assert.match(address, /^10\.96\.(?!0\.)\d+\.\d+$/);
      const {clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy} = made[0]!.spec;
      assert.deepEqual([clusterIPs, ipFamilies, ipFamilyPolicy], [[clusterIP], ['IPv4'], 'SingleStack']);
    }));

  it('give the whole range out, then say that it is full; network and broadcast address are not in it', () =>
    withAllocators(
      async ({create, services, allocators}) => {
        const made = await Promise.all(Array.from({length: 30}, () => create({})));
        const last = made.map(({spec}) => Number(spec.clusterIP!.split('.')[3])).sort((a, b) => a - b);
        assert.deepEqual(
          last,
          Array.from({length: 30}, (_, i) => i + 1),
        );
        await assert.rejects(create({}), /Internal error occurred: failed to allocate a serviceIP: range is full/);
        await services.remove(serviceKey(made[0]!), services.get(serviceKey(made[0]!))!.revision);
        assert.equal((await create({})).spec.clusterIP, made[0]!.spec.clusterIP);
        assert.deepEqual(allocators.release(made[0]!).removed, [made[0]!.spec.clusterIP]);
      },
      {serviceCidr: '10.0.0.7/27'},
    ));

  it('give an address that is asked for, once', () =>
    withAllocators(async ({create}) => {
      assert.deepEqual((await create({clusterIP: '10.96.77.77'})).spec.clusterIPs, ['10.96.77.77']);
      for (const [clusterIP, problem] of [
        ['10.96.77.77', 'provided IP is already allocated'],
        ['192.168.1.1', 'the provided network does not match the current range'],
        ['10.96.0.0', 'the provided network does not match the current range'],
        ['10.96.255.255', 'the provided network does not match the current range'],
      ] as const)
        await assert.rejects(
          create({clusterIP}),
          refused(`spec.clusterIPs: Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: ${problem}`),
        );
    }));

  it('hold what is on its way to the store, and give it back when it does not get there', () =>
    withAllocators(async ({allocators}) => {
      const reservation = allocators.reserve(service({clusterIP: '10.96.1.1'}));
      assert.deepEqual(reservation.added, ['10.96.1.1']);
      assert.throws(() => allocators.reserve(service({clusterIP: '10.96.1.1'})), /already allocated/);
      reservation.release();
      allocators.reserve(service({clusterIP: '10.96.1.1'})).release();
      assert.throws(
        () => allocators.reserve(service({clusterIP: '10.96.1.2', type: 'NodePort', ports: [{port: 1, nodePort: 1}]})),
        /valid range/,
      );
      allocators.reserve(service({clusterIP: '10.96.1.2'})).release();
    }));

  it('leave headless Services and names of other places without address', () =>
    withAllocators(async ({create}) => {
      const headless = await create({clusterIP: 'None'});
      assert.deepEqual(
        [headless.spec.clusterIPs, headless.spec.ipFamilies, headless.spec.ipFamilyPolicy],
        [['None'], ['IPv4'], 'SingleStack'],
      );
      const unselected = await create({clusterIP: 'None', selector: undefined});
      assert.deepEqual([unselected.spec.ipFamilies, unselected.spec.ipFamilyPolicy], [['IPv4', 'IPv6'], 'RequireDualStack']);
      const external = await create({type: 'ExternalName', externalName: 'example.com'});
      assert.deepEqual([external.spec.clusterIP, external.spec.ipFamilies], [undefined, undefined]);
    }));

  it('refuse addresses and families that make no sense', () =>
    withAllocators(async ({allocators}) => {
      const reserve = (spec: ServiceSpec) => () => allocators.reserve(service(spec)).release();
      assert.throws(
        reserve({clusterIP: 'nope', type: 'Nope'}),
        refused('spec.clusterIPs[0]: Invalid value: "nope": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
      );
      assert.throws(
        reserve({clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.6']}),
        refused('spec.clusterIPs: Invalid value: ["10.96.0.6"]: first value must match `clusterIP`'),
      );
      assert.throws(
        reserve({clusterIP: '10.96.0.5', ipFamilies: ['IPv6']}),
        refused('spec.clusterIPs[0]: Invalid value: "10.96.0.5": expected an IPv6 value as indicated by `ipFamilies[0]`'),
      );
      assert.throws(
        reserve({ipFamilies: ['IPv4', 'IPv6']}),
        refused(
          "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
        ),
      );
      assert.doesNotThrow(reserve({type: 'NodePort', clusterIP: 'None'}));
    }));

  it('refuse families that the cluster does not have', () =>
    withAllocators(async ({create}) => {
      await assert.rejects(
        create({ipFamilyPolicy: 'RequireDualStack'}),
        refused('spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'),
      );
      await assert.rejects(
        create({ipFamilies: ['IPv6']}),
        refused('spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'),
      );
      await assert.rejects(
        create({clusterIP: 'fd00::1'}),
        refused('spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster'),
      );
      assert.equal((await create({ipFamilyPolicy: 'PreferDualStack'})).spec.ipFamilyPolicy, 'PreferDualStack');
    }));

  it('work in an IPv6 network', () =>
    withAllocators(
      async ({create}) => {
        const {spec} = await create({});
        assert.match(spec.clusterIP!, /^fd00:1::/);
        assert.deepEqual(spec.ipFamilies, ['IPv6']);
      },
      {serviceCidr: 'fd00:1::/108'},
    ));

  it('give node ports to those who need them', () =>
    withAllocators(async ({create}) => {
      const port = async (spec: ServiceSpec) => (await create(spec)).spec.ports![0]!.nodePort;
      assert.ok((await port({type: 'NodePort'}))! >= 30086);
      assert.ok((await port({type: 'LoadBalancer'}))! >= 30086);
      assert.equal(await port({type: 'LoadBalancer', allocateLoadBalancerNodePorts: false}), undefined);
      assert.equal(await port({}), undefined);
      const local = await create({type: 'LoadBalancer', externalTrafficPolicy: 'Local'});
      assert.ok(local.spec.healthCheckNodePort! >= 30086);
    }));

  it('keep the node port of a port with the same name, whatever else of it changes', () => {
    const old: ServiceSpec = {
      type: 'NodePort',
      ports: [
        {port: 80, nodePort: 30100},
        {name: 'a', port: 81, nodePort: 30101},
        {name: 'b', port: 82, nodePort: 30102},
      ],
    };
    const ports: ServicePort[] = [{port: 90}, {name: 'a', port: 80}, {name: 'c', port: 82}, {name: 'd', port: 83, nodePort: 30101}];
    keepAllocated({type: 'NodePort', ports}, old);
    assert.deepEqual(
      ports.map(({nodePort}) => nodePort),
      [30100, undefined, undefined, 30101],
    );
  });

  it('refuse a port that is taken or out of range', () =>
    withAllocators(async ({create}) => {
      await create({type: 'NodePort', ports: [{port: 80, nodePort: 32123}]});
      const take = (nodePort: number) => create({type: 'NodePort', ports: [{port: 79}, {port: 80, nodePort}]});
      await assert.rejects(take(32123), refused('spec.ports[1].nodePort: Invalid value: 32123: provided port is already allocated'));
      await assert.rejects(
        take(80),
        refused(
          'spec.ports[1].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
        ),
      );
    }));

  it('let protocols of one Service share a port number', () =>
    withAllocators(async ({create}) => {
      const both = (nodePort?: number): ServiceSpec => ({
        type: 'NodePort',
        ports: [
          {name: 't', port: 53, protocol: 'TCP', nodePort},
          {name: 'u', port: 53, protocol: 'UDP', nodePort},
        ],
      });
      assert.deepEqual(
        (await create(both(32125))).spec.ports!.map(port => port.nodePort),
        [32125, 32125],
      );
      const given = (await create(both())).spec.ports!.map(port => port.nodePort);
      assert.equal(given[0], given[1]);
      const twice = {
        type: 'NodePort',
        ports: [
          {port: 53, nodePort: 32126},
          {port: 54, nodePort: 32126},
        ],
      };
      await assert.rejects(create(twice), refused('spec.ports[1].nodePort: Invalid value: 32126: provided port is already allocated'));
    }));

  it('keep over an update what was given', () =>
    withAllocators(async ({create, update}) => {
      const old = await create({
        type: 'NodePort',
        ports: [
          {name: 'a', port: 80},
          {name: 'b', port: 81},
        ],
      });
      const {clusterIP, clusterIPs, ports} = old.spec;
      const changed = [
        {name: 'b', port: 80},
        {name: 'c', port: 81},
      ];
      const next = await update(old, {clusterIP: '', clusterIPs: undefined, ports: changed});
      assert.deepEqual([next.spec.clusterIP, next.spec.clusterIPs], [clusterIP, clusterIPs]);
      assert.equal(next.spec.ports![0]!.nodePort, ports![1]!.nodePort);
      assert.ok(![ports![0]!.nodePort, ports![1]!.nodePort].includes(next.spec.ports![1]!.nodePort));
    }));

  it('take back what an update gives up', () =>
    withAllocators(async ({allocators, create, update}) => {
      const old = await create({type: 'NodePort', clusterIP: '10.96.5.5', ports: [{port: 80, nodePort: 31000}]});
      const moved: Service = {metadata: old.metadata, spec: {type: 'ExternalName', externalName: 'example.com'}};
      assert.deepEqual(allocators.reserve(moved, old).removed, ['10.96.5.5']);
      await update(old, {type: 'ClusterIP', ports: [{port: 80}]});
      await create({type: 'NodePort', ports: [{port: 80, nodePort: 31000}]});
    }));
});
