import assert from 'node:assert/strict';
import type {Endpoints, PodSpec, PodTemplate, ReplicationController, ServiceAccount} from '../../../../server/api/kinds.generated.ts';
import {endpoints} from '../../../../server/resources/core/endpoints.ts';
import {podTemplate} from '../../../../server/resources/core/podtemplate.ts';
import {replicationController} from '../../../../server/resources/core/replicationcontroller.ts';
import {serviceAccount} from '../../../../server/resources/core/serviceaccount.ts';
import {rulesOf} from './support.ts';

const metadata = {name: 'a', namespace: 'default'};
const template = (spec: object = {}) => ({
  metadata: {labels: {app: 'a'}},
  spec: {containers: [{name: 'c', image: 'i'}], ...spec} as PodSpec,
});

describe('replication controllers', () => {
  const {create, update} = rulesOf<ReplicationController>(replicationController);

  it('take selector and labels from their template', () => {
    const {object, errors} = create({metadata, spec: {template: template()}});
    assert.deepEqual(errors, []);
    assert.equal(object.spec!.replicas, 1);
    assert.deepEqual([object.spec!.selector, object.metadata!.labels], [{app: 'a'}, {app: 'a'}]);
  });

  it('want a template that they select', () => {
    assert.deepEqual(create({metadata, spec: {replicas: -1}}).errors, [
      'spec.selector: Required value',
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template: Required value',
    ]);
    assert.deepEqual(create({metadata, spec: {selector: {app: 'b'}, template: template({restartPolicy: 'Never'})}}).errors, [
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ]);
  });

  it('count no more replicas than there are', () => {
    const {errors} = update(
      {metadata, spec: {template: template()}},
      object => {
        object.status = {replicas: 1, readyReplicas: 2};
      },
      'status',
    );
    assert.deepEqual(errors, ['status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas']);
  });
});

describe('pod templates', () => {
  const {create} = rulesOf<PodTemplate>(podTemplate);

  it('get the defaults of pods, and obey their rules', () => {
    assert.equal(create({metadata, template: template()}).object.template!.spec!.restartPolicy, 'Always');
    assert.deepEqual(create({metadata, template: template({containers: []})}).errors, ['template.spec.containers: Required value']);
  });
});

describe('endpoints', () => {
  const {create} = rulesOf<Endpoints>(endpoints);

  it('want addresses that are reachable from elsewhere', () => {
    assert.equal(
      create({metadata, subsets: [{addresses: [{ip: '10.0.0.1'}], ports: [{port: 80}]}]}).object.subsets![0]!.ports![0]!.protocol,
      'TCP',
    );
    assert.deepEqual(create({metadata, subsets: [{addresses: [{ip: '127.0.0.1'}]}, {}]}).errors, [
      'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'subsets[1]: Required value: must specify `addresses` or `notReadyAddresses`',
    ]);
  });

  it('want names where there are several ports', () => {
    assert.deepEqual(create({metadata, subsets: [{addresses: [{ip: '10.0.0.1'}], ports: [{port: 80}, {name: 'b', port: 0}]}]}).errors, [
      'subsets[0].ports[0].name: Required value',
      'subsets[0].ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ]);
  });
});

describe('service accounts', () => {
  const {create} = rulesOf<ServiceAccount>(serviceAccount);

  it('name secrets and say nothing else of them', () => {
    const {object} = create({metadata, secrets: [{name: 'x', namespace: 'y'}, {kind: 'Secret'}]});
    assert.deepEqual(object.secrets, [{name: 'x'}, {}]);
  });

  it('warn of an annotation that nobody needs', () => {
    const annotations = {'kubernetes.io/enforce-mountable-secrets': 'true'};
    assert.match(create({metadata: {...metadata, annotations}}).warnings[0]!, /deprecated in v1\.32\+/);
  });
});
