import assert from 'node:assert/strict';
import type {Json, JsonObject} from '../../../server/api/json.ts';
import {applyStrategicPatch} from '../../../server/patch/strategic.ts';
import {apiError, schemaOf} from './support.ts';

const schema = schemaOf('apps', 'v1', 'Deployment');

const podSpec = {
  containers: [
    {
      name: 'c1',
      image: 'x:1',
      args: ['p', 'q'],
      env: [
        {name: 'A', value: '1'},
        {name: 'B', value: '2'},
      ],
      ports: [{containerPort: 80, name: 'http'}],
    },
    {name: 'c2', image: 'y:1'},
  ],
  tolerations: [{key: 't1'}],
  volumes: [{name: 'v', emptyDir: {}}],
};

const deployment = {
  metadata: {finalizers: ['e.com/a'], labels: {l: '1', m: '2'}},
  spec: {replicas: 1, strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: 1}}, template: {spec: podSpec}},
};

const patchPod = (patch: JsonObject): JsonObject =>
  ((applyStrategicPatch(deployment, {spec: {template: {spec: patch}}}, schema).spec as JsonObject).template as JsonObject)
    .spec as JsonObject;
const names = (list: Json | undefined): (Json | undefined)[] => (list as JsonObject[]).map(({name}) => name);

