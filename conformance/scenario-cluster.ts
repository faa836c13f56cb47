import {setTimeout as sleep} from 'node:timers/promises';
import {startManualCluster} from '../cluster/manual.ts';
import type {Target} from './client.ts';
import type {ScenarioTime} from './scenario-actions.ts';

/** Of a cluster elsewhere: one waits. */
export const realTime: ScenarioTime = {now: () => Date.now(), pass: delay => sleep(delay)};

/** For what the server has sent to come in over its sockets, in ms. */
const DELIVERY = 3;

/** A cluster in this process whose time is moved instead of waited for. */
export async function startScenarioCluster(): Promise<{target: Target; time: ScenarioTime; stop(): Promise<void>}> {
  const token = 'conformance';
  const cluster = await startManualCluster({token, nodes: 0});
  const time: ScenarioTime = {
    now: () => cluster.clock.now(),
    async pass(delay) {
      await cluster.settled();
      await cluster.pass(delay);
      await sleep(DELIVERY);
    },
  };
  return {target: {url: cluster.url, token}, time, stop: () => cluster.stop()};
}
