import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {JsonObject} from '../../../server/api/json.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {isApiError} from '../../../server/api/status.ts';
import {createFieldManager} from '../../../server/patch/managed-fields.ts';
import type {ManagedResource} from '../../../server/patch/ownership.ts';
import type {Schema, StructSchema} from '../../../server/schema/schema.ts';
import {type LooseField, structSchema} from '../../../server/schema/struct-schema.ts';
import {apiError, atOnce, configMaps, deployments, services} from './support.ts';

const T1 = '2026-01-01T00:00:01Z';
const T2 = '2026-01-01T00:00:02Z';
const fieldManager = createFieldManager();

interface Options {
  manager?: string;
  force?: boolean;
  time?: string;
  resource?: ManagedResource;
  subresource?: string;
}

const apply = (live: KubeObject | undefined, applied: JsonObject, options: Options = {}): KubeObject => {
  const {manager = 'm1', force = false, time = T1, resource = configMaps, subresource = ''} = options;
  return atOnce(fieldManager.apply({live, applied, manager, force, time, resource, subresource}));
};

const configMap = (data?: JsonObject, metadata: JsonObject = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {name: 'a', ...metadata},
  ...(data && {data}),
});
const owners = (object: KubeObject): unknown[] =>
  (object.metadata.managedFields ?? []).map(({manager, operation, fieldsV1}) => [manager, operation, fieldsV1]);

