import assert from 'node:assert/strict';
import {refusePod, refuseSystem} from '../../../controllers/kubelet/admit.ts';
import type {Node, Pod, PodSpec} from '../../../server/api/kinds.generated.ts';

const node: Node = {
  metadata: {name: 'node-1', labels: {disk: 'ssd'}},
  spec: {taints: [{key: 'k', effect: 'NoSchedule'}]},
  status: {allocatable: {cpu: '2', memory: '1Gi', pods: '2'}},
};
const pod = (name: string, requests: {[resource: string]: string} = {}, spec: Partial<PodSpec> = {}): Pod => ({
  metadata: {name, uid: name},
  spec: {containers: [{name: 'c', image: 'i', resources: {requests}}], ...spec},
});
const refused = (one: Pod, others: Pod[] = [], on = node) => refusePod(one, on, others);

describe('admission by a kubelet', () => {
  it('refuses what it has no room for', () => {
    const message = "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000";
    assert.deepEqual(refused(pod('p', {cpu: '1500m'}), [pod('o', {cpu: '1'})]), {reason: 'OutOfcpu', message});
    assert.equal(refused(pod('p', {memory: '2Gi'}))?.reason, 'OutOfmemory');
    assert.deepEqual(refused(pod('p'), [pod('a'), pod('b')]), {
      reason: 'OutOfpods',
      message: "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
    });
    assert.equal(refused(pod('p', {cpu: '2', 'example.com/gpu': '1'})), undefined);
  });

  it('does not count pods that have finished', () => {
    assert.equal(refused(pod('p', {cpu: '2'}), [{...pod('o', {cpu: '1'}), status: {phase: 'Succeeded'}}]), undefined);
  });

  it('refuses pods that are for other nodes', () => {
    assert.deepEqual(refused(pod('p', {}, {nodeSelector: {disk: 'hdd'}})), {
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    });
    assert.equal(refused(pod('p', {}, {nodeSelector: {disk: 'ssd'}})), undefined);
  });

  it('minds the taints that evict, not those that keep the scheduler away', () => {
    const evicting = {...node, spec: {taints: [{key: 'k', effect: 'NoExecute'}]}};
    assert.equal(refused(pod('p')), undefined);
    assert.equal(refused(pod('p'), [], evicting)?.reason, 'TaintToleration');
    assert.equal(refused(pod('p', {}, {tolerations: [{operator: 'Exists'}]}), [], evicting), undefined);
  });

  it('refuses pods of another system', () => {
    assert.equal(refuseSystem(pod('p', {}, {os: {name: 'linux'}}), node), undefined);
    assert.equal(refuseSystem(pod('p', {}, {os: {name: 'windows'}}), node)?.reason, 'PodOSNotSupported');
    const labelled = {...pod('p'), metadata: {name: 'p', labels: {'kubernetes.io/os': 'windows'}}};
    assert.equal(refuseSystem(labelled, node)?.reason, 'PodOSSelectorNodeLabelDoesNotMatch');
  });

  it('refuses a host port that is taken', () => {
    const ports = {containers: [{name: 'c', image: 'i', ports: [{containerPort: 80, hostPort: 8080}]}]};
    assert.equal(refused(pod('p', {}, ports), [pod('o', {}, ports)])?.reason, 'NodePorts');
  });
});
