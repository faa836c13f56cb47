import assert from 'node:assert/strict';
import {runtimeClass} from '../../../server/admission/runtime-class.ts';
import type {Pod} from '../../../server/api/kinds.generated.ts';
import {ask} from './ask.ts';

const apply = async (spec: object, found?: object) => {
  const reply = await ask(runtimeClass, {
    resource: 'pods',
    object: {metadata: {name: 'p'}, spec},
    world: found ? {'runtimeclasses.node.k8s.io r': {metadata: {name: 'r'}, handler: 'r', ...found}} : {},
  });
  return {message: reply.message, spec: (reply.object as Pod).spec};
};

describe('server/admission/runtime-class', () => {
  it('gives pods the overhead of their class, and refuses any other', async () => {
    const overhead = {podFixed: {memory: '1Gi'}};
    const other = `pods "p" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`;
    const none = 'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead';
    assert.deepEqual((await apply({runtimeClassName: 'r'}, {overhead})).spec.overhead, {memory: '1Gi'});
    assert.equal((await apply({runtimeClassName: 'r', overhead: {}}, {overhead})).message, other);
    assert.equal((await apply({runtimeClassName: 'r', overhead: {memory: '1073741824'}}, {overhead})).message, undefined);
    assert.equal((await apply({runtimeClassName: 'r', overhead: {memory: '2Gi'}}, {overhead})).message, other);
    assert.equal((await apply({runtimeClassName: 'r', overhead: {memory: '2Gi'}}, {})).message, none);
    assert.equal((await apply({overhead: {memory: '2Gi'}})).message, none);
    assert.equal((await apply({overhead: {}})).message, none);
    assert.equal((await apply({runtimeClassName: 'r'})).message, 'pods "p" is forbidden: pod rejected: RuntimeClass "r" not found');
  });

  it('adds what pods have to tolerate, and drops what that covers', async () => {
    const scheduling = {tolerations: [{key: 'a', operator: 'Exists'}], nodeSelector: {x: '1'}};
    const own = [
      {key: 'a', operator: 'Equal', value: 'v'},
      {key: 'b', operator: 'Exists'},
    ];
    const {spec} = await apply({runtimeClassName: 'r', tolerations: own}, {scheduling});
    assert.deepEqual(spec.tolerations, [own[1], scheduling.tolerations[0]]);
    assert.deepEqual(spec.nodeSelector, {x: '1'});
  });
});
