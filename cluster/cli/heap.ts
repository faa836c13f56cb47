import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {createWallClock} from '../clock.ts';

/** How often the heap is looked at, in ms. */
const PERIOD = 5_000;
/** The part of a core below which the process counts as quiet. */
const QUIET = 0.1;
const MEGABYTE = 1024 ** 2;
/** What a cluster without much in it takes. */
const SMALL = 64 * MEGABYTE;

/**
 * Keeps what a rush leaves behind from staying resident. V8 collects while it allocates, and moves little: as long as nothing happens,
 * garbage lies where it is, and what survives it lies scattered over pages that are mostly empty. So when the process has become quiet after
 * its heap has grown, everything is collected and moved together, which stops the process for about 3 ms per megabyte that lives.
 */
export function keepHeapCompact(): void {
  // Up to four times what lives by default.
  setFlagsFromString('--heap-growing-percent=100');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const clock = createWallClock();
  let compacted = SMALL;
  let before = process.cpuUsage();
  const look = (): void => {
    const {user, system} = process.cpuUsage(before);
    const busy = (user + system) / 1000 / PERIOD;
    if (isWorthCompacting({busy, total: process.memoryUsage().heapTotal, compacted})) {
      // First without moving anything: what is moved needs its new place in addition to the old one.
      collect();
      setFlagsFromString('--compact-on-every-full-gc');
      collect();
      setFlagsFromString('--no-compact-on-every-full-gc');
      compacted = Math.max(SMALL, process.memoryUsage().heapTotal);
    }
    before = process.cpuUsage();
    clock.after(PERIOD, look);
  };
  clock.after(PERIOD, look);
}

/** `busy` is in cores; `total` is the heap's size in bytes, `compacted` what it was after the last time. */
export function isWorthCompacting({busy, total, compacted}: {busy: number; total: number; compacted: number}): boolean {
  return busy < QUIET && total > compacted * 1.25 + SMALL;
}
