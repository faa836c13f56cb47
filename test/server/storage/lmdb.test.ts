import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {open} from 'lmdb';
import type {HistoryLimits} from '../../../server/storage/changes.ts';
import {openLmdbStore} from '../../../server/storage/lmdb.ts';
import {encodeRow} from '../../../server/storage/rows.ts';
import type {Store} from '../../../server/storage/store.ts';
import {testStore} from './contract.ts';
import {manualClock, withFolder} from './temporary.ts';

for (const durable of [false, true]) {
  const folders = new Map<Store, string>();
  const openIn = async (path: string): Promise<Store> => {
    const store = await openLmdbStore({path, durable, clock: manualClock()});
    folders.set(store, path);
    return store;
  };
  after(() => {
    for (const folder of folders.values()) rmSync(folder, {recursive: true, force: true});
  });
  testStore(`lmdb, ${durable ? 'durable' : 'throw-away'},`, {
    open: () => openIn(mkdtempSync(join(tmpdir(), 'storage-'))),
    async reopen(store) {
      await store.close();
      return openIn(folders.get(store)!);
    },
  });
}

describe('The lmdb store', () => {
  const limited = (path: string, limits: Partial<HistoryLimits>, clock = manualClock()): Promise<Store> =>
    openLmdbStore({path, durable: false, clock, limits});
  const fill = async (store: Store, count: number, value = '{}'): Promise<void> => {
    for (let i = 0; i < count; i++) await store.commit({key: `/${store.revision}`, value, expected: 0});
  };

  it('keeps history for five minutes of cluster time', () =>
    withFolder(async path => {
      const clock = manualClock();
      const store = await openLmdbStore({path, durable: false, clock});
      await fill(store, 3);
      await clock.advance(200_000);
      await fill(store, 2);
      assert.equal(store.compacted, 1);
      await clock.advance(130_000);
      assert.equal(store.compacted, 4);
      await clock.advance(200_000);
      assert.equal(store.compacted, 6);
      await store.close();
    }));

  it('bounds history by count', () =>
    withFolder(async path => {
      const store = await limited(path, {count: 100});
      await fill(store, 500);
      assert.ok(store.revision - store.compacted <= 101, `${store.revision - store.compacted} events`);
      assert.ok(store.revision - store.compacted >= 90);
      await store.close();
    }));

  it('bounds history by bytes', () =>
    withFolder(async path => {
      const store = await limited(path, {bytes: 10_000});
      await fill(store, 50, JSON.stringify('x'.repeat(998)));
      const kept = store.history(store.compacted, '/').reduce((sum, event) => sum + event.value!.length, 0);
      assert.ok(kept > 8_000 && kept <= 11_000, `${kept} bytes`);
      await store.close();
    }));

  it('gives the room of forgotten values back', () =>
    withFolder(async path => {
      const store = await limited(path, {count: 50});
      const value = JSON.stringify('x'.repeat(5000));
      let revision = await store.commit({key: '/a', value, expected: 0});
      for (let i = 0; i < 2000; i++) revision = await store.commit({key: '/a', value, expected: revision});
      await store.close();
      assert.ok(statSync(join(path, 'store.mdb')).size < 3_000_000);
    }));

  it('belongs to one process at a time', () =>
    withFolder(async path => {
      const store = await limited(path, {});
      await assert.rejects(limited(path, {}), {message: `data folder ${path} is in use by process ${process.pid}`});
      await store.close();
      await (await limited(path, {})).close();
    }));

  it('takes over the lock of a process that is gone', () =>
    withFolder(async path => {
      const gone = execFileSync(process.execPath, ['-p', 'process.pid'], {encoding: 'utf8'}).trim();
      writeFileSync(join(path, 'lock'), `${gone} 1\n`);
      await (await limited(path, {})).close();
      // The same number, started at another time, is another process.
      writeFileSync(join(path, 'lock'), `${process.pid} 1\n`);
      await (await limited(path, {})).close();
    }));

  it('says what is wrong with a folder in one line', () =>
    withFolder(async path => {
      const file = join(path, 'file');
      writeFileSync(file, '');
      await assert.rejects(limited(join(file, 'below'), {}), {message: `data folder ${join(file, 'below')} is not a folder`});
      await assert.rejects(limited(file, {}), /^Error: data folder .*file is not a folder/);
      writeFileSync(join(path, 'store.mdb'), 'not a database'.repeat(1000));
      await assert.rejects(limited(path, {}), /^Error: the data in .* cannot be opened: [^\n]+$/);
    }));

  const ENCODED = {noSubdir: true, encoding: 'string', maxDbs: 3} as const;
  const load = async (store: Store) => {
    const values = [];
    for await (const {key, value} of store.load('/')) values.push([key, value]);
    return values;
  };
  const storedLength = async (path: string, revision: number): Promise<number> => {
    const raw = open(join(path, 'store.mdb'), ENCODED);
    const {length} = raw.openDB<Buffer, number>('rows', {encoding: 'binary'}).get(revision)!;
    await raw.close();
    return length;
  };

  it('compresses long rows against what objects have in common', () =>
    withFolder(async path => {
      const store = await limited(path, {});
      const value = await writePod(store, '/pod');
      await store.close();
      assert.ok((await storedLength(path, 2)) < value.length / 4);
      const again = await limited(path, {});
      assert.deepEqual(await load(again), [['/pod', value]]);
      await again.close();
    }));

  it('goes on with data that has no dictionary', () =>
    withFolder(async path => {
      const environment = open(join(path, 'store.mdb'), {...ENCODED, pageSize: 8192});
      const meta = environment.openDB<string, string>('meta', {encoding: 'string'});
      await Promise.all([meta.put('format', '1'), meta.put('compacted', '1')]);
      const rows = environment.openDB<string, number>('rows', {encoding: 'string'});
      await rows.put(2, encodeRow({key: '/old', previousRevision: 0, createRevision: 2, value: '{}'}));
      await environment.openDB<string, string>('keys', {encoding: 'string'}).put('/old', '2 2');
      await environment.close();
      const store = await limited(path, {});
      const value = await writePod(store, '/new');
      await store.close();
      const again = await limited(path, {});
      assert.deepEqual(await load(again), [
        ['/new', value],
        ['/old', '{}'],
      ]);
      await again.close();
      const raw = open(join(path, 'store.mdb'), ENCODED);
      assert.equal(raw.openDB<string, string>('meta', {encoding: 'string'}).get('format'), '2');
      await raw.close();
    }));

  async function writePod(store: Store, key: string): Promise<string> {
    const labels = Object.fromEntries(Array.from({length: 3}, (_, i) => [`label-${i}`, `ä ${i}`]));
    const condition = {type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-02-03T04:05:06Z'};
    const spec = {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
    };
    const value = JSON.stringify({kind: 'Pod', apiVersion: 'v1', metadata: {name: 'a', labels}, spec, status: Array(10).fill(condition)});
    await store.commit({key, value, expected: 0});
    return value;
  }

  it('leaves data of a newer format alone', () =>
    withFolder(async path => {
      await (await limited(path, {})).close();
      const environment = open(join(path, 'store.mdb'), {noSubdir: true, encoding: 'string', maxDbs: 3});
      const meta = environment.openDB<string, string>('meta', {encoding: 'string'});
      await meta.put('format', '4');
      await environment.close();
      await assert.rejects(limited(path, {}), {
        message: `the data in ${path} has format 4, this version reads up to 3: use a newer version`,
      });
    }));
});