describe('applyStrategicPatch', () => {
  it('merges lists by key, the patch in its order before what it does not name', () => {
    const {containers} = patchPod({
      containers: [
        {name: 'new', image: 'n'},
        {name: 'c2', image: 'y:2'},
      ],
    }) as {containers: JsonObject[]};
    assert.deepEqual(names(containers), ['new', 'c1', 'c2']);
    assert.equal(containers[2]!.image, 'y:2');
    assert.deepEqual(containers[1], podSpec.containers[0]);
  });

  it('merges what is keyed otherwise, and lists inside lists', () => {
    const {containers} = patchPod({
      containers: [{name: 'c1', ports: [{containerPort: 80, protocol: 'UDP'}, {containerPort: 81}], env: [{name: 'B', value: null}]}],
    }) as {containers: JsonObject[]};
    assert.deepEqual(containers[0]!.ports, [{containerPort: 80, name: 'http', protocol: 'UDP'}, {containerPort: 81}]);
    assert.deepEqual(containers[0]!.env, [{name: 'A', value: '1'}, {name: 'B'}]);
  });

  it('replaces lists without a key', () => {
    assert.deepEqual(patchPod({tolerations: [{key: 't2'}]}).tolerations, [{key: 't2'}]);
    const {containers} = patchPod({containers: [{name: 'c1', args: ['z']}]}) as {containers: JsonObject[]};
    assert.deepEqual(containers[0]!.args, ['z']);
  });

  it('deletes elements, lists and maps', () => {
    assert.deepEqual(
      names(
        patchPod({
          containers: [
            {name: 'c2', $patch: 'delete'},
            {name: 'nope', $patch: 'delete'},
          ],
        }).containers,
      ),
      ['c1'],
    );
    assert.equal(patchPod({volumes: null}).volumes, undefined);
    assert.deepEqual(applyStrategicPatch(deployment, {metadata: {labels: {$patch: 'delete'}}}, schema).metadata, {
      finalizers: ['e.com/a'],
      labels: {},
    });
    assert.deepEqual(applyStrategicPatch(deployment, {metadata: {annotations: {$patch: 'delete'}}}, schema).metadata, deployment.metadata);
  });

  it('replaces lists and maps on demand', () => {
    assert.deepEqual(patchPod({containers: [{name: 'z', image: 'z'}, {$patch: 'replace'}]}).containers, [{name: 'z', image: 'z'}]);
    assert.deepEqual(applyStrategicPatch(deployment, {metadata: {labels: {$patch: 'replace', z: '9'}}}, schema).metadata, {
      finalizers: ['e.com/a'],
      labels: {z: '9'},
    });
  });

  it('merges lists of scalars as sets and deletes from them', () => {
    const patch = (metadata: JsonObject): Json => (applyStrategicPatch(deployment, {metadata}, schema).metadata as JsonObject).finalizers!;
    assert.deepEqual(patch({finalizers: ['e.com/b']}), ['e.com/b', 'e.com/a']);
    assert.deepEqual(patch({finalizers: ['e.com/a']}), ['e.com/a']);
    assert.deepEqual(patch({'$deleteFromPrimitiveList/finalizers': ['e.com/a']}), []);
    assert.deepEqual(patch({finalizers: ['e.com/c'], '$setElementOrder/finalizers': ['e.com/c', 'e.com/a']}), ['e.com/c', 'e.com/a']);
  });

  it('orders as told', () => {
    const order = (...keys: string[]): Json[] => keys.map(name => ({name}));
    assert.deepEqual(names(patchPod({'$setElementOrder/containers': order('c2', 'c1')}).containers), ['c2', 'c1']);
    // An order that names nothing leaves new elements behind the old ones.
    assert.deepEqual(
      names(patchPod({containers: [{name: 'new'}, {name: 'c1'}], '$setElementOrder/containers': []}).containers).at(-1),
      'new',
    );
    const added = patchPod({containers: [{name: 'new'}], '$setElementOrder/containers': order('c1', 'new', 'c2')});
    assert.deepEqual(names(added.containers), ['c1', 'new', 'c2']);
    assert.throws(
      () => patchPod({containers: [{name: 'zz', image: 'n:1'}], '$setElementOrder/containers': order('c1')}),
      apiError(500, "The order in patch list:\n[map[image:n:1 name:zz]]\n doesn't match $setElementOrder list:\n[map[name:c1]]\n"),
    );
  });

  it('retains keys', () => {
    const patch = (strategy: JsonObject): Json =>
      (applyStrategicPatch(deployment, {spec: {strategy}}, schema).spec as JsonObject).strategy!;
    assert.deepEqual(patch({type: 'Recreate', $retainKeys: ['type']}), {type: 'Recreate'});
    const bad = apiError(400, 'invalid patch format of retainKeys');
    assert.throws(() => patch({type: 'Recreate', rollingUpdate: {}, $retainKeys: ['type']}), bad);
    assert.throws(() => patch({type: 'Recreate', $retainKeys: 'type'}), bad);
  });

  it('drops nulls of what was not there', () => {
    assert.deepEqual(patchPod({affinity: {nodeAffinity: null, podAffinity: {}}}).affinity, {podAffinity: {}});
  });

  it('says what does not fit', () => {
    assert.throws(
      () => patchPod({containers: [{$patch: 'delete'}]}),
      apiError(500, 'map: map[$patch:delete] does not contain declared merge key: name'),
    );
    assert.throws(
      () => patchPod({containers: [{image: 'x'}]}),
      apiError(500, 'map: map[image:x] does not contain declared merge key: name'),
    );
    assert.throws(
      () => applyStrategicPatch(deployment, {metadata: {labels: {$patch: 'bogus'}}}, schema),
      apiError(500, 'unknown patch type: bogus in map: map[$patch:bogus]'),
    );
    assert.throws(() => patchPod({containers: ['x']}), apiError(500, `list element types are not identical: [${PRINTED} [x]]`));
  });

  it('leaves its arguments alone', () => {
    const patch = {spec: {strategy: {$retainKeys: ['type'], type: 'Recreate'}, template: {spec: {containers: [{name: 'c1', env: null}]}}}};
    const before = JSON.stringify([deployment, patch]);
    applyStrategicPatch(deployment, patch, schema);
    assert.equal(JSON.stringify([deployment, patch]), before);
  });
});

const PRINTED =
  '[map[args:[p q] env:[map[name:A value:1] map[name:B value:2]] image:x:1 name:c1 ports:[map[containerPort:80 name:http]]] map[image:y:1 name:c2]]';
