import assert from 'node:assert/strict';
import type {Service, ServiceSpec} from '../../../../server/api/kinds.generated.ts';
import {service} from '../../../../server/resources/core/service.ts';
import {rulesOf} from './support.ts';

const {create, update} = rulesOf<Service>(service);
/** With the address that storage would give it. */
const serviceOf = (spec: object): Service => ({
  metadata: {name: 's', namespace: 'default'},
  spec: {
    ports: [{port: 80}],
    clusterIP: '10.96.0.7',
    clusterIPs: ['10.96.0.7'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ...spec,
  } as ServiceSpec,
});
const onSpec = (spec: object): string[] => create(serviceOf(spec)).errors;

describe('services', () => {
  it('get defaults', () => {
    const {object, errors, warnings} = create(serviceOf({sessionAffinity: 'ClientIP'}));
    assert.deepEqual([errors, warnings], [[], []]);
    assert.deepEqual(object.spec, {
      ...serviceOf({}).spec,
      ports: [{port: 80, protocol: 'TCP', targetPort: 80}],
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}},
      type: 'ClusterIP',
      internalTrafficPolicy: 'Cluster',
    });
    const outside = create(serviceOf({type: 'LoadBalancer'})).object.spec!;
    assert.deepEqual([outside.externalTrafficPolicy, outside.allocateLoadBalancerNodePorts], ['Cluster', true]);
  });

  it('want ports unless they are headless', () => {
    assert.deepEqual(onSpec({ports: []}), ['spec.ports: Required value']);
    assert.deepEqual(onSpec({ports: [], clusterIP: 'None', clusterIPs: ['None']}), []);
  });

  it('want ports to have names of their own', () => {
    assert.deepEqual(onSpec({ports: [{port: 80}, {port: 80, name: 'A'}, {port: 99999, name: 'b'}]}), [
      'spec.ports[0].name: Required value',
      'spec.ports[1].name: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', ' +
        "and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      'spec.ports[2].port: Invalid value: 99999: must be between 1 and 65535, inclusive',
      'spec.ports[2].targetPort: Invalid value: 99999: must be between 1 and 65535, inclusive',
      'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
    ]);
  });

  it('know what goes with which type', () => {
    assert.deepEqual(onSpec({ports: [{port: 80, nodePort: 30000}]}), [
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ]);
    assert.deepEqual(onSpec({externalTrafficPolicy: 'Local'}), [
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ]);
    assert.deepEqual(onSpec({loadBalancerSourceRanges: ['10.0.0.0/8']}), [
      "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ]);
    const named = {type: 'ExternalName', clusterIP: undefined, clusterIPs: undefined, ipFamilies: undefined, ipFamilyPolicy: undefined};
    assert.deepEqual(onSpec(named), ['spec.externalName: Required value']);
    assert.deepEqual(onSpec({...named, externalName: 'example.com.'}), []);
  });

  it('keep their addresses', () => {
    const {errors} = update(serviceOf({}), ({spec}) => {
      spec!.clusterIP = '10.96.0.8';
      spec!.clusterIPs = ['10.96.0.8'];
    });
    assert.deepEqual(errors, ['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set']);
  });

  it('give up what only their old type has', () => {
    const before = serviceOf({type: 'NodePort', ports: [{port: 80, nodePort: 30001}]});
    const {object, errors} = update(before, ({spec}) => {
      spec!.type = 'ClusterIP';
    });
    assert.deepEqual(errors, []);
    assert.equal(object.spec!.ports![0]!.nodePort, undefined);
    assert.equal(object.spec!.externalTrafficPolicy, undefined);
  });

  it('warn of what is deprecated or ignored', () => {
    assert.deepEqual(create(serviceOf({externalIPs: ['8.8.8.8'], externalName: 'x', trafficDistribution: 'PreferClose'})).warnings, [
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
      'spec.externalName is ignored when spec.type is not "ExternalName"',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ]);
  });

  it('take addresses of load balancers', () => {
    const ingress = (list: {ip: string}[]) =>
      update(
        serviceOf({type: 'LoadBalancer'}),
        object => {
          object.status = {loadBalancer: {ingress: list}};
        },
        'status',
      );
    assert.deepEqual(ingress([{ip: '1.2.3.4'}]).object.status!.loadBalancer!.ingress, [{ip: '1.2.3.4', ipMode: 'VIP'}]);
    assert.match(ingress([{ip: 'x'}]).errors[0]!, /^status\.loadBalancer\.ingress\[0\]\.ip: Invalid value: "x"/);
  });
});
