import assert from 'node:assert/strict';
import {createClock, createWallClock} from '../../../cluster/clock.ts';
import {filters} from '../../../controllers/scheduler/plugins.ts';
import type {QueuedPod} from '../../../controllers/scheduler/queue.ts';
import {createSchedulingQueue} from '../../../controllers/scheduler/queue.ts';
import type {NodeOptions, PodOptions} from './cluster-of.ts';
import {clusterOf, info, node, pod} from './cluster-of.ts';

const cluster = clusterOf([]);
const podInfo = (name: string, options: PodOptions = {}) => info(pod(name, options), cluster);
const nodeInfo = (options: NodeOptions = {}) => clusterOf([node('n', options)]).node('n')!;

describe('the scheduling queue', () => {
  const open = () => {
    const clock = createClock({wall: createWallClock(), manual: true});
    return {clock, queue: createSchedulingQueue(clock, filters)};
  };
  const drain = (queue: ReturnType<typeof open>['queue']): string[] => {
    const names: string[] = [];
    for (let one = queue.take(); one; one = queue.take()) names.push(one.info.uid);
    return names;
  };
  /** A pod that these plugins refused. */
  const resting = (queue: ReturnType<typeof open>['queue'], name: string, options: PodOptions, ...plugins: string[]): QueuedPod => {
    queue.add(podInfo(name, options));
    const one = queue.take()!;
    one.rejectedBy = new Set(plugins);
    queue.rest(one);
    return one;
  };

  it('goes by priority, then by age', () => {
    const {queue} = open();
    for (const [name, priority] of [
      ['a', 0],
      ['b', 5],
      ['c', 0],
      ['d', 5],
    ] as const)
      queue.add(podInfo(name, {priority}));
    assert.deepEqual(drain(queue), ['b', 'd', 'a', 'c']);
    assert.ok(queue.idle());
  });

  it('drops what is gone', () => {
    const {queue} = open();
    queue.add(podInfo('a'));
    queue.add(podInfo('b'));
    queue.remove('a');
    assert.deepEqual(drain(queue), ['b']);
  });

  const CASES: {[what: string]: [PodOptions, string, Parameters<ReturnType<typeof open>['queue']['wake']>[0], boolean]} = {
    'a pod that went frees resources': [{cpu: '1'}, 'NodeResourcesFit', {type: 'PodDelete', pod: podInfo('x'), node: 'n'}, true],
    'a pod that came frees none': [{cpu: '1'}, 'NodeResourcesFit', {type: 'PodAdd', pod: podInfo('x'), node: 'n'}, false],
    'a larger node': [
      {cpu: '9'},
      'NodeResourcesFit',
      {type: 'NodeUpdate', node: nodeInfo({allocatable: {cpu: '16'}}), old: nodeInfo()},
      true,
    ],
    'a node that is still too small': [{cpu: '99'}, 'NodeResourcesFit', {type: 'NodeAdd', node: nodeInfo()}, false],
    'a node with the label': [{nodeSelector: {a: 'b'}}, 'NodeAffinity', {type: 'NodeAdd', node: nodeInfo({labels: {a: 'b'}})}, true],
    'a node without the label': [{nodeSelector: {a: 'b'}}, 'NodeAffinity', {type: 'NodeAdd', node: nodeInfo()}, false],
    'an uncordoned node': [{}, 'NodeUnschedulable', {type: 'NodeUpdate', node: nodeInfo(), old: nodeInfo({unschedulable: true})}, true],
    'a taint that went': [
      {},
      'TaintToleration',
      {type: 'NodeUpdate', node: nodeInfo(), old: nodeInfo({taints: [{key: 'k', effect: 'NoSchedule'}]})},
      true,
    ],
    'a claim that was bound': [{volumes: [{name: 'v', persistentVolumeClaim: {claimName: 'c'}}]}, 'VolumeBinding', {type: 'Storage'}, true],
    'storage of others': [{}, 'TaintToleration', {type: 'Storage'}, false],
  };
  for (const [what, [options, plugin, event, wakes]] of Object.entries(CASES)) {
    it(`${wakes ? 'is woken' : 'is not woken'} by ${what}`, () => {
      const {queue} = open();
      resting(queue, 'a', options, plugin);
      queue.wake(event);
      assert.deepEqual(drain(queue), wakes ? ['a'] : []);
    });
  }

  it('looks again after five minutes at the latest', async () => {
    const {queue, clock} = open();
    resting(queue, 'a', {}, 'NodeAffinity');
    await clock.advance(299_000);
    assert.deepEqual(drain(queue), []);
    await clock.advance(60_000);
    assert.deepEqual(drain(queue), ['a']);
  });

  it('waits longer after each failure that is not the fault of the pod', async () => {
    const {queue, clock} = open();
    queue.add(podInfo('a'));
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      const one = queue.take()!;
      queue.retry(one);
      waits.push(queue.nextDue()! - clock.now());
      await clock.advance(waits.at(-1)!);
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 10_000]);
  });
});
