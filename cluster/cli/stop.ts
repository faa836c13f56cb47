import {createWallClock} from '../clock.ts';
import type {Cluster} from '../start.ts';

/** How long a cluster may take to stop before the process ends without it, in ms. */
const PATIENCE = 1_500;

/** Resolves at the first signal to stop. Later ones change nothing: stopping keeps to a time limit anyway. */
export function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

/** Stops the cluster, but waits no longer than PATIENCE. */
export async function stopInTime(cluster: Cluster): Promise<void> {
  const limit = new Promise<void>(resolve => createWallClock().after(PATIENCE, resolve));
  await Promise.race([cluster.stop(), limit]);
}
