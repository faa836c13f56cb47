import assert from 'node:assert/strict';
import type {KubeObject, ManagedFieldsEntry} from '../../../server/api/object.ts';
import {createFieldManager} from '../../../server/patch/managed-fields.ts';
import type {ManagedResource} from '../../../server/patch/ownership.ts';
import {atOnce, configMaps, deployments, pods} from './support.ts';

const T1 = '2026-01-01T00:00:01Z';
const T2 = '2026-01-01T00:00:02Z';
const fieldManager = createFieldManager();

const update = (
  live: KubeObject | undefined,
  object: KubeObject,
  {
    resource = configMaps,
    manager = 'm',
    subresource = '',
    time = T1,
  }: {resource?: ManagedResource; manager?: string; subresource?: string; time?: string} = {},
): KubeObject => {
  const managedFields = atOnce(fieldManager.update({live, object, resource, manager, subresource, time}));
  const {managedFields: _sent, ...metadata} = object.metadata;
  return {...object, metadata: {uid: 'u', ...metadata, ...(managedFields && {managedFields})}};
};

const configMap = (data: {[key: string]: string}, managedFields?: ManagedFieldsEntry[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {name: 'a', ...(managedFields && {managedFields})},
  data,
});
const entry = (manager: string, fieldsV1: object, more: object = {}): object => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time: T1,
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
});

