import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {ClusterClock} from '../../../cluster/clock.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {openLmdbStore} from '../../../server/storage/lmdb.ts';
import type {Storages} from '../../../server/storage/storages.ts';
import {createStorages} from '../../../server/storage/storages.ts';
import type {Store} from '../../../server/storage/store.ts';
import {CompactedError, RevisionMismatch} from '../../../server/storage/store.ts';
import type {CacheEvent, Entry, ResourceStorage, Snapshot, StorageConfig} from '../../../server/storage/types.ts';
import {manualClock, withFolder} from './temporary.ts';

type PodLike = KubeObject & {spec?: {nodeName?: string}};

const PODS: StorageConfig = {
  prefix: '/registry/pods/',
  namespaced: true,
  fields: object => ({'spec.nodeName': (object as PodLike).spec?.nodeName ?? ''}),
  indexedField: 'spec.nodeName',
};
const NODES: StorageConfig = {prefix: '/registry/minions/', namespaced: false, fields: () => ({})};

const pod = (name: string, nodeName = '', labels?: {[key: string]: string}): PodLike => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {name, namespace: 'default', uid: `uid-${name}`, ...(labels && {labels})},
  spec: {nodeName},
});

interface Bench {
  clock: ClusterClock;
  store: Store;
  storages: Storages;
  pods: ResourceStorage;
  /** Closes all and opens the same data again. */
  restart(): Promise<void>;
}

const withStorages = (use: (bench: Bench) => Promise<void>, memoBytes?: number): Promise<void> =>
  withFolder(async path => {
    const open = async () => {
      const clock = manualClock();
      bench.clock = clock;
      bench.store = await openLmdbStore({path, durable: false, clock});
      bench.storages = createStorages({store: bench.store, clock, memoBytes});
      bench.pods = await bench.storages.open(PODS);
    };
    const bench = {
      restart: async () => {
        await bench.storages.close();
        await bench.store.close();
        await open();
      },
    } as Bench;
    await open();
    await use(bench);
    await bench.storages.close();
    await bench.store.close();
  });

const keys = (entries: Iterable<Entry>): string[] => [...entries].map(entry => entry.key);
const tell = ({type, revision, entry, previous}: CacheEvent) => [type, revision, entry.key, previous?.revision];

