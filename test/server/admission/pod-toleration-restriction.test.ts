import assert from 'node:assert/strict';
import {podTolerationRestriction} from '../../../server/admission/pod-toleration-restriction.ts';
import type {Pod} from '../../../server/api/kinds.generated.ts';
import {ask} from './ask.ts';

const PREFIX = 'scheduler.alpha.kubernetes.io/';
const exists = (key: string, more: object = {}) => ({key, operator: 'Exists', ...more});
const equal = (key: string, value: string, more: object = {}) => ({key, operator: 'Equal', value, ...more});

const apply = async (tolerations: object[], annotations: {[name: string]: unknown}, container: object = {}) => {
  const named = Object.fromEntries(Object.entries(annotations).map(([name, value]) => [PREFIX + name, JSON.stringify(value)]));
  const reply = await ask(podTolerationRestriction, {
    resource: 'pods',
    object: {metadata: {name: 'p'}, spec: {containers: [{name: 'c', ...container}], tolerations}},
    world: {'namespaces n': {metadata: {annotations: named}}},
  });
  return {message: reply.message, tolerations: (reply.object as Pod).spec.tolerations};
};

describe('server/admission/pod-toleration-restriction', () => {
  it('adds what the namespace says, once', async () => {
    const defaultTolerations = [exists('a'), equal('b', '1')];
    assert.deepEqual((await apply([equal('a', 'x'), equal('b', '1'), exists('c')], {defaultTolerations})).tolerations, [
      exists('a'),
      equal('b', '1'),
      exists('c'),
    ]);
    assert.deepEqual((await apply([{operator: 'Exists'}], {defaultTolerations})).tolerations, [{operator: 'Exists'}]);
  });

  it('lets pods with guarantees stay where memory is short', async () => {
    const {tolerations} = await apply([], {}, {resources: {requests: {cpu: '1'}}});
    assert.deepEqual(tolerations, [exists('node.kubernetes.io/memory-pressure', {effect: 'NoSchedule'})]);
    assert.deepEqual((await apply([], {})).tolerations, []);
  });

  it('refuses what the namespace does not allow', async () => {
    const tolerationsWhitelist = [exists('a', {effect: 'NoSchedule'}), exists('b', {effect: 'NoExecute', tolerationSeconds: 60})];
    const message = 'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist';
    const of = async (toleration: object) => (await apply([toleration], {tolerationsWhitelist})).message;
    assert.equal(await of(equal('a', 'x', {effect: 'NoSchedule'})), undefined);
    assert.equal(await of(exists('b', {effect: 'NoExecute', tolerationSeconds: 30})), undefined);
    for (const bad of [
      exists('a'),
      exists('b', {effect: 'NoExecute'}),
      exists('b', {effect: 'NoExecute', tolerationSeconds: 90}),
      {operator: 'Exists'},
    ])
      assert.equal(await of(bad), message);
  });

  it('says of annotations that cannot be read that they cannot', async () => {
    assert.match((await apply([], {defaultTolerations: 5})).message!, /cannot read the tolerations/);
  });
});