describe('update ownership', () => {
  it('gives a new object to its creator, without what names it', () => {
    const created = update(undefined, configMap({a: '1'}), {manager: 'tool'});
    assert.deepEqual(created.metadata.managedFields, [entry('tool', {'f:data': {'.': {}, 'f:a': {}}})]);
  });

  it('does not own structs and lists that every object of the kind has', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {name: 'a', labels: {x: 'y'}},
      spec: {
        containers: [{name: 'c', image: 'i', args: ['a'], ports: [{containerPort: 80, protocol: 'TCP'}], resources: {}}],
        tolerations: [{key: 'k'}],
      },
      status: {phase: 'Pending'},
    };
    assert.deepEqual(update(undefined, pod, {resource: pods}).metadata.managedFields?.[0]?.fieldsV1, {
      'f:metadata': {'f:labels': {'.': {}, 'f:x': {}}},
      'f:spec': {
        'f:containers': {
          'k:{"name":"c"}': {
            '.': {},
            'f:args': {},
            'f:image': {},
            'f:name': {},
            'f:ports': {'.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': {'.': {}, 'f:containerPort': {}, 'f:protocol': {}}},
            'f:resources': {},
          },
        },
        'f:tolerations': {},
      },
    });
  });

  it('moves what changes to who changes it, at that time', () => {
    const created = update(undefined, configMap({a: '1', b: '1'}), {manager: 'tool'});
    const changed = update(created, configMap({a: '2', b: '1'}), {manager: 'editor', time: T2});
    assert.deepEqual(changed.metadata.managedFields, [
      entry('tool', {'f:data': {'.': {}, 'f:b': {}}}),
      entry('editor', {'f:data': {'f:a': {}}}, {time: T2}),
    ]);
    const removed = update(changed, configMap({b: '1'}), {manager: 'third', time: T2});
    assert.deepEqual(removed.metadata.managedFields, [entry('tool', {'f:data': {'.': {}, 'f:b': {}}})]);
  });

  it('keeps the very entries where nothing changes', () => {
    const created = update(undefined, configMap({a: '1'}));
    const again = fieldManager.update({
      live: created,
      object: configMap({a: '1'}, structuredClone(created.metadata.managedFields)),
      resource: configMaps,
      manager: 'other',
      subresource: '',
      time: T2,
    });
    assert.deepEqual(again, created.metadata.managedFields);
    assert.equal(again?.[0], created.metadata.managedFields?.[0]);
  });

  it('tells subresources apart and lets neither own the part of the other', () => {
    const object = {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'a'}, spec: {containers: null}, status: {}};
    const created = update(undefined, object, {resource: pods});
    assert.equal(created.metadata.managedFields, undefined);
    const tracked = {
      ...created,
      metadata: {...created.metadata, managedFields: [entry('x', {'f:metadata': {'f:labels': {}}}) as ManagedFieldsEntry]},
    };
    const changes = {
      ...object,
      spec: {containers: null, nodeName: 'n'},
      status: {phase: 'Running', conditions: [{type: 'Ready', status: 'True'}]},
    };
    const viaStatus = update(tracked, changes, {resource: pods, manager: 'kubelet', subresource: 'status'});
    assert.deepEqual(
      viaStatus.metadata.managedFields?.[0],
      entry(
        'kubelet',
        {'f:status': {'f:conditions': {'.': {}, 'k:{"type":"Ready"}': {'.': {}, 'f:status': {}, 'f:type': {}}}, 'f:phase': {}}},
        {subresource: 'status'},
      ),
    );
    const viaMain = update(tracked, changes, {resource: pods, manager: 'golden'});
    assert.deepEqual(viaMain.metadata.managedFields?.[0], entry('golden', {'f:spec': {'f:nodeName': {}}}));
  });

  it('stops tracking when told, and does not begin again by itself', () => {
    const created = update(undefined, configMap({a: '1'}));
    for (const reset of [[], [{}]]) {
      const untracked = update(created, configMap({a: '1'}, reset));
      assert.equal(untracked.metadata.managedFields, undefined);
      assert.equal(update(untracked, configMap({a: '2'})).metadata.managedFields, undefined);
    }
  });

  it('takes entries a client edits, keeps its own where they are bad or come through a subresource', () => {
    const created = update(undefined, configMap({a: '1'}));
    const edited = [entry('me', {'f:data': {'f:a': {}}}) as ManagedFieldsEntry];
    assert.deepEqual(update(created, configMap({a: '1'}, edited)).metadata.managedFields, edited);
    const bad: ManagedFieldsEntry[] = [{...edited[0], fieldsType: 'FieldsV2'}];
    assert.deepEqual(update(created, configMap({a: '1'}, bad)).metadata.managedFields, created.metadata.managedFields);
    const viaStatus = update(created, configMap({a: '1'}, edited), {subresource: 'status'});
    assert.deepEqual(viaStatus.metadata.managedFields, created.metadata.managedFields);
  });

  it('folds the oldest of more than ten updaters together', () => {
    const data: {[key: string]: string} = {};
    let object: KubeObject | undefined;
    for (let index = 0; index < 13; index++) {
      data[`k${index}`] = '1';
      const time = `2026-01-01T00:00:${String(10 + index)}Z`;
      object = update(object, configMap({...data}), {manager: `u${index}`, time});
    }
    const entries = object!.metadata.managedFields!;
    assert.deepEqual(
      entries.map(({manager}) => manager),
      ['ancient-changes', 'u4', 'u5', 'u6', 'u7', 'u8', 'u9', 'u10', 'u11', 'u12'],
    );
    assert.deepEqual(entries[0]!.fieldsV1, {'f:data': {'.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {}, 'f:k3': {}}});
    assert.equal(entries[0]!.time, '2026-01-01T00:00:13Z');
  });

  it('keeps no entries of an object whose items have no keys', () => {
    const live = update(
      undefined,
      {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'a'}, spec: {containers: null, nodeName: 'n'}},
      {resource: pods},
    );
    const broken = {...live, spec: {containers: [null]}} as unknown as KubeObject;
    assert.equal(update(live, broken, {resource: pods}).metadata.managedFields, undefined);
  });

  it('compares entries of another version in that version', () => {
    const views = createFieldManager((resource, object, apiVersion) =>
      apiVersion === 'v0' ? {object: {...object, data: {old: (object.data as {a: string}).a}}, schema: resource.schema} : undefined,
    );
    const live = configMap({a: '1'}, [
      entry('x', {'f:data': {'f:old': {}}}, {apiVersion: 'v0'}) as ManagedFieldsEntry,
      entry('y', {'f:data': {'f:a': {}}}, {apiVersion: 'v00'}) as ManagedFieldsEntry,
    ]);
    const after = views.update({live, object: configMap({a: '2'}), resource: configMaps, manager: 'm', subresource: '', time: T2});
    assert.deepEqual(after, [entry('m', {'f:data': {'f:a': {}}}, {time: T2})]);
  });

  it('owns a deployment field by field', () => {
    const deployment = (replicas: number): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {name: 'd'},
      spec: {replicas, selector: {matchLabels: {a: 'b'}}, template: {metadata: {}, spec: {containers: null}}, strategy: {type: 'Recreate'}},
      status: {},
    });
    const created = update(undefined, deployment(1), {resource: deployments});
    assert.deepEqual(created.metadata.managedFields?.[0]?.fieldsV1, {
      'f:spec': {'f:replicas': {}, 'f:selector': {}, 'f:strategy': {'f:type': {}}},
    });
    const scaled = update(created, deployment(2), {resource: deployments, manager: 'hpa', time: T2});
    assert.deepEqual(
      scaled.metadata.managedFields?.map(({manager, fieldsV1}) => [manager, fieldsV1]),
      [
        ['m', {'f:spec': {'f:selector': {}, 'f:strategy': {'f:type': {}}}}],
        ['hpa', {'f:spec': {'f:replicas': {}}}],
      ],
    );
  });
});
