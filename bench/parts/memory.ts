import type {ChildProcess} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {type Load, makeNamespaces} from '../harness.ts';
import type {Condition} from '../load.ts';
import {deployment} from '../objects.ts';
import {type LoadRequest, OPERATIONS} from '../operations.ts';
import type {Report} from '../report.ts';
import {cpuSeconds, residentMegabytes, withProgram} from './start.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
/** Seconds of rest after which what a rush left behind is gone: decoded objects are kept for half a minute. */
const REST = 60;

/** What 10,000 running pods on 100 nodes hold in memory, with everything on, when all has come to rest. */
export const measureMemory = (load: Load, report: Report): Promise<void> =>
  withProgram(load, ['--nodes', '100'], async (session, sinceStart, server) => {
    const names = Array.from({length: 20}, (_, i) => `large-${i}`);
    const body = (name: string) => ({...deployment(name, 500, true), metadata: {name}});
    await session.send(...names.map((name): LoadRequest => ({method: 'POST', path: DEPLOYMENTS, body: body(name)})));
    const conditions = names.map((name): Condition => ({path: `${DEPLOYMENTS}/${name}`, status: {availableReplicas: 500}}));
    let error: string | undefined;
    // One round waits for a minute at most, which is not enough on a busy machine.
    for (let round = 0; round < 5; round++) {
      ({error} = await session.run({job: 'until', conditions}));
      if (error === undefined) break;
    }
    const ready = `${(sinceStart() / 1000).toFixed(1)} s, ${cpuSeconds(server)} s CPU`;
    report.note('10,000 pods available', ready, '', error);
    report.note('memory with 10,000 pods', await settled(server), '≤ 350 MB');
  });

/** Whether many objects slow their successors down, and what each holds in memory. */
export const measureConfigMaps = (load: Load, report: Report): Promise<void> =>
  withProgram(load, ['--controllers', 'none', '--nodes', '0'], async (session, _sinceStart, server) => {
    await makeNamespaces(session);
    const before = residentMegabytes(server);
    const kilobytesEach = () => ((residentMegabytes(server) - before) * 1024) / 50_000;
    const rates: number[] = [];
    for (let from = 0; from < 50_000; from += 10_000) {
      const {count, seconds, error} = await session.run({job: 'operation', name: OPERATIONS[0]!.name, count: 10_000, from});
      if (error) return report.note('50,000 ConfigMaps', '', '', error);
      rates.push(Math.round(count / seconds));
    }
    const atOnce = kilobytesEach();
    await sleep(10_000);
    const each = `${kilobytesEach().toFixed(1)} KB each after 10 s of rest, ${atOnce.toFixed(1)} before`;
    report.note('50,000 ConfigMaps', `${rates.join(', ')}/s per 10,000; ${each}`, 'flat, ≤ 6 KB');
  });

async function settled(server: ChildProcess): Promise<string> {
  const before = residentMegabytes(server);
  await sleep(REST * 1000);
  return `${Math.round(residentMegabytes(server))} MB after ${REST} s of rest, ${Math.round(before)} MB before`;
}
