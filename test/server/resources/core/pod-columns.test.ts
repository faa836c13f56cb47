import assert from 'node:assert/strict';
import type {ContainerStatus, Pod, PodStatus} from '../../../../server/api/kinds.generated.ts';
import type {KubeObject} from '../../../../server/api/object.ts';
import {podColumns, podRowConditions} from '../../../../server/resources/core/pod-columns.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');

const status = (name: string, state: ContainerStatus['state'], more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name,
  state,
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...more,
});
const running = {running: {startedAt: '2026-01-01T00:00:00Z'}};
const waiting = (reason: string) => ({waiting: {reason}});
const ended = (exitCode: number, reason?: string, signal?: number) => ({terminated: {exitCode, reason, signal}});
const restarted = (count: number, finishedAt?: string): Partial<ContainerStatus> => ({
  restartCount: count,
  lastState: {terminated: {exitCode: 1, finishedAt}},
});

interface Given {
  init?: string[];
  sidecars?: string[];
  deleted?: boolean;
  status: PodStatus;
}

/** READY, STATUS, RESTARTS of a pod with one container `c`. */
function cells({init = [], sidecars = [], deleted, status}: Given): string {
  const pod: Pod = {
    metadata: {name: 'p', ...(deleted && {deletionTimestamp: '2026-01-01T00:00:00Z'})},
    spec: {
      containers: [{name: 'c'}],
      initContainers: [...init.map(name => ({name})), ...sidecars.map(name => ({name, restartPolicy: 'Always'}))],
    },
    status,
  };
  return podColumns
    .slice(1, 4)
    .map(column => column.print(pod as unknown as KubeObject, NOW))
    .join(' ');
}

describe('The columns of a pod', () => {
  const cases: [string, string, Given][] = [
    ['has its phase', '0/1 Pending 0', {status: {phase: 'Pending'}}],
    ['has the reason of its status', '0/1 Evicted 0', {status: {phase: 'Failed', reason: 'Evicted'}}],
    [
      'waits for its gates',
      '0/1 SchedulingGated 0',
      {status: {phase: 'Pending', conditions: [{type: 'PodScheduled', status: 'False', reason: 'SchedulingGated'}]}},
    ],
    ['runs', '1/1 Running 0', {status: {phase: 'Running', containerStatuses: [status('c', running, {ready: true})]}}],
    ['is not ready', '0/1 Running 0', {status: {phase: 'Running', containerStatuses: [status('c', running)]}}],
    ['waits', '0/1 ImagePullBackOff 0', {status: {phase: 'Pending', containerStatuses: [status('c', waiting('ImagePullBackOff'))]}}],
    [
      'crashes',
      '0/1 CrashLoopBackOff 5 (10m ago)',
      {status: {phase: 'Running', containerStatuses: [status('c', waiting('CrashLoopBackOff'), restarted(5, '2026-01-01T00:50:00Z'))]}},
    ],
    [
      'restarted at an unknown time',
      '1/1 Running 3',
      {status: {phase: 'Running', containerStatuses: [status('c', running, {ready: true, ...restarted(3)})]}},
    ],
    ['is completed', '0/1 Completed 0', {status: {phase: 'Succeeded', containerStatuses: [status('c', ended(0, 'Completed'))]}}],
    ['ended by a code', '0/1 ExitCode:137 0', {status: {phase: 'Failed', containerStatuses: [status('c', ended(137))]}}],
    ['ended by a signal', '0/1 Signal:9 0', {status: {phase: 'Failed', containerStatuses: [status('c', ended(137, undefined, 9))]}}],
    [
      'has one container left that runs',
      '1/1 NotReady 0',
      {status: {phase: 'Running', containerStatuses: [status('done', ended(0, 'Completed')), status('c', running, {ready: true})]}},
    ],
    [
      'has one container left that runs, and is ready',
      '1/1 Running 0',
      {
        status: {
          phase: 'Running',
          conditions: [{type: 'Ready', status: 'True'}],
          containerStatuses: [status('done', ended(0, 'Completed')), status('c', running, {ready: true})],
        },
      },
    ],
    [
      'initializes',
      '0/1 Init:1/2 0',
      {init: ['a', 'b'], status: {phase: 'Pending', initContainerStatuses: [status('a', ended(0)), status('b', running)]}},
    ],
    [
      'has not begun to initialize',
      '0/1 Init:0/1 0',
      {init: ['a'], status: {phase: 'Pending', initContainerStatuses: [status('a', waiting('PodInitializing'))]}},
    ],
    [
      'fails to initialize',
      '0/1 Init:Error 2 (30m ago)',
      {
        init: ['a'],
        status: {phase: 'Pending', initContainerStatuses: [status('a', ended(1, 'Error'), restarted(2, '2026-01-01T00:30:00Z'))]},
      },
    ],
    [
      'fails to initialize by a code',
      '0/1 Init:ExitCode:3 0',
      {init: ['a'], status: {phase: 'Pending', initContainerStatuses: [status('a', ended(3))]}},
    ],
    [
      'waits to initialize again',
      '0/1 Init:CrashLoopBackOff 0',
      {init: ['a'], status: {phase: 'Pending', initContainerStatuses: [status('a', waiting('CrashLoopBackOff'))]}},
    ],
    [
      'forgets the restarts of init containers once it runs',
      '1/1 Running 1',
      {
        init: ['a'],
        status: {
          phase: 'Running',
          initContainerStatuses: [status('a', ended(0), restarted(4))],
          containerStatuses: [status('c', running, {ready: true, restartCount: 1})],
        },
      },
    ],
    [
      'counts its sidecars',
      '2/2 Running 2',
      {
        sidecars: ['s'],
        status: {
          phase: 'Running',
          initContainerStatuses: [status('s', running, {started: true, ready: true, restartCount: 2})],
          containerStatuses: [status('c', running, {ready: true})],
        },
      },
    ],
    [
      'is deleted',
      '1/1 Terminating 0',
      {deleted: true, status: {phase: 'Running', containerStatuses: [status('c', running, {ready: true})]}},
    ],
    ['is deleted after its end', '0/1 Succeeded 0', {deleted: true, status: {phase: 'Succeeded'}}],
    ['is deleted on a lost node', '0/1 Unknown 0', {deleted: true, status: {phase: 'Running', reason: 'NodeLost'}}],
  ];
  for (const [what, expected, given] of cases) it(`say when it ${what}: ${expected}`, () => assert.equal(cells(given), expected));

  it('count readiness gates', () => {
    const pod = {
      spec: {readinessGates: [{conditionType: 'a'}, {conditionType: 'b'}]},
      status: {conditions: [{type: 'a', status: 'True'}]},
    } as unknown as KubeObject;
    assert.equal(podColumns.at(-1)!.print(pod, NOW), '1/2');
  });

  it('mark the rows of pods that have ended', () => {
    const reason = (phase: string) => podRowConditions({metadata: {}, status: {phase}})?.[0]?.reason;
    assert.deepEqual(['Succeeded', 'Failed', 'Running'].map(reason), ['Succeeded', 'Failed', undefined]);
  });
});