describe('apply', () => {
  it('creates, owning just what is named', () => {
    const created = apply(undefined, configMap({a: '1'}));
    assert.deepEqual(created, {
      ...configMap({a: '1'}),
      metadata: {
        name: 'a',
        managedFields: [
          {manager: 'm1', operation: 'Apply', apiVersion: 'v1', time: T1, fieldsType: 'FieldsV1', fieldsV1: {'f:data': {'f:a': {}}}},
        ],
      },
    });
    assert.equal(apply(undefined, configMap()).metadata.managedFields, undefined);
  });

  it('is a no-op the second time', () => {
    const created = apply(undefined, configMap({a: '1'}));
    assert.deepEqual(apply(created, configMap({a: '1'}), {time: T2}), created);
  });

  it('conflicts with other owners, whose values force takes over', () => {
    const created = apply(undefined, configMap({a: '1', b: '1'}));
    const changed = configMap({a: '2', b: '2'});
    assert.throws(
      () => apply(created, changed, {manager: 'm2'}),
      apiError(409, 'Apply failed with 2 conflicts: conflicts with "m1":\n- .data.a\n- .data.b'),
    );
    assert.throws(
      () => apply(created, configMap({a: '2'}), {manager: 'm2'}),
      (error: unknown) =>
        isApiError(error, 'Conflict') &&
        error.message === 'Apply failed with 1 conflict: conflict with "m1": .data.a' &&
        JSON.stringify(error.status.details) ===
          '{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \\"m1\\"","field":".data.a"}]}',
    );
    const forced = apply(created, changed, {manager: 'm2', force: true});
    assert.deepEqual(forced.data, {a: '2', b: '2'});
    assert.deepEqual(owners(forced), [['m2', 'Apply', {'f:data': {'f:a': {}, 'f:b': {}}}]]);
  });

  it('shares what is equal, without a time as nothing changed', () => {
    const created = apply(undefined, configMap({a: '1', b: '1'}));
    const shared = apply(created, configMap({a: '1'}), {manager: 'm2', time: T2});
    assert.deepEqual(
      shared.metadata.managedFields?.map(({manager, time}) => [manager, time]),
      [
        ['m2', undefined],
        ['m1', T1],
      ],
    );
    assert.deepEqual(apply(shared, configMap({}), {manager: 'm1', time: T2}).data, {a: '1'});
  });

  it('removes what is no longer applied unless somebody else owns it', () => {
    const created = apply(undefined, configMap({a: '1', b: '1'}));
    const edited = {...created, data: {a: '1', b: '1', c: '1'}};
    const kept = apply(edited, configMap({a: '1'}), {time: T2});
    assert.deepEqual(kept.data, {a: '1', c: '1'});
    assert.equal(kept.metadata.managedFields?.[0]?.time, T2);
    assert.deepEqual(apply(created, configMap()).data, undefined);
  });

  it('owns an object that nobody tracked as before-first-apply', () => {
    const taken = apply(configMap({a: '1', b: '1'}), configMap({a: '1'}));
    assert.deepEqual(owners(taken), [
      ['m1', 'Apply', {'f:data': {'f:a': {}}}],
      ['before-first-apply', 'Update', {'f:data': {'.': {}, 'f:a': {}, 'f:b': {}}}],
    ]);
    assert.throws(
      () => apply(configMap({a: '1'}), configMap({a: '2'})),
      apiError(409, 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a'),
    );
  });

  it('owns null and empty values', () => {
    assert.deepEqual(owners(apply(undefined, configMap({a: null}, {labels: null, annotations: {}}))), [
      ['m1', 'Apply', {'f:data': {'f:a': {}}, 'f:metadata': {'f:annotations': {}, 'f:labels': {}}}],
    ]);
    assert.deepEqual(owners(apply(undefined, configMap({}))), [['m1', 'Apply', {'f:data': {}}]]);
    assert.deepEqual(owners(apply(undefined, service([]), {resource: services})), []);
  });

  it('keys items by defaults, too', () => {
    const created = apply(
      undefined,
      service([
        {name: 't', port: 53},
        {name: 'u', port: 53, protocol: 'UDP'},
      ]),
      {resource: services},
    );
    assert.deepEqual(owners(created), [
      [
        'm1',
        'Apply',
        {
          'f:spec': {
            'f:ports': {
              'k:{"port":53,"protocol":"TCP"}': {'.': {}, 'f:name': {}, 'f:port': {}},
              'k:{"port":53,"protocol":"UDP"}': {'.': {}, 'f:name': {}, 'f:port': {}, 'f:protocol': {}},
            },
          },
        },
      ],
    ]);
    const changed = apply(created, service([{name: 't', port: 53, protocol: 'TCP', targetPort: 5353}]), {resource: services});
    assert.deepEqual((changed.spec as JsonObject).ports, [{name: 't', port: 53, protocol: 'TCP', targetPort: 5353}]);
  });

  it('owns sets by value and atomic lists and maps as a whole', () => {
    const created = apply(undefined, configMap({}, {finalizers: ['e.com/a', 'e.com/b']}));
    const both = apply(created, configMap(undefined, {finalizers: ['e.com/c']}), {manager: 'm2'});
    assert.deepEqual(both.metadata.finalizers, ['e.com/a', 'e.com/b', 'e.com/c']);
    assert.deepEqual(apply(both, configMap({}, {finalizers: ['e.com/b']})).metadata.finalizers, ['e.com/b', 'e.com/c']);
    const selecting = (selector: JsonObject): KubeObject => ({...service([]), spec: {selector}});
    const first = apply(undefined, selecting({a: '1'}), {resource: services});
    assert.throws(
      () => apply(first, selecting({b: '2'}), {resource: services, manager: 'm2'}),
      apiError(409, 'Apply failed with 1 conflict: conflict with "m1": .spec.selector'),
    );
    assert.deepEqual(apply(first, selecting({b: '2'}), {resource: services}).spec, {selector: {b: '2'}});
  });

  it('orders items as applied, between those of others', () => {
    const containers = (...names: string[]): KubeObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {name: 'a'},
      spec: {template: {spec: {containers: names.map(name => ({name}))}}},
    });
    const order = (object: KubeObject): unknown[] =>
      (object as unknown as {spec: {template: {spec: {containers: {name: string}[]}}}}).spec.template.spec.containers.map(({name}) => name);
    const created = apply(undefined, containers('x', 'y'), {resource: deployments});
    const added = apply(created, containers('z', 'y'), {resource: deployments, manager: 'm2'});
    assert.deepEqual(order(added), ['x', 'z', 'y']);
    assert.deepEqual(order(apply(added, containers('y', 'x'), {resource: deployments})), ['z', 'y', 'x']);
  });

  it('ignores what the endpoint resets', () => {
    const created = apply(undefined, {...deployment(), status: {replicas: 4}}, {resource: deployments});
    assert.deepEqual(owners(created), [['m1', 'Apply', {'f:spec': {'f:replicas': {}}}]]);
    const status = apply(
      created,
      {...deployment(9), status: {replicas: 1}},
      {resource: deployments, subresource: 'status', manager: 'ctl'},
    );
    assert.deepEqual(owners(status), [
      ['ctl', 'Apply', {'f:status': {'f:replicas': {}}}],
      ['m1', 'Apply', {'f:spec': {'f:replicas': {}}}],
    ]);
  });

  it('says who else uses a subresource, and updates with their version', () => {
    const live = fieldManagerUpdate(deployment(1));
    assert.throws(
      () => apply(live, deployment(2), {resource: deployments}),
      apiError(409, 'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas'),
    );
  });

  it('checks the configuration', () => {
    const type =
      (body: JsonObject): (() => unknown) =>
      () =>
        apply(undefined, body);
    assert.throws(type({}), apiError(400, 'invalid object type: /, Kind='));
    assert.throws(type({kind: 'ConfigMap'}), apiError(400, 'invalid object type: /, Kind=ConfigMap'));
    assert.throws(type({apiVersion: 'apps/v1', kind: 'Secret'}), apiError(400, 'invalid object type: apps/v1, Kind=Secret'));
    assert.throws(type(configMap({}, {managedFields: []})), apiError(400, 'metadata.managedFields must be nil'));
  });

  it('checks types, fields and keys', () => {
    const fails = (body: KubeObject, message: string, options: Options = {}): void =>
      assert.throws(() => apply(undefined, body, options), apiError(500, `failed to create typed patch object ${message}`));
    fails(configMap({a: 5}), '(/a; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:5}');
    fails(configMap({}, {namespace: 'n', unknown: 'x'}), '(n/a; /v1, Kind=ConfigMap): .metadata.unknown: field not declared in schema');
    fails(configMap({}, {finalizers: ['b', 'b']}), '(/a; /v1, Kind=ConfigMap): .metadata.finalizers: duplicate entries for key [="b"]');
    fails(
      {...configMap({a: true}), immutable: 'x'} as KubeObject,
      '(/a; /v1, Kind=ConfigMap): errors:\n' +
        '  .data.a: expected string, got &value.valueUnstructured{Value:true}\n' +
        '  .immutable: expected boolean, got &{x}',
    );
    fails(service([{port: 1}, {port: 1}]), '(/s; /v1, Kind=Service): .spec.ports: duplicate entries for key [port=1,protocol="TCP"]', {
      resource: services,
    });
  });

  it('lets kubectl take over what its client-side apply has set', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const applied = JSON.stringify({...configMap({a: '1'}, {annotations: {}})});
    const live = atOnce(
      fieldManager.update({
        live: undefined,
        object: configMap({a: '1', b: '1'}, {annotations: {[annotation]: applied}}),
        resource: configMaps,
        manager: 'kubectl-client-side-apply',
        subresource: '',
        time: T1,
      }),
    );
    const object: KubeObject = {...configMap({a: '1', b: '1'}, {annotations: {[annotation]: applied}})};
    object.metadata = {...object.metadata, managedFields: live!};
    assert.throws(() => apply(object, configMap({a: '2'}), {manager: 'other'}), isApiError);
    assert.throws(
      () => apply(object, configMap({a: '2', b: '2'}), {manager: 'kubectl'}),
      apiError(409, 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.b'),
    );
    const taken = apply(object, configMap({a: '2'}), {manager: 'kubectl'});
    assert.deepEqual(taken.data, {a: '2', b: '1'});
    assert.equal(
      taken.metadata.annotations?.[annotation],
      '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"a"}}\n',
    );
  });
});