describe('A storage', () => {
  it('answers a write with the entry: object, bytes, labels and fields', () =>
    withStorages(async ({pods, storages}) => {
      const entry = await pods.write('default/a', pod('a', 'node-1', {app: 'web'}), 0);
      assert.equal(
        entry.bytes.toString(),
        '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"default","uid":"uid-a","resourceVersion":"2","labels":{"app":"web"}},"spec":{"nodeName":"node-1"}}',
      );
      assert.equal(JSON.stringify(entry.object), entry.bytes.toString());
      assert.deepEqual([entry.key, entry.namespace, entry.name, entry.revision], ['default/a', 'default', 'a', 2]);
      assert.deepEqual([entry.labels, entry.fields], [{app: 'web'}, {'spec.nodeName': 'node-1'}]);
      assert.equal(pods.get('default/a'), entry);
      assert.equal(storages.revision, 2);
    }));

  it('freezes what it keeps', () =>
    withStorages(async ({pods}) => {
      const {object} = await pods.write('default/a', pod('a'), 0);
      for (const part of [object, object.metadata, (object as PodLike).spec]) assert.ok(Object.isFrozen(part));
    }));

  it('stores text without resourceVersion, and takes no notice of the one it is handed', () =>
    withStorages(async ({pods, store}) => {
      const first = await pods.write('default/a', pod('a'), 0);
      const second = await pods.write('default/a', first.object, 2);
      assert.equal(second.object.metadata.resourceVersion, '3');
      for (const event of store.history(1, '/')) assert.ok(!event.value!.includes('resourceVersion'));
    }));

  it('stamps the version of objects whose fields come in another order, or whose metadata is empty', () =>
    withStorages(async ({pods}) => {
      const sorted: KubeObject = {
        apiVersion: 'example.com/v1',
        data: {metadata: {resourceVersion: 'mine'}},
        kind: 'Widget',
        metadata: {labels: {resourceVersion: 'x'}, name: 'w'},
      };
      for (const [key, object] of Object.entries({w: sorted, bare: {kind: 'Bare', metadata: {}} as KubeObject})) {
        const entry = await pods.write(key, object, 0);
        const expected = {...object, metadata: {...object.metadata, resourceVersion: String(entry.revision)}};
        assert.deepEqual(JSON.parse(entry.bytes.toString()), expected);
        assert.deepEqual(entry.object, expected);
        const later = entry.at(77);
        assert.deepEqual(JSON.parse(later.bytes.toString()), {...expected, metadata: {...expected.metadata, resourceVersion: '77'}});
      }
    }));

  it('refuses what somebody else has written first', () =>
    withStorages(async ({pods}) => {
      await pods.write('default/a', pod('a'), 0);
      await assert.rejects(pods.write('default/a', pod('a'), 0), RevisionMismatch);
      await assert.rejects(pods.remove('default/a', 1), RevisionMismatch);
    }));

  it('answers a removal with the last state under the revision of the deletion', () =>
    withStorages(async ({pods}) => {
      await pods.write('default/a', pod('a', 'node-1', {app: 'web'}), 0);
      const gone = await pods.remove('default/a', 2);
      assert.equal(gone.object.metadata.resourceVersion, '3');
      assert.match(gone.bytes.toString(), /"resourceVersion":"3"/);
      assert.deepEqual([gone.labels, gone.fields], [{app: 'web'}, {'spec.nodeName': 'node-1'}]);
      assert.equal(pods.get('default/a'), undefined);
    }));

  it('takes a snapshot that stays as it is', () =>
    withStorages(async ({pods}) => {
      await pods.write('default/b', pod('b', 'node-1'), 0);
      await pods.write('default/a', pod('a', 'node-2'), 0);
      const before = pods.snapshot();
      await pods.write('default/b', pod('b', 'node-2'), 2);
      await pods.remove('default/a', 3);
      assert.deepEqual([before.revision, before.size, keys(before.range())], [3, 2, ['default/a', 'default/b']]);
      assert.deepEqual([keys(before.indexed('node-1')), keys(before.indexed('node-2'))], [['default/b'], ['default/a']]);
      const now = pods.snapshot();
      assert.deepEqual(
        [now.revision, keys(now.range()), keys(now.indexed('node-1')), keys(now.indexed('node-2'))],
        [5, ['default/b'], [], ['default/b']],
      );
    }));

  it('ranges over a namespace, and from a start', () =>
    withStorages(async ({pods}) => {
      for (const key of ['a/1', 'a/2', 'a/3', 'aa/1', 'b/1']) await pods.write(key, pod('x'), 0);
      const snapshot = pods.snapshot();
      assert.deepEqual(keys(snapshot.range({prefix: 'a/'})), ['a/1', 'a/2', 'a/3']);
      assert.deepEqual(keys(snapshot.range({prefix: 'a/', start: 'a/1\u0000'})), ['a/2', 'a/3']);
      assert.deepEqual(keys(snapshot.range({start: 'a/3'})), ['a/3', 'aa/1', 'b/1']);
    }));

  it('has the revision of the whole store', () =>
    withStorages(async ({pods, storages}) => {
      const nodes = await storages.open(NODES);
      await nodes.write('node-1', {kind: 'Node', metadata: {name: 'node-1'}}, 0);
      assert.deepEqual([pods.revision, nodes.revision, storages.revision, pods.snapshot().revision], [2, 2, 2, 2]);
      assert.deepEqual([nodes.get('node-1')!.namespace, nodes.get('node-1')!.name], ['', 'node-1']);
      assert.equal(await storages.open({...NODES}), nodes);
    }));

  it('is the same after a restart, history included', () =>
    withStorages(async bench => {
      await bench.pods.write('default/a', pod('a', 'node-1'), 0);
      await bench.pods.write('default/a', pod('a', 'node-2'), 2);
      await bench.pods.write('default/b', pod('b'), 0);
      await bench.pods.remove('default/b', 4);
      const shown = ({pods}: Bench) => ({
        events: pods
          .cursor(1)
          .next(99)
          .map(event => [...tell(event), event.entry.bytes.toString()]),
        list: [...pods.snapshot().range()].map(entry => entry.bytes.toString()),
        past: keys(pods.snapshotAt(2).indexed('node-1')),
      });
      const before = shown(bench);
      await bench.restart();
      assert.deepEqual(shown(bench), before);
    }));

  it('forgets what it decoded when the budget is used up, and decodes again', () =>
    withStorages(async ({pods}) => {
      const entries = [];
      for (let i = 0; i < 50; i++) entries.push(await pods.write(`default/${i}`, pod(String(i)), 0));
      const first = entries[0]!;
      assert.equal(first.object.metadata.name, '0');
      assert.equal(first.object.metadata.resourceVersion, '2');
      let made = 0;
      const memo = () => first.memo('table', () => Buffer.from(String(++made)));
      assert.equal(memo(), memo());
      for (const entry of entries.slice(1)) void entry.object;
      for (const entry of entries.slice(1)) entry.memo('x', () => Buffer.alloc(3000));
      memo();
      assert.equal(made, 2);
    }, 10_000));

  it('answers a write that is under way when it is closed', () =>
    withStorages(async bench => {
      const written = bench.pods.write('default/a', pod('a'), 0);
      await bench.storages.close();
      assert.equal((await written).key, 'default/a');
    }));

  it('forgets what nobody has used for a while', () =>
    withStorages(async ({pods, clock}) => {
      const entry = await pods.write('default/a', pod('a'), 0);
      const {object} = entry;
      await clock.advance(30_000);
      assert.equal(entry.object, object);
      await clock.advance(60_000);
      assert.notEqual(entry.object, object);
      assert.deepEqual(entry.object, object);
    }));

  it('reads texts from the store again, and keeps those that the store is about to forget', () =>
    withStorages(async bench => {
      const {pods} = bench;
      const shown = (entries: readonly Entry[]) => entries.map(entry => [entry.bytes.toString(), entry.object.spec]);
      const first = await pods.write('default/a', pod('a', 'node-1'), 0);
      const second = await pods.write('default/a', pod('a', 'node-2'), first.revision);
      const gone = await pods.remove('default/a', second.revision);
      const before = shown([first, second, gone]);
      const forget = async () => {
        for (let i = 0; i < 50; i++) void (await pods.write(`other/${bench.store.revision}`, pod('other'), 0)).object;
      };
      await forget();
      assert.deepEqual(shown([first, second, gone]), before);
      await bench.store.compact(bench.store.revision);
      await forget();
      assert.deepEqual(shown([first, second, gone]), before);
      assert.deepEqual(shown([gone.at(gone.revision + 1)])[0]![1], {nodeName: 'node-2'});
      assert.throws(() => bench.store.read(first.revision), CompactedError);
    }, 10_000));
});

