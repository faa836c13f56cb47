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

/** An error that a part of the cluster forgot to handle is shown, and ends nothing but what it happened in. */
export function reportRejections(): void {
  process.on('unhandledRejection', error => {
    process.stderr.write(`kubedouble: unexpected error: ${error instanceof Error ? error.stack : String(error)}\n`);
  });
}

/** Stops the cluster, but waits no longer than PATIENCE. */
export const stopInTime = (cluster: Cluster): Promise<void> => atMost(PATIENCE, cluster.stop());

/** Waits until a new cluster has its nodes and accounts, so that the first command finds them; at most a second. */
export const whenReady = (cluster: Cluster): Promise<void> => atMost(1_000, cluster.settled());

async function atMost(limit: number, work: Promise<void>): Promise<void> {
  const late = new Promise<void>(resolve => createWallClock().after(limit, resolve));
  await Promise.race([work, late]);
}
