import assert from 'node:assert/strict';
import {jobs, nodes, pods} from '../../../server/api/resource-types.generated.ts';
import {useWorld} from '../../support/world.ts';

const spec = {containers: [{name: 'c', image: 'nginx'}]};

describe('the end of a pod', () => {
  const world = useWorld({nodes: 1});
  const target = {type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet'};

  it('is told when finalizers hold the pod', async () => {
    await world.create(pods, 'p', {metadata: {finalizers: ['example.com/held']}, spec});
    await world.rest();
    await world.remove(pods, 'p');
    await world.rest();
    const {status, metadata} = await world.get(pods, 'p');
    const [container] = status?.containerStatuses ?? [];
    assert.deepEqual([status?.phase, container?.ready, container?.state?.terminated?.exitCode], ['Failed', false, 143]);
    assert.equal(metadata.deletionGracePeriodSeconds, 0);
    await world.merge(pods, 'p', {metadata: {finalizers: null}});
  });

  it('is told even if the pod was to go at once', async () => {
    await world.create(pods, 'p', {metadata: {finalizers: ['example.com/held']}, spec});
    await world.rest();
    await world.remove(pods, 'p', {gracePeriodSeconds: 0});
    await world.rest();
    assert.equal((await world.get(pods, 'p')).status?.phase, 'Failed');
    await world.merge(pods, 'p', {metadata: {finalizers: null}});
  });

  it('lets a Job replace a pod that it may replace only when it has failed', async () => {
    const template = {spec: {...spec, restartPolicy: 'Never', containers: [{name: 'c', image: 'busybox', command: ['sleep', '600']}]}};
    await world.create(jobs, 'j', {spec: {podReplacementPolicy: 'Failed', template}});
    await world.rest();
    const [first] = await world.list(pods);
    await world.remove(pods, first!.metadata.name!);
    await world.cluster.pass(11_000);
    const {status} = await world.get(jobs, 'j');
    assert.deepEqual([status?.active, status?.failed], [1, 1]);
  });

  it('comes for those that asked for nothing when the node is short of memory', async () => {
    await world.create(pods, 'p', {spec});
    await world.rest();
    const pressed = {status: {conditions: [{type: 'MemoryPressure', status: 'True'}]}};
    const node = (await world.client.list(nodes)).items[0]!.metadata.name!;
    await world.client.patch(nodes, {name: node}, {type: 'strategic', patch: pressed}, {subresource: 'status'});
    await world.rest();
    const {status} = await world.get(pods, 'p');
    assert.deepEqual([status?.phase, status?.reason], ['Failed', 'Evicted']);
    const {type, status: value, reason} = status?.conditions?.at(-1) ?? {};
    assert.deepEqual({type, status: value, reason}, target);
  });
});