describe('A cursor', () => {
  it('reads on from a revision, a few events at a time', () =>
    withStorages(async ({pods}) => {
      for (const name of ['a', 'b', 'c']) await pods.write(`default/${name}`, pod(name), 0);
      const cursor = pods.cursor(2);
      assert.deepEqual(cursor.next(1).map(tell), [['ADDED', 3, 'default/b', undefined]]);
      assert.equal(cursor.position, 3);
      assert.deepEqual(cursor.next(9).map(tell), [['ADDED', 4, 'default/c', undefined]]);
      assert.deepEqual(cursor.next(9), []);
      await pods.remove('default/a', 2);
      assert.deepEqual(cursor.next(9).map(tell), [['DELETED', 5, 'default/a', 2]]);
    }));

  it('is woken once for what is written in one turn, and only for its scope', () =>
    withStorages(async ({pods}) => {
      const woken: string[] = [];
      const scopes = {
        all: {},
        other: {namespace: 'other'},
        web: {name: 'web'},
        both: {namespace: 'default', name: 'web'},
        node: {indexed: 'node-1'},
      };
      for (const [name, scope] of Object.entries(scopes)) pods.cursor(1, scope).onReady(() => woken.push(name));
      await Promise.all([pods.write('default/a', pod('a'), 0), pods.write('default/b', pod('b'), 0)]);
      assert.deepEqual(woken.splice(0), ['all']);
      await pods.write('default/web', pod('web'), 0);
      assert.deepEqual(woken.splice(0).sort(), ['all', 'both', 'web']);
      await pods.write('other/web', pod('web'), 0);
      assert.deepEqual(woken.splice(0).sort(), ['all', 'other', 'web']);
      await pods.write('default/a', pod('a', 'node-1'), 2);
      await pods.write('default/a', pod('a', 'node-2'), 6);
      await pods.write('default/a', pod('a', 'node-3'), 7);
      assert.deepEqual(woken.splice(0), ['all', 'node', 'all', 'node', 'all']);
    }));

  it('moves on past events that are none of its business', () =>
    withStorages(async ({pods, store}) => {
      const cursor = pods.cursor(1, {indexed: 'node-1'});
      for (let i = 0; i < 5; i++) await pods.write(`default/${i}`, pod(String(i), 'node-2'), 0);
      assert.deepEqual([cursor.position, cursor.next(9)], [6, []]);
      await store.compact(6);
      await pods.write('default/mine', pod('mine', 'node-1'), 0);
      assert.equal(cursor.position, 1);
      assert.deepEqual(cursor.next(9).map(tell), [['ADDED', 7, 'default/mine', undefined]]);
    }));

  it('expires when it falls behind', () =>
    withStorages(async ({pods, store}) => {
      const slow = pods.cursor(1);
      const narrow = pods.cursor(1, {name: 'a'});
      await pods.write('default/a', pod('a'), 0);
      await pods.write('default/b', pod('b'), 0);
      await store.compact(2);
      for (const cursor of [slow, narrow]) assert.throws(() => cursor.next(9), CompactedError);
      assert.throws(() => pods.cursor(1), CompactedError);
      assert.throws(() => pods.snapshotAt(1), CompactedError);
      assert.deepEqual(pods.cursor(2).next(9).map(tell), [['ADDED', 3, 'default/b', undefined]]);
      assert.equal(pods.oldest, 2);
    }));

  it('is told nothing after it is closed', () =>
    withStorages(async ({pods}) => {
      const cursor = pods.cursor(1);
      cursor.onReady(() => assert.fail('woken'));
      cursor.close();
      await pods.write('default/a', pod('a'), 0);
      assert.equal(pods.get('default/a')?.name, 'a');
    }));
});

