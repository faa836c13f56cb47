import assert from 'node:assert/strict';
import {formatIndexes, parseIndexes} from '../../controllers/job-indexes.ts';
import type {JobState} from '../../controllers/job-plan.ts';
import {FINALIZER, failureCounts, judge, planPods, readJob} from '../../controllers/job-plan.ts';
import {matchSuccessPolicy} from '../../controllers/job-policy.ts';
import {account, conclude, settle, suspension} from '../../controllers/job-status.ts';
import type {Job, Pod} from '../../server/api/kinds.generated.ts';

const NOW = Date.UTC(2026, 0, 1, 1);
const time = (seconds: number) => new Date(NOW + seconds * 1000).toISOString().replace('.000', '');

const job = (spec: Partial<Job['spec']> = {}, status: Job['status'] = {}): Job => ({
  metadata: {name: 'j', namespace: 'n', uid: 'j'},
  spec: {parallelism: 2, completions: 2, backoffLimit: 6, template: {spec: {containers: [], restartPolicy: 'Never'}}, ...spec},
  status,
});
const indexed = (spec: Partial<Job['spec']> = {}, status: Job['status'] = {}) => job({completionMode: 'Indexed', ...spec}, status);

interface Shape {
  phase?: string;
  index?: number;
  failures?: number;
  deleting?: boolean;
  tracked?: boolean;
  exitCode?: number;
  ended?: number;
}
const pod = (
  name: string,
  {phase = 'Running', index, failures, deleting = false, tracked = true, exitCode, ended = -1000}: Shape = {},
): Pod => ({
  metadata: {
    name,
    namespace: 'n',
    uid: name,
    ...(tracked && {finalizers: [FINALIZER]}),
    ...(deleting && {deletionTimestamp: time(0)}),
    annotations: {
      ...(index !== undefined && {'batch.kubernetes.io/job-completion-index': String(index)}),
      ...(failures !== undefined && {'batch.kubernetes.io/job-index-failure-count': String(failures)}),
    },
  },
  spec: {containers: []},
  status: {
    phase,
    containerStatuses: [
      {
        name: 'c',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: phase === 'Running' ? {} : {terminated: {exitCode: exitCode ?? 0, finishedAt: time(ended)}},
      },
    ],
  },
});
const read = (of: Job, pods: Pod[], failures: JobState['failures'] = {count: 0, last: 0}) => readJob(of, pods, failures, NOW);

describe('job indexes', () => {
  it('are written as ranges, two neighbours as a list', () => {
    for (const text of ['', '1', '1,2', '0-2', '0,2', '0-2,4,6,7']) assert.equal(formatIndexes(parseIndexes(text, 10)), text);
    assert.equal(formatIndexes(parseIndexes('0-9', 3)), '0-2');
  });
});

