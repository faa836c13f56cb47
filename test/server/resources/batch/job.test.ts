import assert from 'node:assert/strict';
import type {CronJob, Job, JobCondition, JobSpec, JobStatus, PodSpec} from '../../../../server/api/kinds.generated.ts';
import {cronJob} from '../../../../server/resources/batch/cronjob.ts';
import {job} from '../../../../server/resources/batch/job.ts';
import {rulesOf} from '../core/support.ts';

const metadata = {name: 'a', namespace: 'default', uid: 'u'};
const template = {spec: {restartPolicy: 'Never', containers: [{name: 'c', image: 'i'}]} as PodSpec};

describe('jobs', () => {
  const {create, update} = rulesOf<Job>(job);
  const withSpec = (spec: Partial<JobSpec> = {}): Job => ({metadata, spec: {template: structuredClone(template), ...spec}});

  it('run once and select their pods by their uid', () => {
    const {object, errors} = create(withSpec());
    assert.deepEqual(errors, []);
    const {completions, parallelism, backoffLimit, completionMode, suspend, selector} = object.spec!;
    assert.deepEqual([completions, parallelism, backoffLimit, completionMode, suspend], [1, 1, 6, 'NonIndexed', false]);
    assert.deepEqual(selector, {matchLabels: {'batch.kubernetes.io/controller-uid': 'u'}});
    assert.equal(object.spec!.template.metadata!.labels!['job-name'], 'a');
  });

  it('put their own label where it belongs among those of their selector', () => {
    const {errors} = create(withSpec({selector: {matchLabels: {x: 'y'}}}));
    assert.equal(
      errors[0],
      'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"u","x":"y"}}: `selector` not auto-generated',
    );
  });

  it('start once, and again after they were suspended', () => {
    const started = (conditions: JobCondition[]): Job => ({...withSpec(), status: {startTime: '2026-01-01T00:00:00Z', conditions}});
    const restart = (before: Job, status: JobStatus) =>
      update(
        before,
        object => {
          object.status = status;
        },
        'status',
      ).errors;
    const refused = 'field is immutable for unsuspended job once set';
    assert.deepEqual(restart(started([]), {}), [`status.startTime: Invalid value: null: ${refused}`]);
    assert.deepEqual(restart(started([]), {startTime: '2026-01-02T00:00:00Z'}), [
      `status.startTime: Invalid value: "2026-01-02T00:00:00Z": ${refused}`,
    ]);
    const suspended = {type: 'Suspended', status: 'True'};
    assert.deepEqual(restart(started([suspended]), {startTime: '2026-01-02T00:00:00Z', conditions: [{...suspended, status: 'False'}]}), []);
  });

  it('never restart always', () => {
    const pod = {spec: {...template.spec, restartPolicy: 'Always'}};
    assert.deepEqual(create(withSpec({template: pod})).errors, [
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ]);
  });

  it('count forward', () => {
    assert.deepEqual(create(withSpec({parallelism: -1, backoffLimit: -2, activeDeadlineSeconds: -3})).errors, [
      'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
      'spec.activeDeadlineSeconds: Invalid value: -3: must be greater than or equal to 0',
      'spec.backoffLimit: Invalid value: -2: must be greater than or equal to 0',
    ]);
  });

  it('may be told where to run, and with what, while they are suspended and have no pods', () => {
    const name = (error: string) => error.replace(/Invalid value: .*: /s, '');
    const onNode = {nodeSelectorTerms: [{matchExpressions: [{key: 'a', operator: 'Exists'}]}]};
    const nodeAffinity = {requiredDuringSchedulingIgnoredDuringExecution: onNode};
    const podAffinity = {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: 'a'}]};
    const change = (status: JobStatus, edit: (spec: PodSpec) => void, before: Partial<PodSpec> = {}) =>
      update({...withSpec({suspend: true, template: {spec: {...template.spec, ...before}}}), status}, object => {
        edit(object.spec!.template.spec!);
      }).errors.map(name);
    const startTime = '2026-01-01T00:00:00Z';
    const resize = (spec: PodSpec) => {
      spec.containers[0]!.resources = {requests: {cpu: '1'}};
    };
    const suspended = [{type: 'Suspended', status: 'True'}];
    assert.deepEqual(change({}, resize), []);
    assert.deepEqual(change({startTime, conditions: suspended}, resize), []);
    assert.deepEqual(change({startTime}, resize), ['spec.template: field is immutable']);
    assert.deepEqual(change({active: 1}, resize), ['spec.template: field is immutable']);
    assert.deepEqual(
      change({}, spec => {
        spec.affinity = {nodeAffinity};
        spec.schedulingGates = [{name: 'a/b'}];
      }),
      [],
    );
    const clear = (spec: PodSpec) => {
      delete spec.affinity;
    };
    assert.deepEqual(change({}, clear, {affinity: {nodeAffinity}}), []);
    assert.deepEqual(change({}, clear, {affinity: {nodeAffinity, podAffinity}}), ['spec.template.spec: field is immutable']);
    assert.deepEqual(
      change({}, spec => {
        spec.affinity = {podAffinity};
      }),
      ['spec.template.spec: field is immutable'],
    );
  });

  it('restart as they can, and their completions are told once', () => {
    const {errors} = create(withSpec({podFailurePolicy: {rules: []}, template: {spec: {...template.spec, restartPolicy: 'x'}}}));
    assert.ok(errors.length > 0 && !errors.some(error => error.includes('only "Never" is supported')), errors.join('\n'));
    const indexed = withSpec({completionMode: 'Indexed', completions: 1});
    assert.deepEqual(
      new Set(
        update(indexed, object => {
          delete object.spec!.completions;
        }).errors,
      ),
      new Set(['spec.completions: Required value: when completion mode is Indexed']),
    );
  });

  it('keep what they do', () => {
    assert.deepEqual(
      update(withSpec(), object => {
        object.spec!.completions = 2;
        object.spec!.completionMode = 'Indexed';
        object.spec!.parallelism = 2;
      }).errors.map(error => error.replace(/Invalid value: .*: /, '')),
      ['spec.completionMode: field is immutable'],
    );
  });
});

describe('cron jobs', () => {
  const {create} = rulesOf<CronJob>(cronJob);
  const jobTemplate = {spec: {template}};

  it('keep some of their jobs', () => {
    const {object, errors} = create({metadata, spec: {schedule: '* * * * *', jobTemplate}});
    assert.deepEqual(errors, []);
    const {concurrencyPolicy, suspend, successfulJobsHistoryLimit, failedJobsHistoryLimit} = object.spec!;
    assert.deepEqual([concurrencyPolicy, suspend, successfulJobsHistoryLimit, failedJobsHistoryLimit], ['Allow', false, 3, 1]);
  });

  it('want a schedule and a name that leaves room', () => {
    assert.deepEqual(create({metadata: {...metadata, name: 'a'.repeat(53)}, spec: {schedule: '', jobTemplate}}).errors, [
      'spec.schedule: Required value',
      `metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`,
    ]);
  });
});
