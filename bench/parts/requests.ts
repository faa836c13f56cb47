import {ALONE, type Load, makeNamespaces, type Session, withCpu, withServer} from '../harness.ts';
import type {Job} from '../load.ts';
import {pod, WARM_UP} from '../objects.ts';
import {BARE, type LoadRequest, OPERATIONS, type Operation} from '../operations.ts';
import type {Report} from '../report.ts';

/** What `node:https` alone costs on this machine, in this run. */
export const measureBare = (load: Load, report: Report): Promise<void> =>
  withServer(load, 'bare', async session => {
    for (const operation of BARE) await runOperation(session, report, operation);
  });

export const measureOperations = (load: Load, report: Report): Promise<void> =>
  withServer(load, ALONE, async session => {
    await makeNamespaces(session);
    for (const operation of OPERATIONS) await runOperation(session, report, operation);
  });

/** Warms up and measures one operation. */
export async function runOperation(session: Session, report: Report, {name, target}: Operation): Promise<void> {
  await session.run({job: 'warmUp', name});
  await measureJob(session, report, name, {job: 'operation', name}, target);
}

export async function measureJob(session: Session, report: Report, name: string, job: Job, target?: number): Promise<void> {
  const {cpu, result} = await withCpu(session, () => session.run(job));
  report.operation(name, cpu / result.count, result, target);
}

const FRESH = ['fresh-1', 'fresh-2', 'fresh-3', 'fresh-4', 'fresh-5'];

/** Lists whose items nobody has read as protobuf before: later ones send what is kept with the entries. */
export const measureFirstProtobuf = (load: Load, report: Report): Promise<void> =>
  withServer(load, ALONE, async session => {
    await makeNamespaces(session, [WARM_UP, ...FRESH]);
    const listOf = (namespace: string): LoadRequest => ({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/pods`,
      headers: {Accept: 'application/vnd.kubernetes.protobuf'},
    });
    for (const namespace of [WARM_UP, ...FRESH]) {
      const requests = Array.from(
        {length: 2_000},
        (_, i): LoadRequest => ({
          method: 'POST',
          path: `/api/v1/namespaces/${namespace}/pods`,
          body: pod(`pod-${i}`, undefined, namespace),
        }),
      );
      await session.run({job: 'requests', requests});
    }
    await session.send(listOf(WARM_UP));
    await measureJob(session, report, '2,000 pods as protobuf, first', {job: 'requests', requests: FRESH.map(listOf)}, 25);
  });