describe('job plan', () => {
  it('makes as many pods as parallelism and what is left allow', () => {
    assert.equal(planPods(read(job({completions: 5}), [])).create, 2);
    assert.equal(planPods(read(job({completions: 5}, {succeeded: 4}), [])).create, 1);
    assert.equal(planPods(read(job({completions: undefined, parallelism: 3}), [])).create, 3);
    const working = read(job({completions: undefined, parallelism: 3}), [pod('a', {phase: 'Succeeded'}), pod('b')]);
    assert.equal(planPods(working).create, 0);
  });

  it('deletes surplus pods, all of a suspended Job', () => {
    assert.equal(planPods(read(job({parallelism: 1}), [pod('a'), pod('b')])).delete.length, 1);
    assert.equal(planPods(read(job({suspend: true}), [pod('a'), pod('b')])).delete.length, 2);
  });

  it('waits ten seconds after a failure, twice as long after the next', () => {
    const failed = [pod('a', {phase: 'Failed', ended: -4})];
    assert.deepEqual(planPods(read(job(), failed)), {create: 0, indexes: [], delete: [], wait: 6000});
    const again = read(job(), [pod('b', {phase: 'Failed', ended: -4})], {count: 1, last: NOW - 60_000});
    assert.equal(planPods(again).wait, 16_000);
    assert.equal(planPods(read(job(), [pod('a', {phase: 'Failed', ended: -10})])).create, 2);
  });

  it('gives missing indexes to new pods and removes doubles', () => {
    const state = read(indexed({completions: 4, parallelism: 3}, {completedIndexes: '0'}), [pod('a', {index: 2})]);
    assert.deepEqual(planPods(state).indexes, [1, 3]);
    const doubled = read(indexed(), [pod('a', {index: 0}), pod('b', {index: 0}), pod('c', {index: 7})]);
    assert.equal(planPods(doubled).delete.length, 2);
  });

  it('fails by limit, deadline and failure policy', () => {
    const failed = (count: number) => Array.from({length: count}, (_, i) => pod(`p${i}`, {phase: 'Failed', exitCode: 3}));
    assert.equal(judge(read(job({backoffLimit: 1}), failed(1))), undefined);
    assert.equal(judge(read(job({backoffLimit: 1}), failed(2)))?.reason, 'BackoffLimitExceeded');
    assert.equal(judge(read(job({activeDeadlineSeconds: 5}, {startTime: time(-5)}), []))?.reason, 'DeadlineExceeded');
    const policy = {rules: [{action: 'FailJob', onExitCodes: {operator: 'In', values: [3]}}]};
    assert.deepEqual(judge(read(job({podFailurePolicy: policy}), failed(1))), {
      type: 'FailureTarget',
      reason: 'PodFailurePolicy',
      message: 'Container c for pod n/p0 failed with exit code 3 matching FailJob rule at index 0',
    });
    const ignoring = {rules: [{action: 'Ignore', onExitCodes: {operator: 'In', values: [3]}}]};
    assert.equal(judge(read(job({backoffLimit: 0, podFailurePolicy: ignoring}), failed(3))), undefined);
  });

  it('judges indexes on their own', () => {
    const limited = {backoffLimitPerIndex: 1, backoffLimit: 2147483647};
    const once = read(indexed(limited), [pod('a', {index: 0, phase: 'Failed', failures: 0}), pod('b', {index: 1})]);
    assert.equal(judge(once), undefined);
    assert.deepEqual([...once.delayed.keys()], [0]);
    assert.equal(failureCounts(once, 0)['batch.kubernetes.io/job-index-failure-count'], '1');
    const twice = read(indexed(limited), [pod('a', {index: 0, phase: 'Failed', failures: 1}), pod('b', {index: 1, phase: 'Succeeded'})]);
    assert.deepEqual(judge(twice), {type: 'FailureTarget', reason: 'FailedIndexes', message: 'Job has failed indexes'});
    const many = read(indexed({...limited, maxFailedIndexes: 0}), [pod('a', {index: 0, phase: 'Failed', failures: 1})]);
    assert.equal(judge(many)?.reason, 'MaxFailedIndexesExceeded');
  });

  it('succeeds by policy', () => {
    const rules = [{succeededIndexes: '0,2', succeededCount: 1}];
    assert.equal(matchSuccessPolicy(indexed({completions: 3, successPolicy: {rules}}), new Set([1])), undefined);
    assert.equal(matchSuccessPolicy(indexed({completions: 3, successPolicy: {rules}}), new Set([2])), 'Matched rules at index 0');
  });
});

describe('job status', () => {
  const outcome = {active: 0, ready: 0, terminating: 0, verdict: undefined};

  it('enters pods before they are released and counts them after', () => {
    const state = read(job(), [pod('a', {phase: 'Succeeded'}), pod('b', {phase: 'Failed'}), pod('c')]);
    const {status, release} = account(state, {...outcome, active: 1});
    assert.deepEqual(status.uncountedTerminatedPods, {succeeded: ['a'], failed: ['b']});
    assert.deepEqual(
      release.map(({metadata}) => metadata.name),
      ['a', 'b'],
    );
    const settled = settle(status, new Set(['c']));
    assert.deepEqual([settled.succeeded, settled.failed, settled.uncountedTerminatedPods], [1, 1, {}]);
    assert.deepEqual(settle(status, new Set(['a', 'b', 'c'])).uncountedTerminatedPods, status.uncountedTerminatedPods);
  });

  it('counts a deleted pod as failed, unless the Job was suspended or had succeeded', () => {
    const deleted = [pod('a', {deleting: true})];
    assert.deepEqual(account(read(job(), deleted), outcome).status.uncountedTerminatedPods, {failed: ['a']});
    assert.deepEqual(account(read(job({suspend: true}), deleted), outcome).status.uncountedTerminatedPods, {});
    const verdict = {type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: ''} as const;
    assert.deepEqual(account(read(job(), deleted), {...outcome, verdict}).status.uncountedTerminatedPods, {});
  });

  it('concludes when no pod is left', () => {
    const verdict = {type: 'FailureTarget', reason: 'X', message: 'x'} as const;
    assert.equal(conclude({terminating: 1}, verdict, NOW), undefined);
    assert.equal(conclude({uncountedTerminatedPods: {failed: ['a']}}, verdict, NOW), undefined);
    assert.equal(conclude({}, verdict, NOW)?.conditions?.[0]?.type, 'Failed');
    const complete = conclude({}, {...verdict, type: 'SuccessCriteriaMet'}, NOW)!;
    assert.deepEqual([complete.conditions?.[0]?.type, complete.completionTime], ['Complete', time(0)]);
  });

  it('tells a suspension and its end once', () => {
    const suspended = suspension(job({suspend: true}), NOW)!;
    assert.equal(suspended.status, 'True');
    assert.equal(suspension(job({suspend: true}, {conditions: [suspended]}), NOW), undefined);
    assert.equal(suspension(job({}, {conditions: [suspended]}), NOW)?.reason, 'JobResumed');
    assert.equal(suspension(job(), NOW), undefined);
  });
});
