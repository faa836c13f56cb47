/*
 * Writes to the store in the given folder, eight writes in flight, until it is killed. Every acknowledged write is told on standard output
 * at once: `key revision value`, without value for a deletion.
 */
import {once} from 'node:events';
import {openLmdbStore} from '../../../server/storage/lmdb.ts';
import {manualClock} from './temporary.ts';

// A file that may not grow gives an error, not a signal.
process.on('SIGXFSZ', () => {});

const [, , path = '', durable] = process.argv;
const store = await openLmdbStore({path, durable: durable === 'durable', clock: manualClock(), limits: {count: 300}});
const revisions = new Map<string, number>();
process.stdout.setMaxListeners(20);
for await (const {key, revision} of store.load('/')) revisions.set(key, revision);

async function write(worker: number): Promise<void> {
  for (let turn = 0; ; turn++) {
    const key = `/worker-${worker}/${turn % 40}`;
    const expected = revisions.get(key) ?? 0;
    const value = expected > 0 && turn % 3 === 0 ? undefined : `{"turn":${turn},"pad":"${'x'.repeat(turn % 1500)}"}`;
    const revision = await store.commit({key, value, expected});
    if (!process.stdout.write(`${key} ${revision} ${value ?? ''}\n`)) await once(process.stdout, 'drain');
    if (value === undefined) revisions.delete(key);
    else revisions.set(key, revision);
  }
}

await Promise.all(Array.from({length: 8}, (_, worker) => write(worker)));
