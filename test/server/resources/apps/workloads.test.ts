import assert from 'node:assert/strict';
import type {DaemonSet, Deployment, PodSpec, ReplicaSet, StatefulSet} from '../../../../server/api/kinds.generated.ts';
import type {KubeObject} from '../../../../server/api/object.ts';
import {withoutTemplateGeneration} from '../../../../server/resources/apps/daemonset.ts';
import {apps} from '../../../../server/resources/apps/index.ts';
import {rulesOf} from '../core/support.ts';

const metadata = {name: 'a', namespace: 'default'};
const selector = {matchLabels: {app: 'a'}};
const template = {metadata: {labels: {app: 'a'}}, spec: {containers: [{name: 'c', image: 'i'}]} as PodSpec};
const spec = {selector, template};

describe('deployments', () => {
  const {create, update} = rulesOf<Deployment>(apps.Deployment!);

  it('roll by a quarter', () => {
    const {object, errors} = create({metadata, spec});
    assert.deepEqual(errors, []);
    const {replicas, strategy, revisionHistoryLimit, progressDeadlineSeconds} = object.spec!;
    assert.deepEqual([replicas, revisionHistoryLimit, progressDeadlineSeconds], [1, 10, 600]);
    assert.deepEqual(strategy, {type: 'RollingUpdate', rollingUpdate: {maxUnavailable: '25%', maxSurge: '25%'}});
  });

  it('select their template', () => {
    assert.deepEqual(create({metadata, spec: {selector: {matchLabels: {app: 'b'}}, template}}).errors, [
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    ]);
    assert.deepEqual(create({metadata, spec: {selector: {}, template}}).errors, [
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ]);
  });

  it('roll somehow', () => {
    const rollingUpdate = {maxUnavailable: 0, maxSurge: 0};
    assert.deepEqual(create({metadata, spec: {...spec, strategy: {type: 'RollingUpdate', rollingUpdate}}}).errors, [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ]);
    assert.deepEqual(create({metadata, spec: {...spec, strategy: {type: 'Recreate', rollingUpdate}}}).errors, [
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ]);
  });

  it('keep their selector', () => {
    const {errors} = update({metadata, spec}, object => {
      object.spec!.selector = {matchLabels: {app: 'b'}};
      object.spec!.template.metadata!.labels = {app: 'b'};
    });
    assert.deepEqual(errors, ['spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable']);
  });
});

describe('replica sets', () => {
  it('count no more replicas than there are', () => {
    const {update} = rulesOf<ReplicaSet>(apps.ReplicaSet!);
    const {errors} = update(
      {metadata, spec},
      object => {
        object.status = {replicas: 1, availableReplicas: 2, readyReplicas: 1};
      },
      'status',
    );
    assert.deepEqual(errors, [
      'status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas',
    ]);
  });
});

describe('daemon sets', () => {
  const {create, update} = rulesOf<DaemonSet>(apps.DaemonSet!);

  it('take one node after another', () => {
    const {updateStrategy} = create({metadata, spec}).object.spec!;
    assert.deepEqual(updateStrategy, {type: 'RollingUpdate', rollingUpdate: {maxUnavailable: 1, maxSurge: 0}});
  });

  it('surge or take away, not both', () => {
    const updateStrategy = {type: 'RollingUpdate', rollingUpdate: {maxUnavailable: 1, maxSurge: 1}};
    assert.deepEqual(create({metadata, spec: {...spec, updateStrategy}}).errors, [
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ]);
  });

  it('count their templates in an annotation that their metadata alone lacks', () => {
    const {object} = create({metadata, spec});
    const annotation = 'deprecated.daemonset.template.generation';
    assert.deepEqual(object.metadata.annotations, {[annotation]: '1'});
    const changed = update({metadata, spec}, ({metadata, spec}) => {
      delete metadata.annotations;
      spec!.template.metadata!.labels = {app: 'a', b: 'c'};
    }).object;
    assert.deepEqual(changed.metadata.annotations, {[annotation]: '2'});
    assert.deepEqual(withoutTemplateGeneration(object as KubeObject), metadata);
    const annotated = {metadata: {...metadata, annotations: {[annotation]: '1', b: 'c'}}};
    assert.deepEqual(withoutTemplateGeneration(annotated as unknown as KubeObject).annotations, {b: 'c'});
  });
});

describe('stateful sets', () => {
  const {create, update} = rulesOf<StatefulSet>(apps.StatefulSet!);

  it('keep their pods in order and their claims', () => {
    const {podManagementPolicy, updateStrategy, persistentVolumeClaimRetentionPolicy} = create({
      metadata,
      spec: {...spec, serviceName: 's'},
    }).object.spec!;
    assert.equal(podManagementPolicy, 'OrderedReady');
    assert.deepEqual(updateStrategy, {type: 'RollingUpdate', rollingUpdate: {partition: 0}});
    assert.deepEqual(persistentVolumeClaimRetentionPolicy, {whenDeleted: 'Retain', whenScaled: 'Retain'});
  });

  it('lose what is behind a gate', () => {
    const updateStrategy = {type: 'RollingUpdate', rollingUpdate: {maxUnavailable: 'many'}};
    const {object, errors} = create({metadata, spec: {...spec, serviceName: 's', updateStrategy}});
    assert.deepEqual(errors, []);
    assert.deepEqual(object.spec!.updateStrategy, {type: 'RollingUpdate', rollingUpdate: {partition: 0}});
  });

  it('change only in parts', () => {
    const {errors} = update({metadata, spec: {...spec, serviceName: 's'}}, object => {
      object.spec!.serviceName = 't';
    });
    assert.match(errors[0]!, /^spec: Forbidden: updates to statefulset spec for fields other than 'replicas', /);
  });
});
