import assert from 'node:assert/strict';
import type {DaemonState} from '../../controllers/daemonset-plan.ts';
import {daemonPod, daemonSetStatus, nodeOf, planManage, planUpdate, shouldRun} from '../../controllers/daemonset-plan.ts';
import type {DaemonSet, Node, Pod} from '../../server/api/kinds.generated.ts';

const set = (
  updateStrategy: DaemonSet['spec']['updateStrategy'] = {type: 'RollingUpdate', rollingUpdate: {maxUnavailable: 1, maxSurge: 0}},
  spec = {},
): DaemonSet => ({
  metadata: {name: 'agent', namespace: 'n', uid: 'u', generation: 1, annotations: {'deprecated.daemonset.template.generation': '3'}},
  spec: {
    selector: {matchLabels: {app: 'a'}},
    template: {metadata: {labels: {app: 'a'}}, spec: {containers: [{name: 'c'}], ...spec}},
    updateStrategy,
  },
});
const node = (name: string, taints: {key: string; effect: string}[] = [], labels = {}): Node => ({
  metadata: {name, labels},
  spec: {taints},
});
let age = 0;
const pod = (name: string, {on = 'a', hash = 'new', ready = true, phase = 'Running'} = {}): Pod => ({
  metadata: {name, uid: name, labels: {'controller-revision-hash': hash}, creationTimestamp: new Date(age++ * 1000).toISOString()},
  spec: {containers: [], nodeName: on},
  status: {phase, conditions: [{type: 'Ready', status: ready ? 'True' : 'False'}]},
});
const state = (of: DaemonSet, nodes: Node[], pods: Pod[]): DaemonState => {
  const byNode = new Map<string, Pod[]>();
  for (const each of pods) byNode.set(nodeOf(each), [...(byNode.get(nodeOf(each)) ?? []), each]);
  return {set: of, nodes, pods: byNode, hash: 'new', now: 0};
};
const names = (pods: Pod[]) => pods.map(({metadata}) => metadata.name);
const [a, b, c] = [node('a'), node('b'), node('c')];

describe('daemonset plan', () => {
  it('runs where selectors and taints let it', () => {
    assert.deepEqual(shouldRun(set(), a), {run: true, stay: true});
    assert.deepEqual(shouldRun(set(undefined, {nodeSelector: {disk: 'ssd'}}), a), {run: false, stay: false});
    assert.deepEqual(shouldRun(set(), node('a', [{key: 'k', effect: 'NoSchedule'}])), {run: false, stay: true});
    assert.deepEqual(shouldRun(set(), node('a', [{key: 'k', effect: 'NoExecute'}])), {run: false, stay: false});
    assert.deepEqual(shouldRun(set(), node('a', [{key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule'}])), {
      run: true,
      stay: true,
    });
  });

  it('pins its pods to nodes', () => {
    const made = daemonPod(set(), 'b', 'h');
    assert.equal(nodeOf(made), 'b');
    assert.deepEqual(made.metadata.labels, {app: 'a', 'pod-template-generation': '3', 'controller-revision-hash': 'h'});
    assert.equal(made.spec!.tolerations!.length, 6);
  });

  it('keeps one pod on every node', () => {
    const plan = planManage(state(set(), [a, b], [pod('x'), pod('y'), pod('gone', {on: 'z'})]));
    assert.deepEqual([plan.create, names(plan.delete)], [['b'], ['y']]);
  });

  it('replaces finished pods', () => {
    const plan = planManage(state(set(), [a], [pod('x', {phase: 'Failed', ready: false})]));
    assert.deepEqual([names(plan.delete), names(plan.finished)], [['x'], ['x']]);
  });

  it('updates as many as may be unavailable, broken ones at once', () => {
    const old = (name: string, on: string, ready = true) => pod(name, {on, hash: 'old', ready});
    assert.deepEqual(names(planUpdate(state(set(), [a, b, c], [old('x', 'a'), old('y', 'b'), old('z', 'c')])).delete), ['x']);
    assert.deepEqual(names(planUpdate(state(set(), [a, b, c], [pod('x', {ready: false}), old('y', 'b'), old('z', 'c')])).delete), []);
    assert.deepEqual(names(planUpdate(state(set(), [a, b], [old('x', 'a', false), old('y', 'b', false)])).delete), ['x', 'y']);
    assert.deepEqual(planUpdate(state(set({type: 'OnDelete'}), [a], [old('x', 'a')])).delete, []);
  });

  it('surges', () => {
    const surging = set({type: 'RollingUpdate', rollingUpdate: {maxSurge: 1, maxUnavailable: 0}});
    const old = [pod('x', {hash: 'old'}), pod('y', {on: 'b', hash: 'old'})];
    assert.deepEqual(planUpdate(state(surging, [a, b], old)).create, ['a']);
    assert.deepEqual(planUpdate(state(surging, [a, b], [...old, pod('n', {ready: false})])), {create: [], delete: [], finished: []});
    assert.deepEqual(names(planUpdate(state(surging, [a, b], [...old, pod('n')])).delete), ['x']);
  });

  it('counts', () => {
    const status = daemonSetStatus(
      state(set(), [a, b, node('t', [{key: 'k', effect: 'NoExecute'}])], [pod('x'), pod('m', {on: 't'})]),
      undefined,
    );
    assert.deepEqual(status, {
      observedGeneration: 1,
      currentNumberScheduled: 1,
      numberMisscheduled: 1,
      desiredNumberScheduled: 2,
      numberReady: 1,
      updatedNumberScheduled: 1,
      numberAvailable: 1,
      numberUnavailable: 1,
    });
  });
});
