import assert from 'node:assert/strict';
import type {Ingress, IngressClass, NetworkPolicy, ServiceCIDR} from '../../../../server/api/kinds.generated.ts';
import {networking} from '../../../../server/resources/networking/index.ts';
import {rulesOf} from '../core/support.ts';

const metadata = {name: 'a', namespace: 'default'};

describe('network policies', () => {
  const {create} = rulesOf<NetworkPolicy>(networking.NetworkPolicy!);

  it('are for what they have rules for', () => {
    const {object, errors} = create({metadata, spec: {podSelector: {}, egress: [{ports: [{port: 53}]}]}});
    assert.deepEqual(errors, []);
    assert.deepEqual(object.spec!.policyTypes, ['Ingress', 'Egress']);
    assert.equal(object.spec!.egress![0]!.ports![0]!.protocol, 'TCP');
  });

  it('count an empty list as a change', () => {
    const moves = networking.NetworkPolicy!.generation as (object: object, old: object) => boolean;
    const policy = (podSelector: object) => ({metadata, spec: {podSelector}});
    assert.equal(moves(policy({matchLabels: {}}), policy({})), true);
    assert.equal(moves(policy({}), policy({})), false);
  });

  it('name peers in one way', () => {
    const from = [{}, {podSelector: {}, ipBlock: {cidr: '10.0.0.0/8', except: ['11.0.0.0/8']}}];
    assert.deepEqual(create({metadata, spec: {podSelector: {}, ingress: [{from}]}}).errors, [
      'spec.ingress[0].from[0]: Required value: must specify a peer',
      'spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: "11.0.0.0/8": must be a strict subset of `cidr`',
      'spec.ingress[0].from[1]: Forbidden: may not specify both ipBlock and another peer',
    ]);
  });
});

describe('ingresses', () => {
  const {create} = rulesOf<Ingress>(networking.Ingress!);
  const backend = {service: {name: 's', port: {number: 80}}};

  it('want a backend or rules', () => {
    assert.deepEqual(create({metadata, spec: {}}).errors, [
      'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified',
    ]);
  });

  it('want whole paths', () => {
    const paths = [{path: 'a', pathType: 'Prefix', backend}];
    assert.deepEqual(create({metadata, spec: {rules: [{host: 'a.example', http: {paths}}]}}).errors, [
      'spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path',
    ]);
  });
});

describe('ingress classes', () => {
  const {update} = rulesOf<IngressClass>(networking.IngressClass!);

  it('keep their controller', () => {
    const {errors} = update({metadata: {name: 'a'}, spec: {controller: 'example.com/c'}}, object => {
      object.spec!.controller = 'example.com/d';
    });
    assert.deepEqual(errors, ['spec.controller: Invalid value: "example.com/d": field is immutable']);
  });
});

describe('service CIDRs', () => {
  const {create} = rulesOf<ServiceCIDR>(networking.ServiceCIDR!);

  it('have one range of each family', () => {
    assert.deepEqual(create({metadata: {name: 'a'}, spec: {cidrs: ['10.0.0.0/24', 'fd00::/112']}}).errors, []);
    assert.deepEqual(create({metadata: {name: 'a'}, spec: {cidrs: ['10.0.0.0/24', '10.0.1.0/24']}}).errors, [
      'spec.cidrs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ]);
  });
});
