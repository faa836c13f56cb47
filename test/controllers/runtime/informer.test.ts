import assert from 'node:assert/strict';
import {createClock, createWallClock} from '../../../cluster/clock.ts';
import {createInformer} from '../../../controllers/runtime/informer.ts';
import {configMaps} from '../../../server/api/resource-types.generated.ts';
import {expired, internalError} from '../../../server/api/status.ts';
import {createFakeApi, turns} from '../fake-api.ts';

const configMap = (name: string, data = {}) => ({metadata: {name, namespace: 'n', labels: {app: name[0]!}}, data});

function start() {
  const api = createFakeApi();
  const clock = createClock({wall: createWallClock(), manual: true, start: 0});
  const seen: string[] = [];
  const informer = createInformer(api.client, clock, configMaps);
  informer.addHandler({
    added: object => void seen.push(`+${object.metadata.name}`),
    updated: object => void seen.push(`~${object.metadata.name}`),
    deleted: object => void seen.push(`-${object.metadata.name}`),
  });
  return {api, clock, informer, seen};
}

describe('informer', () => {
  it('lists, then follows', async () => {
    const {api, informer, seen} = start();
    await api.client.create(configMaps, configMap('a1'));
    await informer.whenSynced();
    await api.client.create(configMaps, configMap('b1'));
    await api.client.update(configMaps, configMap('a1', {x: '1'}));
    await api.client.delete(configMaps, {namespace: 'n', name: 'b1'});
    assert.deepEqual(seen, ['+a1', '+b1', '~a1', '-b1']);
    assert.deepEqual(informer.get('n/a1')?.data, {x: '1'});
    assert.equal(informer.get('n/b1'), undefined);
  });

  it('gives frozen objects', async () => {
    const {api, informer} = start();
    await informer.whenSynced();
    await api.client.create(configMaps, configMap('a1', {x: '1'}));
    assert.throws(() => {
      informer.get('n/a1')!.data!.x = '2';
    }, TypeError);
  });

  it('keeps indexes through updates', async () => {
    const {api, informer} = start();
    informer.addIndex('app', ({metadata}) => [metadata.labels!.app!]);
    await informer.whenSynced();
    for (const name of ['a1', 'a2', 'b1']) await api.client.create(configMaps, configMap(name));
    const moved = configMap('a1');
    await api.client.update(configMaps, {...moved, metadata: {...moved.metadata, labels: {app: 'b'}}});
    const names = (value: string) => informer.by('app', value).map(({metadata}) => metadata.name);
    assert.deepEqual(names('a'), ['a2']);
    assert.deepEqual(names('b').sort(), ['a1', 'b1']);
    assert.equal(informer.list('n').length, 3);
  });

  it('lists again after 410 and tells only what changed', async () => {
    const {api, informer, seen} = start();
    for (const name of ['a1', 'a2', 'a3']) await api.client.create(configMaps, configMap(name));
    await informer.whenSynced();
    seen.length = 0;
    api.endWatches();
    await turns();
    assert.equal(api.calls.filter(({verb}) => verb === 'list').length, 1, 'a regular end needs no list');
    api.endWatches(expired('too old resource version: 1 (2)'));
    assert.equal(informer.idle(), false);
    await api.client.delete(configMaps, {namespace: 'n', name: 'a2'});
    await api.client.update(configMaps, configMap('a3', {x: '1'}));
    await turns();
    assert.deepEqual(seen, ['-a2', '~a3']);
    assert.equal(informer.idle(), true);
    assert.equal(api.watching('configmaps'), 1);
  });

  it('waits before it lists again after a failure', async () => {
    const {api, clock, informer} = start();
    await informer.whenSynced();
    await turns();
    api.endWatches(internalError('broken'));
    await turns();
    assert.equal(api.watching('configmaps'), 0);
    await clock.advance(800);
    await turns();
    assert.equal(api.watching('configmaps'), 1);
    api.failNextList(internalError('broken'));
    api.endWatches(expired('too old'));
    await turns();
    assert.equal(informer.idle(), false);
    await clock.advance(30_000);
    await turns();
    assert.equal(informer.idle(), true);
  });

  it('stops', async () => {
    const {api, informer} = start();
    await informer.whenSynced();
    informer.stop();
    assert.equal(api.watching('configmaps'), 0);
    assert.equal(informer.idle(), true);
  });
});