describe('apply without a schema', () => {
  const any: Schema = {type: 'any'};
  const field = (name: string, schema: Schema = any): LooseField => ({
    name,
    schema,
    pointer: true,
    omitempty: true,
    omitzero: false,
    required: false,
  });
  const widgetWith = (spec: Schema): StructSchema =>
    structSchema('Widget', () => [
      field('apiVersion'),
      field('kind'),
      field('metadata', configMaps.schema.fields.get('metadata')!.schema),
      field('spec', spec),
    ]);
  const schema = widgetWith(any);
  const widgets: ManagedResource = {group: 'e.com', version: 'v1', kind: 'Widget', schema};
  const widget = (spec: JsonObject): KubeObject => ({apiVersion: 'e.com/v1', kind: 'Widget', metadata: {name: 'w'}, spec});

  it('owns objects by field and lists as a whole', () => {
    const created = apply(undefined, widget({a: {b: 1}, l: [{x: 1}]}), {resource: widgets});
    assert.deepEqual(owners(created), [['m1', 'Apply', {'f:spec': {'f:a': {'.': {}, 'f:b': {}}, 'f:l': {}}}]]);
    const both = apply(created, widget({a: {c: 2}}), {resource: widgets, manager: 'm2'});
    assert.deepEqual(both.spec, {a: {b: 1, c: 2}, l: [{x: 1}]});
    assert.deepEqual(apply(both, widget({}), {resource: widgets}).spec, {a: {c: 2}});
  });

  it('takes undeclared fields where a struct is open', () => {
    const withSpec = (more: {undeclared?: Schema}): ManagedResource => ({
      ...widgets,
      schema: widgetWith(structSchema('Spec', () => [field('known')], more)),
    });
    const open = withSpec({undeclared: any});
    const created = apply(undefined, widget({known: 1, other: {x: 1}}), {resource: open});
    assert.deepEqual(owners(created), [['m1', 'Apply', {'f:spec': {'f:known': {}, 'f:other': {'.': {}, 'f:x': {}}}}]]);
    assert.throws(
      () => apply(undefined, widget({other: 1}), {resource: withSpec({})}),
      apiError(500, 'failed to create typed patch object (/w; e.com/v1, Kind=Widget): .spec.other: field not declared in schema'),
    );
  });

  it('follows a value that becomes an object, for updates as well', () => {
    const live = apply(undefined, widget({a: 1}), {resource: widgets});
    const managedFields = atOnce(
      fieldManager.update({
        live,
        object: widget({a: {b: []}}),
        resource: widgets,
        manager: 'u',
        subresource: '',
        time: T2,
      }),
    );
    assert.deepEqual(
      managedFields?.map(({manager, fieldsV1}) => [manager, fieldsV1]),
      [['u', {'f:spec': {'f:a': {'.': {}, 'f:b': {}}}}]],
    );
  });
});

