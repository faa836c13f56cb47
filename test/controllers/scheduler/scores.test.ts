import assert from 'node:assert/strict';
import {clusterOf, node, OPTIONS, place, pod} from './cluster-of.ts';

const ZONE = 'topology.kubernetes.io/zone';

describe('scheduler scores', () => {
  it('prefer the emptier node', () => {
    const cluster = clusterOf([node('a'), node('b')], [pod('p', {nodeName: 'a', cpu: '4'})]);
    assert.equal(place(pod('q', {cpu: '1'}), cluster), 'b');
  });

  it('prefer a node by affinity over an emptier one', () => {
    const cluster = clusterOf([node('a'), node('b', {labels: {disk: 'ssd'}})], [pod('p', {nodeName: 'b', cpu: '1'})]);
    const preference = {matchExpressions: [{key: 'disk', operator: 'In', values: ['ssd']}]};
    const affinity = {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 10, preference}]}};
    assert.equal(place(pod('q', {affinity}), cluster), 'b');
  });

  it('avoid PreferNoSchedule', () => {
    const cluster = clusterOf(
      [node('a', {taints: [{key: 'k', effect: 'PreferNoSchedule'}]}), node('b')],
      [pod('p', {nodeName: 'b', cpu: '2'})],
    );
    assert.equal(place(pod('q'), cluster), 'b');
  });

  it('spread the pods of a service by default', () => {
    const labels = {app: 'x'};
    const defaultSelector = () => ({key: 'x', matches: (other: {[key: string]: string}) => other.app === 'x'});
    const cluster = clusterOf([node('a'), node('b', {allocatable: {cpu: '7'}})], [pod('p', {nodeName: 'a', labels})], {defaultSelector});
    assert.equal(place(pod('q', {labels}), cluster), 'b');
  });

  it('spread over zones where constraints say ScheduleAnyway', () => {
    const labels = {app: 'x'};
    const cluster = clusterOf(
      [node('a', {labels: {[ZONE]: '1'}}), node('b', {labels: {[ZONE]: '1'}}), node('c', {labels: {[ZONE]: '2'}, allocatable: {cpu: '6'}})],
      [pod('p', {nodeName: 'a', labels}), pod('q', {nodeName: 'b', labels})],
    );
    const topologySpreadConstraints = [
      {maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {matchLabels: labels}},
    ];
    assert.equal(place(pod('r', {labels, topologySpreadConstraints}), cluster), 'c');
  });

  it('prefer company that pods want', () => {
    const term = {labelSelector: {matchLabels: {app: 'x'}}, topologyKey: 'kubernetes.io/hostname'};
    const affinity = {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: term}]}};
    const cluster = clusterOf([node('a'), node('b')], [pod('p', {nodeName: 'b', labels: {app: 'x'}})]);
    assert.equal(place(pod('q', {affinity}), cluster), 'b');
  });

  it('leave ties to chance', () => {
    const cluster = clusterOf([node('a'), node('b'), node('c')]);
    const random = {...OPTIONS.random, integer: (bound: number) => bound - 1};
    assert.equal(place(pod('q'), cluster, {random}), 'c');
  });
});
