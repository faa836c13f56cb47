import assert from 'node:assert/strict';
import {jobs, namespaces, pods} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

const template = (spec: object = {}) => ({spec: {restartPolicy: 'Never', containers: [{name: 'c', image: 'busybox'}], ...spec}});

describe('job controller', () => {
  const world = useWorld({nodes: 0});

  it('does not count as failed what it deletes because it is too much', async () => {
    await world.create(jobs, 'j', {spec: {parallelism: 3, completions: 5, template: template()}});
    await world.rest();
    await world.merge(jobs, 'j', {spec: {parallelism: 1}});
    await world.rest();
    const {status} = await world.get(jobs, 'j');
    assert.deepEqual([status?.active, status?.failed ?? 0], [1, 0]);
    assert.equal((await world.list(pods)).length, 1);
    await world.merge(jobs, 'j', {spec: {parallelism: 2}});
    await world.rest();
    assert.equal((await world.get(jobs, 'j')).status?.active, 2);
  });

  it('names the host of an index after the Job whatever the template says', async () => {
    await world.create(jobs, 'j', {spec: {completionMode: 'Indexed', completions: 1, template: template({hostname: 'other'})}});
    await world.rest();
    const [pod] = await world.list(pods);
    assert.equal(pod?.spec?.hostname, 'j-0');
  });

  it('sees a pod fail that was deleted before it was scheduled', async () => {
    await world.create(jobs, 'j', {spec: {podReplacementPolicy: 'Failed', template: template()}});
    await world.rest();
    await world.remove(pods, (await world.names(pods))[0]!);
    await world.rest();
    assert.equal((await world.get(jobs, 'j')).status?.terminating, 1);
    await world.cluster.pass(41_000);
    const {status} = await world.get(jobs, 'j');
    assert.deepEqual([status?.terminating, status?.failed, status?.active], [0, 1, 1]);
  });

  it('does not hold pods for successors in a namespace that goes', async () => {
    const sleep = [{name: 'c', image: 'busybox', command: ['sleep', '900']}];
    const indexed = {completionMode: 'Indexed', completions: 1, backoffLimitPerIndex: 1, template: template({containers: sleep})};
    await world.create(jobs, 'j', {spec: indexed});
    await world.rest();
    await world.client.delete(namespaces, {name: world.namespace});
    await world.cluster.pass(60_000);
    await assert.rejects(world.client.get(namespaces, {name: world.namespace}), /not found/);
  });
});