describe('apply laws', () => {
  const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2'), {minKeys: 1, maxKeys: 4});
  const step = fc.record({manager: fc.constantFrom('m1', 'm2', 'm3'), data, force: fc.boolean()});
  const run = (steps: {manager: string; data: JsonObject; force: boolean}[]): KubeObject | undefined => {
    let live: KubeObject | undefined;
    for (const {manager, data: applied, force} of steps) {
      try {
        live = decode(apply(live, configMap(applied), {manager, force}));
      } catch (error) {
        assert.ok(isApiError(error, 'Conflict'), String(error));
      }
    }
    return live;
  };

  it('applying twice is applying once', () => {
    fc.assert(
      fc.property(fc.array(step, {maxLength: 5}), step, (steps, last) => {
        const once = run([...steps, {...last, force: true}]);
        assert.deepEqual(run([...steps, {...last, force: true}, last]), once);
      }),
    );
  });

  it('no unforced apply changes or drops what another manager owns', () => {
    fc.assert(
      fc.property(fc.array(step, {maxLength: 6}), step, (steps, last) => {
        const before = run(steps);
        const after = run([...steps, {...last, force: false}]);
        for (const {manager, fieldsV1} of before?.metadata.managedFields ?? []) {
          if (manager === last.manager) continue;
          assert.deepEqual(after!.metadata.managedFields!.find(entry => entry.manager === manager)?.fieldsV1, fieldsV1);
          for (const field of Object.keys((fieldsV1 as {'f:data'?: object})['f:data'] ?? {})) {
            const key = field.slice(2);
            assert.equal((after!.data as JsonObject | undefined)?.[key], (before!.data as JsonObject | undefined)?.[key]);
          }
        }
      }),
    );
  });

  it('what a manager applies is there and its own', () => {
    fc.assert(
      fc.property(fc.array(step, {maxLength: 5}), step, (steps, last) => {
        const after = run([...steps, {...last, force: true}])!;
        for (const [key, value] of Object.entries(last.data)) assert.equal((after.data as JsonObject)[key], value);
      }),
    );
  });
});

/** As ConfigMaps are read: without data that is empty. */
function decode(object: KubeObject): KubeObject {
  const {data, ...rest} = object;
  return Object.keys(data ?? {}).length > 0 ? object : (rest as KubeObject);
}

const service = (ports: JsonObject[]): KubeObject => ({apiVersion: 'v1', kind: 'Service', metadata: {name: 's'}, spec: {ports}});
const deployment = (replicas = 1): KubeObject => ({apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name: 'd'}, spec: {replicas}});

/** As after a PUT on /scale. */
function fieldManagerUpdate(object: KubeObject): KubeObject {
  const managedFields = atOnce(
    fieldManager.update({
      live: undefined,
      object,
      resource: deployments,
      manager: 'hpa',
      subresource: 'scale',
      time: T1,
    }),
  );
  return {...object, metadata: {...object.metadata, managedFields: managedFields!}};
}
