import assert from 'node:assert/strict';
import {filters} from '../../../controllers/scheduler/plugins.ts';
import {findVictims} from '../../../controllers/scheduler/preemption.ts';
import {schedule} from '../../../controllers/scheduler/schedule.ts';
import type {PodDisruptionBudget} from '../../../server/api/kinds.generated.ts';
import type {PodOptions} from './cluster-of.ts';
import {clusterOf, info, node, OPTIONS, pod} from './cluster-of.ts';

const preempt = (placed: {[name: string]: PodOptions}, incoming: PodOptions, budgets: PodDisruptionBudget[] = []) => {
  const names = [...new Set(Object.values(placed).map(({nodeName}) => nodeName!))];
  const cluster = clusterOf(
    names.map(name => node(name)),
    Object.entries(placed).map(([name, options]) => pod(name, options)),
  );
  const one = info(pod('incoming', incoming), cluster);
  const placement = schedule(one, cluster, OPTIONS);
  assert.ok('diagnosis' in placement);
  const found = findVictims(one, placement.diagnosis, cluster, {filters, budgets});
  return 'victims' in found
    ? `${found.victims.node}: ${found.victims.pods.map(({pod: {metadata}}) => metadata.name).join(' ')}`
    : found.message;
};

describe('preemption', () => {
  it('says that it cannot help where even an empty node is too small', () => {
    assert.equal(
      preempt({p: {nodeName: 'a', priority: 0}}, {cpu: '100', priority: 10}),
      'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    );
  });

  it('says that nobody is lower', () => {
    assert.equal(
      preempt({p: {nodeName: 'a', cpu: '8', priority: 10}}, {cpu: '1', priority: 10}),
      'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    );
  });

  it('respects the policy Never', () => {
    const message = preempt({p: {nodeName: 'a', cpu: '8'}}, {cpu: '1', priority: 10, preemptionPolicy: 'Never'});
    assert.equal(message, 'preemption: not eligible due to preemptionPolicy=Never.');
  });

  it('takes no more pods than it needs, the least important first', () => {
    const placed = {
      low: {nodeName: 'a', cpu: '4', priority: 1},
      lower: {nodeName: 'a', cpu: '4', priority: 0},
    };
    assert.equal(preempt(placed, {cpu: '4', priority: 10}), 'a: lower');
  });

  it('prefers the node whose victims matter least', () => {
    const placed = {p: {nodeName: 'a', cpu: '8', priority: 5}, q: {nodeName: 'b', cpu: '8', priority: 4}};
    assert.equal(preempt(placed, {cpu: '8', priority: 10}), 'b: q');
  });

  it('prefers one victim to several', () => {
    const placed = {
      p: {nodeName: 'a', cpu: '4', priority: 1},
      q: {nodeName: 'a', cpu: '4', priority: 1},
      r: {nodeName: 'b', cpu: '8', priority: 1},
    };
    assert.equal(preempt(placed, {cpu: '8', priority: 10}), 'b: r');
  });

  it('prefers the victim that started last', () => {
    const placed = {
      p: {nodeName: 'a', cpu: '8', startTime: '2030-01-01T00:00:00Z'},
      q: {nodeName: 'b', cpu: '8', startTime: '2030-01-01T00:00:01Z'},
    };
    assert.equal(preempt(placed, {cpu: '8', priority: 10}), 'b: q');
  });

  it('spares pods that a disruption budget protects', () => {
    const placed = {p: {nodeName: 'a', cpu: '8', labels: {app: 'x'}}, q: {nodeName: 'b', cpu: '8', priority: 1}};
    const budget = {
      metadata: {name: 'b', namespace: 'default'},
      spec: {selector: {matchLabels: {app: 'x'}}},
      status: {disruptionsAllowed: 0},
    };
    assert.equal(preempt(placed, {cpu: '8', priority: 10}, [budget as unknown as PodDisruptionBudget]), 'b: q');
  });
});
