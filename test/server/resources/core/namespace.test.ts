import assert from 'node:assert/strict';
import type {Namespace} from '../../../../server/api/kinds.generated.ts';
import {namespace} from '../../../../server/resources/core/namespace.ts';
import {rulesOf} from './support.ts';

const {create, update} = rulesOf<Namespace>(namespace);

describe('namespaces', () => {
  it('get a finalizer, a phase and a label', () => {
    assert.deepEqual(create({metadata: {name: 'n'}, spec: {finalizers: ['a.b/c']}}).object, {
      metadata: {name: 'n', labels: {'kubernetes.io/metadata.name': 'n'}},
      spec: {finalizers: ['a.b/c', 'kubernetes']},
      status: {phase: 'Active'},
    });
  });

  it('change finalizers through /finalize only', () => {
    const clear = (object: Namespace) => {
      object.spec!.finalizers = [];
    };
    assert.deepEqual(update({metadata: {name: 'n'}, spec: {}}, clear).object.spec, {finalizers: ['kubernetes']});
    assert.deepEqual(update({metadata: {name: 'n'}, spec: {}}, clear, 'finalize').object.spec, {finalizers: []});
  });

  it('are Active until they are deleted', () => {
    const {errors} = update(
      {metadata: {name: 'n'}, spec: {}},
      object => {
        object.status = {phase: 'Terminating'};
      },
      'status',
    );
    assert.deepEqual(errors, ['status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty']);
  });
});
