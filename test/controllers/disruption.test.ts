import assert from 'node:assert/strict';
import {deployments, events, horizontalPodAutoscalers, podDisruptionBudgets, pods} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

const containers = [{name: 'c', image: 'busybox'}];
const labels = {app: 'a'};
const template = {metadata: {labels}, spec: {containers}};

describe('disruption controller', () => {
  const world = useWorld({nodes: 1});
  const messagesOf = async (reason: string) =>
    (await world.list(events)).filter(event => event.reason === reason).map(({message}) => message);

  it('says that the controller of a pod is not there', async () => {
    const ownerReferences = [{apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'gone', uid: 'u', controller: true}];
    await world.create(pods, 'p', {metadata: {labels, ownerReferences, finalizers: ['example.com/held']}, spec: {containers}});
    await world.create(podDisruptionBudgets, 'b', {spec: {maxUnavailable: 1, selector: {matchLabels: labels}}});
    await world.rest();
    const {status} = await world.get(podDisruptionBudgets, 'b');
    const [condition] = status?.conditions ?? [];
    assert.deepEqual([condition?.reason, condition?.message], ['SyncFailed', 'found no controllers for pod "p"']);
    await world.merge(pods, 'p', {metadata: {finalizers: null}});
  });

  it('takes the word back that a pod goes when nobody deletes it', async () => {
    await world.create(pods, 'p', {spec: {containers}});
    await world.rest();
    const lastTransitionTime = new Date(world.cluster.clock.now()).toISOString().replace(/\.\d+/, '');
    const target = {type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'm', lastTransitionTime};
    await world.strategic(pods, 'p', {status: {conditions: [target]}}, {subresource: 'status'});
    await world.cluster.pass(110_000);
    const status = async () => (await world.get(pods, 'p')).status?.conditions?.find(({type}) => type === 'DisruptionTarget');
    assert.equal((await status())?.status, 'True');
    await world.cluster.pass(11_000);
    const {reason, status: value} = (await status()) ?? {};
    assert.deepEqual([value, reason], ['False', undefined]);
  });

  it('is not for two autoscalers of the same pods to guess', async () => {
    await world.create(deployments, 'd', {spec: {replicas: 1, selector: {matchLabels: labels}, template}});
    const spec = {maxReplicas: 3, scaleTargetRef: {apiVersion: 'apps/v1', kind: 'Deployment', name: 'd'}};
    await world.create(horizontalPodAutoscalers, 'one', {spec});
    await world.create(horizontalPodAutoscalers, 'two', {spec});
    await world.cluster.pass(40_000);
    const {status} = await world.get(horizontalPodAutoscalers, 'one');
    const {namespace} = world;
    const message = `pods by selector app=a are controlled by multiple HPAs: [{one ${namespace}} {two ${namespace}}]`;
    const active = status?.conditions?.find(({type}) => type === 'ScalingActive');
    assert.deepEqual([active?.status, active?.reason, active?.message], ['False', 'AmbiguousSelector', message]);
    assert.ok((await messagesOf('AmbiguousSelector')).includes(message));
  });
});
