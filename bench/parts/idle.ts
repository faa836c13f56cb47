import {setTimeout as sleep} from 'node:timers/promises';
import {type Load, makeNamespace, type Session, withCpu, withServer} from '../harness.ts';
import {deployment, NAMESPACE} from '../objects.ts';
import type {Report} from '../report.ts';

/** Long enough for every lease to be renewed once. */
const WINDOW = 20_000;
const MOST_WINDOWS = 10;

/** A cluster with 1,000 running pods of which nobody wants anything. */
export const measureIdle = (load: Load, report: Report): Promise<void> =>
  withServer(load, {nodes: 10}, async session => {
    await makeNamespace(session);
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
    await session.send({method: 'POST', path, body: deployment('large', 1_000, true)});
    const {error} = await session.run({job: 'until', conditions: [{path: `${path}/large`, status: {availableReplicas: 1_000}}]});
    report.note('idle cluster with 1,000 pods', await share(session), '≤ 2 % of one core', error);
  });

export const measureHeartbeats = (load: Load, report: Report): Promise<void> =>
  withServer(load, {nodes: 5_000}, async session => {
    const ready = {path: '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', items: 5_000};
    const {error} = await session.run({job: 'until', conditions: [ready]});
    report.note('leases and heartbeats of 5,000 nodes', await share(session), '≤ 10 % of one core', error);
  });

/** What the server takes of one core while nothing is asked of it; what a start leaves to do is over when it no longer gets less. */
async function share(session: Session): Promise<string> {
  let before = Number.POSITIVE_INFINITY;
  for (let window = 0; ; window++) {
    const {cpu} = await withCpu(session, () => sleep(WINDOW));
    if (cpu > 0.9 * before || window === MOST_WINDOWS) return `${((100 * cpu) / WINDOW).toFixed(1)} % of one core`;
    before = cpu;
  }
}
