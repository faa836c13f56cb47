import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {openLmdbStore} from '../../../server/storage/lmdb.ts';
import {manualClock, withFolder} from './temporary.ts';

const CHILD = fileURLToPath(new URL('kill-child.ts', import.meta.url));

interface Acknowledged {
  revision: number;
  value: string;
}

describe('A store whose process is killed', () => {
  for (const mode of ['throw-away', 'durable']) {
    it(`has every acknowledged write, and revisions rise, ten times (${mode})`, async function () {
      this.timeout(30_000);
      await withFolder(async path => {
        const acknowledged = new Map<string, Acknowledged>();
        let newest = 0;
        for (let round = 0; round < 10; round++) {
          const before = newest;
          for (const [key, {revision, value}] of await writeUntilKilled(path, mode, 100 + round * 37)) {
            assert.ok(revision > before, `revision ${revision} of ${key} is not new after ${before}`);
            acknowledged.set(key, {revision, value});
          }
          newest = await check(path, acknowledged);
        }
      });
    });
  }
});

describe('A store whose disk is full', () => {
  for (const mode of ['throw-away', 'durable']) {
    it(`stops, says why, and has every acknowledged write (${mode})`, () =>
      withFolder(async path => {
        const limited = ['-c', 'ulimit -f 300 && exec "$0" "$@"', process.execPath, '--import', 'tsx', CHILD, path, mode];
        const child = spawn('sh', limited, {stdio: ['ignore', 'pipe', 'pipe']});
        const exit = once(child, 'exit');
        const complaint = text(child.stderr);
        const told = await acknowledgements(child.stdout, () => {});
        assert.deepEqual(await exit, [1, null]);
        assert.match(await complaint, /Error: the store has stopped: (File too large|Input.output error)/);
        assert.doesNotMatch(await complaint, /Commit failed/);
        assert.ok(told.size > 10);
        await check(path, told);
      }));
  }
});

/** Runs a writer and kills it after it has told of `count` writes; returns the last acknowledged one of each key. */
async function writeUntilKilled(path: string, mode: string, count: number): Promise<Map<string, Acknowledged>> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, path, mode], {stdio: ['ignore', 'pipe', 'inherit']});
  const exit = once(child, 'exit');
  const told = await acknowledgements(child.stdout, lines => {
    if (lines === count) child.kill('SIGKILL');
  });
  assert.deepEqual(await exit, [null, 'SIGKILL']);
  return told;
}

/** What a writer has told, the last of each key. */
async function acknowledgements(output: Readable, onLine: (lines: number) => void): Promise<Map<string, Acknowledged>> {
  const told = new Map<string, Acknowledged>();
  let lines = 0;
  for await (const line of createInterface({input: output})) {
    const [, key, revision, value] = /^(\S+) (\d+) (.*)$/.exec(line) ?? [];
    // The last line may be cut.
    if (key === undefined) continue;
    told.set(key, {revision: Number(revision), value: value!});
    onLine(++lines);
  }
  return told;
}

/** Every key is as acknowledged, or as a later write that was not acknowledged any more has left it. Returns the newest revision. */
async function check(path: string, acknowledged: ReadonlyMap<string, Acknowledged>): Promise<number> {
  const store = await openLmdbStore({path, durable: false, clock: manualClock()});
  const rows = new Map<string, Acknowledged>();
  for await (const {key, revision, value} of store.load('/')) rows.set(key, {revision, value});
  const later = new Map(store.history(store.compacted, '/').map(event => [event.key, event.revision]));
  for (const [key, told] of acknowledged) {
    assert.ok(store.revision >= told.revision);
    const row = rows.get(key);
    const overwritten = (row?.revision ?? later.get(key) ?? store.compacted) > told.revision;
    if (!overwritten) assert.deepEqual(row ?? {...told, value: ''}, told, key);
  }
  for (const event of store.history(store.compacted, '/')) if (event.previous) assert.ok(event.previous.value.startsWith('{'));
  await store.close();
  return store.revision;
}
