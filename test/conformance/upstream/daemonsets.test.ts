import assert from 'node:assert/strict';
import type {Pod} from '../../../server/api/kinds.generated.ts';
import {controllerRevisions, daemonSets, nodes, pods} from '../../../server/api/resource-types.generated.ts';
import {podSpec, template, useWorld} from '../../support/world.ts';

const LABELS = {'daemonset-name': 'daemon-set'};

describe('upstream: DaemonSets', () => {
  const world = useWorld({nodes: 3});
  const daemonSet = (spec: object = {}, pod = podSpec()) =>
    world.create(daemonSets, 'daemon-set', {
      metadata: {labels: LABELS},
      spec: {selector: {matchLabels: LABELS}, template: template(LABELS, pod), ...spec},
    });
  const hosts = async () => (await world.list(pods)).map(({spec}) => spec.nodeName).sort();
  const setImage = (image: string) =>
    world.strategic(daemonSets, 'daemon-set', {spec: {template: {spec: {containers: [{name: 'c', image}]}}}});
  const ALL = ['node-1', 'node-2', 'node-3'];

  it('run a pod on every node, and again after it was deleted', async () => {
    await daemonSet();
    await world.rest();
    assert.deepEqual(await hosts(), ALL);
    const [first] = await world.names(pods);
    await world.remove(pods, first!);
    await world.rest();
    assert.deepEqual(await hosts(), ALL);
  });

  it('follow the labels of nodes', async () => {
    await daemonSet({}, podSpec({}, {nodeSelector: {color: 'blue'}}));
    await world.rest();
    assert.deepEqual(await hosts(), []);
    const paint = (color: string | null) => world.merge(nodes, 'node-1', {metadata: {labels: {color}}});
    await paint('blue');
    await world.rest();
    assert.deepEqual(await hosts(), ['node-1']);
    assert.equal((await world.get(daemonSets, 'daemon-set')).status?.numberAvailable, 1);
    await paint('green');
    await world.rest();
    assert.deepEqual(await hosts(), []);
    await world.merge(daemonSets, 'daemon-set', {
      spec: {updateStrategy: {type: 'RollingUpdate'}, template: {spec: {nodeSelector: {color: 'green'}}}},
    });
    await world.rest();
    assert.deepEqual(await hosts(), ['node-1']);
    await paint(null);
    await world.rest();
  });

  it('make failed pods anew', async () => {
    await daemonSet();
    await world.rest();
    const [failing] = await world.list(pods);
    await world.change(pods, failing!.metadata.name!, ({status}) => Object.assign(status!, {phase: 'Failed'}), {subresource: 'status'});
    await world.cluster.pass(5000);
    assert.deepEqual(await hosts(), ALL);
    assert.ok(!(await world.names(pods)).includes(failing!.metadata.name!));
  });

  it('update their pods one after the other', async () => {
    await daemonSet({updateStrategy: {type: 'RollingUpdate'}});
    await world.rest();
    const hash = async () => {
      const latest = (await world.list(controllerRevisions)).sort((a, b) => b.revision - a.revision)[0]!;
      return latest.metadata.labels?.['controller-revision-hash'];
    };
    const before = await hash();
    await setImage('registry.example/agnhost:2');
    await world.rest();
    const after = await hash();
    assert.notEqual(after, before);
    const now = await world.list(pods);
    assert.deepEqual(
      now.map(({metadata, spec}) => [metadata.labels?.['controller-revision-hash'], spec.containers[0]!.image]),
      ALL.map(() => [after, 'registry.example/agnhost:2']),
    );
  });

  it('roll back without restarting what was not touched', async () => {
    await daemonSet({updateStrategy: {type: 'RollingUpdate'}});
    await world.rest();
    const before = await world.names(pods);
    const image = 'registry.example/foo:does-not-exist';
    await setImage(image);
    await world.rest();
    const broken = (await world.list(pods)).filter(({spec}) => spec.containers[0]!.image === image);
    assert.equal(broken.length, 1);
    const untouched = before.filter(name => !broken.some(({metadata}) => metadata.name === name));
    await setImage('registry.example/pause:1');
    await world.rest();
    const after = await world.names(pods);
    assert.deepEqual(await hosts(), ALL);
    assert.equal(untouched.filter(name => after.includes(name)).length, 2);
  });

  it('are listed and deleted as a collection', async () => {
    await daemonSet();
    await world.rest();
    const selector = 'daemonset-name=daemon-set';
    assert.equal((await world.list(daemonSets, selector)).length, 1);
    await world.client.deleteCollection(daemonSets, {namespace: world.namespace, labelSelector: selector});
    await world.rest();
    assert.deepEqual([await world.names(daemonSets), await world.names(pods)], [[], []]);
  });

  it('show what is written to their status', async () => {
    await daemonSet();
    await world.rest();
    const tell = (event: string, {status}: {status?: {conditions?: {type: string}[]}}) =>
      `${event} ${status?.conditions?.map(({type}) => type)}`;
    const updated = await world.watch(
      daemonSets,
      () =>
        world.change(
          daemonSets,
          'daemon-set',
          ({status}) => Object.assign(status!, {conditions: [{type: 'StatusUpdate', status: 'True'}]}),
          {subresource: 'status'},
        ),
      tell,
    );
    assert.deepEqual(updated, ['MODIFIED StatusUpdate']);
    const patched = await world.watch(
      daemonSets,
      () =>
        world.merge(daemonSets, 'daemon-set', {status: {conditions: [{type: 'StatusPatched', status: 'True'}]}}, {subresource: 'status'}),
      tell,
    );
    assert.deepEqual(patched, ['MODIFIED StatusPatched']);
  });

  it('keep ControllerRevisions that can be read, patched, made, replaced and deleted', async () => {
    await daemonSet();
    await world.rest();
    const [initial] = await world.list(controllerRevisions, 'daemonset-name=daemon-set');
    assert.equal(initial!.revision, 1);
    const name = initial!.metadata.name!;
    const read = await world.get(controllerRevisions, name);
    const patched = await world.strategic(controllerRevisions, name, {metadata: {labels: {[name]: 'patched'}}});
    assert.equal(patched.metadata.labels?.[name], 'patched');
    const second = {metadata: {labels: LABELS, ownerReferences: read.metadata.ownerReferences}, data: read.data, revision: 2};
    await world.create(controllerRevisions, `${name}-2`, second);
    assert.equal((await world.list(controllerRevisions)).length, 2);
    await world.remove(controllerRevisions, name);
    await world.rest();
    // The second says the same: the pods need no other.
    assert.deepEqual(await world.names(controllerRevisions), [`${name}-2`]);
    const updated = await world.change(controllerRevisions, `${name}-2`, ({metadata}) =>
      Object.assign(metadata, {labels: {...metadata.labels, [`${name}-2`]: 'updated'}}),
    );
    assert.equal(updated.metadata.labels?.[`${name}-2`], 'updated');
    await world.strategic(daemonSets, 'daemon-set', {spec: {template: {spec: {terminationGracePeriodSeconds: 1}}}});
    await world.rest();
    assert.equal((await world.list(controllerRevisions)).length, 2);
    await world.client.deleteCollection(controllerRevisions, {namespace: world.namespace, labelSelector: `${name}-2=updated`});
    await world.rest();
    assert.deepEqual(
      (await world.list(controllerRevisions)).map(({revision}) => revision),
      [3],
    );
    const owned = (pod: Pod) => pod.metadata.ownerReferences?.[0]?.name === 'daemon-set';
    assert.ok((await world.list(pods)).every(owned));
  });
});
