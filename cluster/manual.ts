import {openFolder} from './folder.ts';
import {type ClusterOptions, completeOptions} from './options.ts';
import {type Cluster, composeCluster} from './start.ts';

/** A whole cluster whose time stands still until it is moved, with a way to move it. */
export interface ManualCluster extends Cluster {
  /** Moves time by so many milliseconds; after everything that falls due on the way the cluster comes to rest. */
  pass(delay: number): Promise<void>;
}

/** Starts one and waits until it has come to rest. */
export async function startManualCluster(options: ClusterOptions = {}): Promise<ManualCluster> {
  const settings = completeOptions(options);
  const cluster = await composeCluster({settings, folder: openFolder(settings.dataDir), ports: [0], manualClock: true});
  const rest = () => cluster.settled();
  await rest();
  return {...cluster, pass: delay => cluster.clock.advance(delay, rest)};
}
