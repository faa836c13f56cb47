import assert from 'node:assert/strict';
import type {Job} from '../../../server/api/kinds.generated.ts';
import {cronJobs, jobs, pods} from '../../../server/api/resource-types.generated.ts';
import {conditionOf, podSpec, useWorld} from '../../support/world.ts';

const MINUTE = 60_000;
const RUNS = ['sleep', '1000000'];
const SUCCEEDS = ['sh', '-c', 'exit 0'];

describe('upstream: Jobs and CronJobs', () => {
  const world = useWorld();
  const jobSpec = (command: string[], rest: object = {}, restartPolicy = 'Never') => ({
    parallelism: 2,
    completions: 4,
    backoffLimit: 6,
    template: {metadata: {labels: {job: 'test'}}, spec: podSpec({command}, {restartPolicy})},
    ...rest,
  });
  const job = (command: string[], rest: object = {}) => world.create(jobs, 'test', {spec: {...jobSpec(command), ...rest}});

  it('make pods with completion indexes and host names', async () => {
    await job(SUCCEEDS, {completionMode: 'Indexed'});
    await world.cluster.pass(5000);
    const {status} = await world.get(jobs, 'test');
    assert.deepEqual([status?.succeeded, status?.completedIndexes], [4, '0-3']);
    const made = (await world.list(pods)).filter(({status: {phase} = {}}) => phase === 'Succeeded');
    const indexes = made.map(({metadata}) => metadata.annotations?.['batch.kubernetes.io/job-completion-index']).sort();
    assert.deepEqual(indexes, ['0', '1', '2', '3']);
    assert.deepEqual(made.map(({spec}) => spec.hostname).sort(), ['test-0', 'test-1', 'test-2', 'test-3']);
  });

  it('succeed by a success policy when all its indexes have', async () => {
    await job(SUCCEEDS, {completionMode: 'Indexed', successPolicy: {rules: [{succeededIndexes: '0-1'}]}, completions: 2});
    await world.cluster.pass(5000);
    const done = await world.get(jobs, 'test');
    assert.deepEqual(
      [conditionOf(done, 'SuccessCriteriaMet')?.reason, conditionOf(done, 'Complete')?.reason],
      ['SuccessPolicy', 'SuccessPolicy'],
    );
    assert.equal(done.status?.completedIndexes, '0,1');
  });

  it('are deleted with their pods', async () => {
    await job(RUNS);
    await world.rest();
    assert.equal((await world.list(pods)).length, 2);
    await world.remove(jobs, 'test', {propagationPolicy: 'Foreground', gracePeriodSeconds: 0});
    await world.rest();
    assert.deepEqual([await world.names(jobs), await world.names(pods)], [[], []]);
  });

  it('adopt orphans that match and release pods that match no longer', async () => {
    await job(RUNS);
    await world.rest();
    const [name] = await world.names(pods);
    const owner = async () => (await world.get(pods, name!)).metadata.ownerReferences?.[0]?.name;
    await world.change(pods, name!, ({metadata}) => Reflect.deleteProperty(metadata, 'ownerReferences'));
    await world.rest();
    assert.equal(await owner(), 'test');
    await world.change(pods, name!, ({metadata}) => Object.assign(metadata, {labels: {}}));
    await world.rest();
    assert.equal(await owner(), undefined);
    assert.equal((await world.list(pods, 'job=test')).length, 2);
  });

  it('show what is written to their status', async () => {
    await job(RUNS, {suspend: true});
    await world.rest();
    const now = new Date(world.cluster.clock.now()).toISOString().replace(/\.\d+/, '');
    const status = {startTime: now};
    const patched = await world.merge(jobs, 'test', {metadata: {annotations: {patchedstatus: 'true'}}, status}, {subresource: 'status'});
    assert.equal(patched.metadata.annotations?.patchedstatus, 'true');
    const condition = {type: 'CustomConditionType', status: 'True'};
    await world.change(jobs, 'test', object => Object.assign(object.status!, {conditions: [condition]}), {subresource: 'status'});
    assert.equal(
      conditionOf(await world.client.get(jobs, {namespace: world.namespace, name: 'test'}, {subresource: 'status'}), 'CustomConditionType')
        ?.status,
      'True',
    );
  });

  it('go through their life', async () => {
    await job(RUNS, {suspend: true});
    await world.rest();
    assert.equal(conditionOf(await world.get(jobs, 'test'), 'Suspended')?.status, 'True');
    await world.merge(jobs, 'test', {metadata: {labels: {'e2e-test': 'patched'}}});
    await world.change(jobs, 'test', ({spec, metadata}) => {
      spec!.suspend = false;
      metadata.annotations = {...metadata.annotations, updated: 'true'};
    });
    await world.rest();
    const running = await world.get(jobs, 'test');
    assert.deepEqual([conditionOf(running, 'Suspended')?.reason, running.status?.active], ['JobResumed', 2]);
    assert.equal((await world.client.list(jobs, {labelSelector: 'e2e-test=patched'})).items.length, 1);
    await world.client.deleteCollection(
      jobs,
      {namespace: world.namespace, labelSelector: 'e2e-test=patched'},
      {propagationPolicy: 'Background'},
    );
    await world.rest();
    assert.deepEqual([await world.names(jobs), await world.names(pods)], [[], []]);
  });

  const cronJob = (concurrencyPolicy: string, rest: object = {}) =>
    world.create(cronJobs, 'tick', {
      spec: {
        schedule: '*/1 * * * ?',
        concurrencyPolicy,
        jobTemplate: {spec: jobSpec(RUNS, {parallelism: 1, completions: 1}, 'OnFailure')},
        ...rest,
      },
    });
  const active = async (): Promise<Job[]> => {
    const references = (await world.get(cronJobs, 'tick')).status?.active ?? [];
    return (await world.list(jobs)).filter(({metadata}) => references.some(({name}) => name === metadata.name));
  };

  it('run several at a time', async () => {
    await cronJob('Allow');
    await world.cluster.pass(2 * MINUTE);
    assert.equal((await active()).length, 2);
  });

  it('run none while suspended', async () => {
    await cronJob('Allow', {suspend: true});
    await world.cluster.pass(5 * MINUTE);
    assert.deepEqual([await active(), await world.names(jobs)], [[], []]);
  });

  it('forbid a second one', async () => {
    await cronJob('Forbid');
    await world.cluster.pass(MINUTE);
    const [first] = await active();
    await world.cluster.pass(2 * MINUTE);
    assert.deepEqual(
      (await active()).map(({metadata}) => metadata.name),
      [first!.metadata.name],
    );
    assert.equal((await world.list(jobs)).length, 1);
  });

  it('replace the one that runs', async () => {
    await cronJob('Replace');
    await world.cluster.pass(MINUTE);
    const [first] = await active();
    await world.cluster.pass(MINUTE);
    const now = await active();
    assert.equal(now.length, 1);
    assert.notEqual(now[0]!.metadata.name, first!.metadata.name);
  });
});
