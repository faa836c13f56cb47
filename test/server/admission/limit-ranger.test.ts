import assert from 'node:assert/strict';
import {limitRanger} from '../../../server/admission/limit-ranger.ts';
import {ask} from './ask.ts';

const range = (...limits: object[]) => ({'limitranges n/l': {metadata: {name: 'l'}, spec: {limits}}});
const pod = (resources: object) => ({metadata: {name: 'p'}, spec: {containers: [{name: 'a', resources}]}});

describe('server/admission/limit-ranger', () => {
  it('fills in what containers leave open, and says so', async () => {
    const world = range({type: 'Container', default: {cpu: '1', memory: '1Gi'}, defaultRequest: {cpu: '100m'}});
    const {object} = await ask(limitRanger, {resource: 'pods', object: pod({limits: {cpu: '2'}}), world});
    assert.deepEqual(object, {
      metadata: {
        name: 'p',
        annotations: {
          'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container a; memory limit for container a',
        },
      },
      spec: {containers: [{name: 'a', resources: {limits: {cpu: '2', memory: '1Gi'}, requests: {cpu: '100m'}}}]},
    });
  });

  const refusals: [object, object, string | undefined][] = [
    [{min: {cpu: '1'}}, {}, 'minimum cpu usage per Container is 1.  No request is specified'],
    [{max: {cpu: '1'}}, {requests: {cpu: '1'}}, 'maximum cpu usage per Container is 1.  No limit is specified'],
    [{max: {cpu: '1'}}, {limits: {cpu: '1000m'}}, undefined],
    [{maxLimitRequestRatio: {cpu: '1500m'}}, {limits: {cpu: '3'}, requests: {cpu: '2'}}, undefined],
    [
      {maxLimitRequestRatio: {memory: '2'}},
      {limits: {memory: '5Gi'}, requests: {memory: '2Gi'}},
      'memory max limit to request ratio per Container is 2, but provided ratio is 2.500000',
    ],
    [
      {min: {cpu: '1'}, max: {memory: '1Gi'}},
      {requests: {cpu: '500m'}, limits: {memory: '2Gi'}},
      '[minimum cpu usage per Container is 1, but request is 500m, maximum memory usage per Container is 1Gi, but limit is 2Gi]',
    ],
  ];
  for (const [limits, resources, why] of refusals) {
    it(`compares ${JSON.stringify(resources)} with ${JSON.stringify(limits)}`, async () => {
      const {message} = await ask(limitRanger, {resource: 'pods', object: pod(resources), world: range({type: 'Container', ...limits})});
      assert.equal(message, why && `pods "p" is forbidden: ${why}`);
    });
  }

  it('takes what a pod says of itself for the sum of its containers', async () => {
    const world = range({type: 'Pod', max: {cpu: '1', memory: '1Gi', 'hugepages-2Mi': '2Mi'}});
    const limits = {cpu: '2', memory: '1Gi', 'hugepages-2Mi': '4Mi'};
    const {spec} = pod({limits: {cpu: '500m', 'hugepages-2Mi': '2Mi'}});
    const {message} = await ask(limitRanger, {
      resource: 'pods',
      object: {metadata: {name: 'p'}, spec: {...spec, resources: {limits}}},
      world,
    });
    assert.equal(message, 'pods "p" is forbidden: maximum cpu usage per Pod is 1, but limit is 2');
  });

  it('leaves what is going alone, and other updates of pods', async () => {
    const world = range({type: 'Container', min: {cpu: '1'}});
    const old = {metadata: {name: 'p', deletionTimestamp: '2026-01-01T00:00:00Z'}};
    assert.equal((await ask(limitRanger, {resource: 'pods', subresource: 'resize', object: pod({}), old, world})).message, undefined);
    assert.equal((await ask(limitRanger, {resource: 'pods', object: pod({}), old: pod({}), world})).message, undefined);
  });
});
