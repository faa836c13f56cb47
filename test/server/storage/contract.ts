import assert from 'node:assert/strict';
import type {Store, StoredRow, StoreEvent} from '../../../server/storage/store.ts';
import {CompactedError, RevisionMismatch} from '../../../server/storage/store.ts';

/** How a suite gets at the store it tests. */
export interface StoreUnderTest {
  /** A fresh, empty store. */
  open(): Promise<Store>;
  /** Closes the store and opens the same data again. */
  reopen(store: Store): Promise<Store>;
}

/** What every implementation of Store has to do (server/storage/store.ts). */
export function testStore(name: string, {open, reopen}: StoreUnderTest): void {
  describe(`${name} keeps the contract of a store`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const put = (key: string, value: string, expected = 0): Promise<number> => store.commit({key, value, expected});
    const remove = (key: string, expected: number): Promise<number> => store.commit({key, value: undefined, expected});

    it('starts empty at revision 1', async () => {
      assert.equal(store.revision, 1);
      assert.deepEqual(await all(store, '/'), []);
      assert.deepEqual(store.history(1, '/'), []);
    });

    it('gives every write the next revision', async () => {
      assert.deepEqual([await put('/a', '1'), await put('/b', '2'), await put('/a', '3', 2), await remove('/b', 3)], [2, 3, 4, 5]);
      assert.equal(store.revision, 5);
      assert.deepEqual(await all(store, '/'), [{key: '/a', value: '3', revision: 4, createRevision: 2}]);
    });

    it('loads what starts with the prefix, in key order', async () => {
      for (const key of ['/p/b', '/q/a', '/p/a/2', '/p/', '/p0', '/p/a/10', '/p/ü', '/p/z']) await put(key, '{}');
      const keys = (await all(store, '/p/')).map(row => row.key);
      assert.deepEqual(keys, ['/p/', '/p/a/10', '/p/a/2', '/p/b', '/p/z', '/p/ü']);
    });

    it('loads many rows', async () => {
      await Promise.all(Array.from({length: 1234}, (_, i) => put(`/m/${String(i).padStart(5, '0')}`, String(i))));
      assert.deepEqual(
        (await all(store, '/m/')).map(row => row.value),
        Array.from({length: 1234}, (_, i) => String(i)),
      );
    });

    it('refuses a write that expects another revision, and says which it is', async () => {
      await put('/a', '1');
      await assert.rejects(put('/a', '2'), mismatch('/a', 2));
      await assert.rejects(put('/a', '2', 7), mismatch('/a', 2));
      await assert.rejects(put('/b', '2', 2), mismatch('/b', 0));
      await assert.rejects(remove('/a', 1), mismatch('/a', 2));
      await assert.rejects(remove('/b', 0), mismatch('/b', 0));
      assert.equal(store.revision, 2);
    });

    it('lets one of many writers at once win, and stores what is beside them', async () => {
      await put('/counter', '0');
      const results = await Promise.allSettled([
        put('/counter', 'first', 2),
        put('/counter', 'second', 2),
        put('/other', 'x'),
        put('/counter', 'third', 2),
      ]);
      assert.deepEqual(
        results.map(result => result.status),
        ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
      );
      assert.deepEqual(
        (await all(store, '/')).map(row => [row.key, row.value, row.revision]),
        [
          ['/counter', 'first', 3],
          ['/other', 'x', 4],
        ],
      );
    });

    it('refuses only when the writer can read why', async () => {
      await put('/a', '0');
      let attempts = 0;
      const increment = async (): Promise<void> => {
        for (;;) {
          const row = (await all(store, '/a'))[0]!;
          attempts++;
          const done = await put('/a', String(Number(row.value) + 1), row.revision).then(
            () => true,
            () => false,
          );
          if (done) return;
        }
      };
      await Promise.all(Array.from({length: 16}, increment));
      assert.equal((await all(store, '/a'))[0]!.value, '16');
      assert.ok(attempts <= (16 * 17) / 2, `${attempts} attempts`);
    });

    it('tells the sinks before it answers, each event once and in order', async () => {
      const events: StoreEvent[] = [];
      const stop = store.watch(batch => events.push(...batch));
      const told = async (write: Promise<number>): Promise<boolean> => {
        const revision = await write;
        return events.some(event => event.revision === revision) && store.revision >= revision;
      };
      assert.deepEqual(await Promise.all([told(put('/a', '1')), told(put('/b', '2'))]), [true, true]);
      assert.ok(await told(put('/a', '3', 2)));
      assert.ok(await told(remove('/a', 4)));
      stop();
      await put('/c', '4');
      assert.deepEqual(events.map(plain), [
        {key: '/a', revision: 2, value: '1', previous: undefined, createRevision: 2},
        {key: '/b', revision: 3, value: '2', previous: undefined, createRevision: 3},
        {key: '/a', revision: 4, value: '3', previous: {revision: 2, value: '1'}, createRevision: 2},
        {key: '/a', revision: 5, value: undefined, previous: {revision: 4, value: '3'}, createRevision: 2},
      ]);
    });

    it('hands the note of a write to the sinks', async () => {
      const notes: unknown[] = [];
      store.watch(batch => notes.push(...batch.map(event => event.note)));
      const note = {mine: true};
      await store.commit({key: '/a', value: '{}', expected: 0, note});
      assert.equal(notes[0], note);
    });

    it('tells history after a revision, below a prefix', async () => {
      await put('/a/1', 'one');
      await put('/b/1', 'other');
      await put('/a/1', 'two', 2);
      await remove('/a/1', 4);
      await put('/a/1', 'three');
      assert.deepEqual(store.history(2, '/a/').map(plain), [
        {key: '/a/1', revision: 4, value: 'two', previous: {revision: 2, value: 'one'}, createRevision: 2},
        {key: '/a/1', revision: 5, value: undefined, previous: {revision: 4, value: 'two'}, createRevision: 2},
        {key: '/a/1', revision: 6, value: 'three', previous: undefined, createRevision: 6},
      ]);
      assert.deepEqual(store.history(6, '/'), []);
    });

    it('reads what was written with a revision: from the moment that the sinks are told of it until it is forgotten', async () => {
      const read: string[] = [];
      const stop = store.watch(events => read.push(...events.filter(event => !event.deleted).map(event => store.read(event.revision))));
      await put('/a', 'a1');
      await Promise.all([put('/a', 'a2', 2), put('/b', 'b1')]);
      await remove('/b', 4);
      stop();
      assert.deepEqual(read, ['a1', 'a2', 'b1']);
      assert.deepEqual([2, 3, 4].map(store.read), ['a1', 'a2', 'b1']);
      await store.compact(5);
      assert.equal(store.read(3), 'a2');
      for (const gone of [2, 4]) assert.throws(() => store.read(gone), CompactedError);
    });

    it('compacts history, but neither rows nor what later events superseded', async () => {
      await put('/a', 'a1');
      await put('/b', 'b1');
      await put('/b', 'b2', 3);
      await put('/gone', 'x');
      await remove('/gone', 5);
      await put('/a', 'a2', 2);
      await store.compact(6);
      assert.equal(store.compacted, 6);
      assert.throws(
        () => store.history(5, '/'),
        (error: unknown) => error instanceof CompactedError && error.compacted === 6,
      );
      assert.deepEqual(store.history(6, '/').map(plain), [
        {key: '/a', revision: 7, value: 'a2', previous: {revision: 2, value: 'a1'}, createRevision: 2},
      ]);
      await store.compact(7);
      assert.deepEqual(
        (await all(store, '/')).map(row => [row.key, row.value, row.revision, row.createRevision]),
        [
          ['/a', 'a2', 7, 2],
          ['/b', 'b2', 4, 3],
        ],
      );
    });

    it('never compacts back, nor beyond what there is', async () => {
      await put('/a', '1');
      await store.compact(100);
      assert.equal(store.compacted, 2);
      await store.compact(1);
      assert.equal(store.compacted, 2);
      assert.equal(await put('/b', '1'), 3);
    });

    it('says the same after a restart', async () => {
      await put('/a', 'a1');
      await put('/a', 'a2', 2);
      await put('/b', 'line\nfeed "quoted" ünïcödé 漢字 \u2028');
      await put('/line\nfeed 1 2', 'odd key');
      await put('/c', 'c');
      await remove('/c', 6);
      await store.compact(2);
      const before = {rows: await all(store, '/'), history: store.history(2, '/').map(plain)};
      store = await reopen(store);
      assert.deepEqual({rows: await all(store, '/'), history: store.history(2, '/').map(plain)}, before);
      assert.deepEqual([store.revision, store.compacted], [7, 2]);
      await assert.rejects(put('/a', 'x', 2), mismatch('/a', 3));
      assert.equal(await put('/a', 'a3', 3), 8);
    });

    it('does not go back over a restart, even when nothing is left of the newest revisions', async () => {
      await put('/a', '1');
      await remove('/a', 2);
      await store.compact(3);
      store = await reopen(store);
      assert.deepEqual([store.revision, store.compacted], [3, 3]);
      assert.deepEqual(await all(store, '/'), []);
      assert.equal(await put('/a', '1'), 4);
    });

    it('answers what was written before it is closed, and refuses what comes later', async () => {
      const last = put('/a', '1');
      const closed = store.close();
      assert.equal(await last, 2);
      await closed;
      await assert.rejects(put('/b', '1'), /closed/);
    });

    it('refuses a key that no store could hold without harm to the others', async () => {
      const results = await Promise.allSettled([put('/a', '1'), put(`/${'x'.repeat(5000)}`, '1'), put('/b', '1')]);
      assert.deepEqual(
        results.map(result => result.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
    });
  });
}

async function all(store: Store, prefix: string): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for await (const row of store.load(prefix)) rows.push({...row});
  return rows;
}

/** An event without its note, its values read. */
function plain({key, revision, deleted, value, previous, createRevision}: StoreEvent): Omit<StoreEvent, 'deleted' | 'note'> {
  assert.equal(deleted, value === undefined);
  return {key, revision, value, previous: previous && {revision: previous.revision, value: previous.value}, createRevision};
}

const mismatch = (key: string, actual: number) => (error: unknown) => {
  assert.ok(error instanceof RevisionMismatch, String(error));
  assert.deepEqual([error.key, error.actual], [key, actual]);
  return true;
};
