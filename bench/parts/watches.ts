import {ALONE, type Load, makeNamespaces, withServer} from '../harness.ts';
import {NAMESPACE} from '../objects.ts';
import type {Report} from '../report.ts';
import {measureJob} from './requests.ts';

/** Without the handshakes: they are the load of connecting, not of delivering. */
export const measureWatchers = (load: Load, report: Report): Promise<void> =>
  withServer(load, ALONE, async session => {
    await makeNamespaces(session);
    for (const watchers of [100, 500]) {
      await measureJob(
        session,
        report,
        `delivery to ${watchers} watchers`,
        {job: 'watchers', watchers, writes: 500, perSecond: 100},
        watchers === 500 ? 0.02 : undefined,
      );
      await session.send({method: 'DELETE', path: `/api/v1/namespaces/${NAMESPACE}/configmaps`});
    }
  });

export const measureIncrements = (load: Load, report: Report): Promise<void> =>
  withServer(load, ALONE, async session => {
    await makeNamespaces(session);
    await measureJob(session, report, 'increment, 16 writers', {job: 'increment', writers: 16, increments: 100});
  });
