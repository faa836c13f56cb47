import assert from 'node:assert/strict';
import {
  daemonSets,
  deployments,
  events,
  persistentVolumeClaims,
  pods,
  resourceQuotas,
  statefulSets,
  storageClasses,
} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

const template = {metadata: {labels: {app: 'a'}}, spec: {containers: [{name: 'c', image: 'busybox'}]}};
const selector = {matchLabels: {app: 'a'}};

describe('controllers of workloads', () => {
  const world = useWorld({nodes: 2});

  it('roll a Deployment back as its annotation asks', async () => {
    const annotations = (asked?: string, cause = 'one') => ({
      'kubernetes.io/change-cause': cause,
      ...(asked && {'deprecated.deployment.rollback.to': asked}),
    });
    const image = async () => (await world.get(deployments, 'd')).spec?.template.spec?.containers[0]?.image;
    const ask = async (revision: string) => {
      await world.merge(deployments, 'd', {metadata: {annotations: {'deprecated.deployment.rollback.to': revision}}});
      await world.rest();
      assert.equal((await world.get(deployments, 'd')).metadata.annotations?.['deprecated.deployment.rollback.to'], undefined);
    };
    await world.create(deployments, 'd', {metadata: {annotations: annotations()}, spec: {selector, template}});
    await world.rest();
    await ask('0');
    const changed = {...template, spec: {containers: [{name: 'c', image: 'other'}]}};
    await world.merge(deployments, 'd', {metadata: {annotations: annotations(undefined, 'two')}, spec: {template: changed}});
    await world.rest();
    await ask('7');
    await ask('2');
    assert.equal(await image(), 'other');
    await ask('0');
    assert.equal(await image(), 'busybox');
    const {annotations: now, labels} = (await world.get(deployments, 'd')).metadata;
    assert.deepEqual([now?.['kubernetes.io/change-cause'], now?.['deployment.kubernetes.io/revision'], labels], ['one', '3', undefined]);
    const told = (await world.list(events)).filter(({reason}) => reason?.startsWith('DeploymentRollback'));
    assert.deepEqual(
      told.map(({type, reason, message}) => `${type} ${reason}: ${message}`),
      [
        'Warning DeploymentRollbackRevisionNotFound: Unable to find last revision.',
        'Warning DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.',
        'Warning DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current deployment "d"',
        'Normal DeploymentRollback: Rolled back deployment "d" to revision 1',
      ],
    );
  });

  it('tell how many daemons there are when no more may be made', async () => {
    await world.create(resourceQuotas, 'q', {spec: {hard: {pods: '1'}}});
    await world.rest();
    await world.create(daemonSets, 'd', {spec: {selector, template}});
    await world.rest();
    const {status} = await world.get(daemonSets, 'd');
    assert.deepEqual([status?.observedGeneration, status?.desiredNumberScheduled, status?.currentNumberScheduled], [1, 2, 1]);
  });

  it('give an adopted pod of a StatefulSet its identity, and say so', async () => {
    await world.create(pods, 's-0', {metadata: {labels: {app: 'a'}}, spec: template.spec});
    await world.create(statefulSets, 's', {spec: {selector, template, replicas: 1, serviceName: 's'}});
    await world.rest();
    const {labels} = (await world.get(pods, 's-0')).metadata;
    assert.equal(labels?.['statefulset.kubernetes.io/pod-name'], 's-0');
    const messages = (await world.list(events)).filter(({reason}) => reason === 'SuccessfulUpdate').map(({message}) => message);
    assert.deepEqual(messages, ['Update Pod s-0 in StatefulSet s successful']);
  });

  it('go on with a StatefulSet while a claim of a running pod is to go', async () => {
    const claim = {accessModes: ['ReadWriteOnce'], storageClassName: world.namespace, resources: {requests: {storage: '1Gi'}}};
    await world.client.create(storageClasses, {metadata: {name: world.namespace}, provisioner: 'kubedouble.dev/simulated'});
    const volumeClaimTemplates = [{metadata: {name: 'v'}, spec: claim}];
    await world.create(statefulSets, 's', {spec: {selector, template, replicas: 1, serviceName: 's', volumeClaimTemplates}});
    await world.rest();
    await world.remove(persistentVolumeClaims, 'v-s-0');
    await world.merge(statefulSets, 's', {spec: {replicas: 2}});
    await world.rest();
    assert.deepEqual(await world.names(pods), ['s-0', 's-1']);
    await world.client.delete(storageClasses, {name: world.namespace});
  });
});
