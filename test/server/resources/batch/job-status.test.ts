import assert from 'node:assert/strict';
import type {Job, JobStatus} from '../../../../server/api/kinds.generated.ts';
import {job} from '../../../../server/resources/batch/job.ts';
import {rulesOf} from '../core/support.ts';

describe('statuses of jobs', () => {
  const {update} = rulesOf<Job>(job);
  const spec = {template: {spec: {restartPolicy: 'Never', containers: [{name: 'a', image: 'i'}]}}};
  const startTime = '2026-01-01T00:00:00Z';
  const completionTime = '2026-01-01T00:01:00Z';
  const conditions = (...types: string[]) => types.map(type => ({type, status: 'True'}));
  const become = (before: JobStatus, after: JobStatus, more: object = {}) =>
    update(
      {metadata: {name: 'a', namespace: 'default', uid: 'u'}, spec: {...spec, ...more}, status: before} as Job,
      object => {
        object.status = after;
      },
      'status',
    ).errors;

  const tables: [string, JobStatus, JobStatus, string[], object?][] = [
    ['complete', {startTime}, {startTime, completionTime, conditions: conditions('SuccessCriteriaMet', 'Complete')}, []],
    [
      'end in one way',
      {startTime},
      {startTime, completionTime, conditions: conditions('Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet')},
      [
        'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
        'status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions',
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions',
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
      ],
    ],
    [
      'have no pods when they are finished',
      {startTime, conditions: conditions('Failed', 'FailureTarget')},
      {startTime, active: 1, terminating: 1, uncountedTerminatedPods: {failed: ['u']}, conditions: conditions('Failed', 'FailureTarget')},
      [
        'status.active: Invalid value: 1: active>0 is invalid for finished job',
        'status.uncountedTerminatedPods: Invalid value: {"Succeeded":null,"Failed":["u"]}: uncountedTerminatedPods needs to be empty for finished job',
        'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job',
      ],
    ],
    [
      'stay finished',
      {startTime, failed: 2, succeeded: 2, conditions: conditions('Failed', 'FailureTarget')},
      {startTime, failed: 1, succeeded: 1},
      [
        'status.conditions: Invalid value: cannot disable the terminal Failed=True condition',
        'status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition',
        'status.failed: Invalid value: 1: cannot decrease the failed counter',
        'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter',
      ],
    ],
    [
      'do not start when there is nothing to do',
      {},
      {completionTime, conditions: conditions('SuccessCriteriaMet', 'Complete')},
      [],
      {suspend: true, completions: 0},
    ],
    [
      'may name indexes that cannot be read',
      {failedIndexes: 'x', completedIndexes: '0'},
      {failedIndexes: 'x', completedIndexes: '0,x'},
      ['status.completedIndexes: Invalid value: "0,x": error parsing completedIndexes: cannot convert string to integer for index: "x"'],
      {completionMode: 'Indexed', completions: 2, parallelism: 1},
    ],
    [
      'keep the time when they completed',
      {startTime, completionTime, conditions: conditions('SuccessCriteriaMet', 'Complete')},
      {startTime, completionTime: '2026-01-01T00:02:00Z', conditions: conditions('SuccessCriteriaMet', 'Complete')},
      ['status.completionTime: Invalid value: "2026-01-01T00:02:00Z": completionTime cannot be mutated'],
    ],
  ];
  for (const [name, before, after, errors, more] of tables) it(name, () => assert.deepEqual(become(before, after, more), errors));
});
