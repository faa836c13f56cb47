import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ClusterClock} from '../../../cluster/clock.ts';
import {createClock} from '../../../cluster/clock.ts';

/** A folder of its own for `use`, removed afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'storage-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** A clock that stands still until it is moved. */
export function manualClock(): ClusterClock {
  return createClock({
    manual: true,
    start: Date.parse('2026-01-01T00:00:00Z'),
    wall: {now: () => 0, monotonic: () => 0, after: () => ({cancel() {}})},
  });
}
