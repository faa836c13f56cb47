import assert from 'node:assert/strict';
import type {Node} from '../../../../server/api/kinds.generated.ts';
import {node} from '../../../../server/resources/core/node.ts';
import {rulesOf} from './support.ts';

const {create, update} = rulesOf<Node>(node);
const metadata = {name: 'n'};

describe('nodes', () => {
  it('can allocate all they have, and know their network', () => {
    const {spec, status} = create({metadata, spec: {podCIDR: '10.0.0.0/24'}, status: {capacity: {cpu: '4'}}}).object;
    assert.deepEqual(status, {capacity: {cpu: '4'}, allocatable: {cpu: '4'}});
    assert.deepEqual(spec, {podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24']});
  });

  it('have each taint once', () => {
    const taint = {key: 'a', effect: 'NoSchedule'};
    assert.deepEqual(create({metadata, spec: {taints: [taint, {...taint, value: 'x'}, {key: 'b', effect: 'X'}]}}).errors, [
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"x","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
      'metadata.taints[2].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ]);
  });

  it('keep network and provider once they have them', () => {
    const {errors} = update({metadata, spec: {podCIDR: '10.0.0.0/24', providerID: 'p'}}, ({spec}) => {
      Object.assign(spec!, {podCIDR: '10.1.0.0/24', providerID: 'q'});
    });
    assert.deepEqual(errors, [
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ]);
  });

  it('keep their status when they are replaced', () => {
    const {object} = update({metadata, spec: {}, status: {capacity: {cpu: '4'}}}, object => {
      object.status = {capacity: {cpu: '8'}};
    });
    assert.equal(object.status!.capacity!.cpu, '4');
  });

  it('may say in annotations of old what they keep away', () => {
    const annotated = (annotations: {[key: string]: string}) => create({metadata: {...metadata, annotations}, spec: {}}).errors;
    assert.deepEqual(annotated({'scheduler.alpha.kubernetes.io/taints': '{}'}), [
      'metadata.annotations: Invalid value: "scheduler.alpha.kubernetes.io/taints": json: cannot unmarshal object into Go value of type []core.Taint',
    ]);
    assert.deepEqual(annotated({'scheduler.alpha.kubernetes.io/taints': '[{"key":"a","effect":"X"}]'}), [
      'metadata.annotations.scheduler.alpha.kubernetes.io/taints[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ]);
    assert.deepEqual(annotated({'scheduler.alpha.kubernetes.io/preferAvoidPods': '{"preferAvoidPods":[{}]}'}), [
      'metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods[0].PodSignature: Required value',
    ]);
  });
});