describe('Whatever is written to a storage', () => {
  const step = fc.record({
    key: fc.constantFrom('a/1', 'a/2', 'b/1', 'b/2', 'c/1'),
    node: fc.constantFrom('', 'n1', 'n2'),
    remove: fc.boolean(),
    pause: fc.boolean(),
    look: fc.boolean(),
  });
  const state = (snapshot: Snapshot) => [...snapshot.range()].map(entry => entry.bytes.toString());

  it('a list at a revision equals the log up to it, and a watch from there leads to the final list', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(step, {minLength: 1, maxLength: 30}),
        fc.constantFrom({}, {indexed: 'n1'}, {namespace: 'a'}),
        (steps, scope) =>
          withStorages(async bench => {
            const pending: Promise<unknown>[] = [];
            for (const {key, node, remove, pause, look} of steps) {
              const revision = bench.pods.get(key)?.revision ?? 0;
              const written = remove ? bench.pods.remove(key, revision) : bench.pods.write(key, pod(key, node), revision);
              pending.push(written.catch(error => assert.ok(error instanceof RevisionMismatch)));
              if (pause) await Promise.all(pending);
              if (look) bench.pods.snapshotAt(Math.max(1, bench.pods.revision - 2));
            }
            await Promise.all(pending);
            checkHistory(bench.pods, scope);
            await bench.restart();
            checkHistory(bench.pods, scope);
          }),
      ),
      {numRuns: 60},
    ));

  function checkHistory(pods: ResourceStorage, scope: {namespace?: string; indexed?: string}): void {
    const selected = (entry: Entry) =>
      (scope.namespace ?? entry.namespace) === entry.namespace &&
      (scope.indexed ?? entry.fields['spec.nodeName']) === entry.fields['spec.nodeName'];
    const log = pods.cursor(1).next(1000);
    for (let revision = 1; revision <= pods.revision; revision++) {
      const past = pods.snapshotAt(revision);
      assert.equal(past.revision, revision);
      const replayed = new Map<string, Entry>();
      for (const event of log.filter(event => event.revision <= revision)) {
        if (event.type === 'DELETED') replayed.delete(event.entry.key);
        else replayed.set(event.entry.key, event.entry);
      }
      const expected = [...replayed.keys()].sort().map(key => replayed.get(key)!);
      assert.deepEqual(
        state(past),
        expected.map(entry => entry.bytes.toString()),
      );
      const onNode = expected.filter(entry => entry.fields['spec.nodeName'] === 'n1').map(entry => entry.key);
      assert.deepEqual(keys(past.indexed('n1')), onNode);

      const watched = new Map([...past.range()].filter(selected).map(entry => [entry.key, entry]));
      for (const event of pods.cursor(revision, scope).next(1000)) {
        if (event.type === 'DELETED' || !selected(event.entry)) watched.delete(event.entry.key);
        else watched.set(event.entry.key, event.entry);
      }
      assert.deepEqual(
        [...watched.keys()].sort().map(key => watched.get(key)!.bytes.toString()),
        [...pods.snapshot().range()].filter(selected).map(entry => entry.bytes.toString()),
      );
    }
  }
});
