import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {definition, INSTANCES, NO_RULES, WITH_RULES, widget} from '../definitions.ts';
import {ALONE, type Load, makeNamespaces, withServer} from '../harness.ts';
import {CUSTOM_OPERATIONS, type LoadRequest} from '../operations.ts';
import type {Report} from '../report.ts';
import {runOperation} from './requests.ts';
import {cpuSeconds, residentMegabytes, withProgram} from './start.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const post = (path: string, body: LoadRequest['body']): LoadRequest => ({method: 'POST', path, ...(body !== undefined && {body})});

/** Objects of custom resources with and without rules, and how soon a new definition can be used. */
export const measureCustomResources = (load: Load, report: Report): Promise<void> =>
  withServer(load, ALONE, async session => {
    await makeNamespaces(session);
    await session.send(post(DEFINITIONS, definition(WITH_RULES)), post(DEFINITIONS, definition(NO_RULES)));
    await session.run({job: 'until', conditions: [WITH_RULES, NO_RULES].map(name => ({path: INSTANCES(name), items: 0}))});
    for (const operation of CUSTOM_OPERATIONS) await runOperation(session, report, operation);
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const name = `late-${i}`;
      const first = post(INSTANCES(name), widget(name, 'first'));
      const {seconds, error} = await session.run({job: 'soon', first: post(DEFINITIONS, definition(name)), next: first});
      if (error) return report.note('CRD POST to first object', '', '', error);
      times.push(seconds * 1000);
    }
    times.sort((a, b) => a - b);
    const ours = `median ${times[10]!.toFixed(1)} ms, longest ${times[19]!.toFixed(1)} ms`;
    report.note('CRD POST to first object', ours, '≤ 20 ms');
  });

/** 500 definitions: how long they take, what they hold, and how a start finds them. */
export async function measureDefinitions(load: Load, report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kubedouble-bench-data-'));
  const flags = ['--data-dir', folder];
  const names = Array.from({length: 500}, (_, i) => `many-${i}`);
  try {
    await withProgram(load, flags, async (session, _sinceStart, server) => {
      const before = cpuSeconds(server);
      const made = await session.run({job: 'requests', requests: names.map(name => post(DEFINITIONS, definition(name)))});
      const done = await session.run({job: 'until', conditions: names.map(name => ({path: INSTANCES(name), items: 0}))});
      report.note(
        '500 CRDs installed',
        `${(made.seconds + done.seconds).toFixed(2)} s, ${(cpuSeconds(server) - before).toFixed(2)} s CPU`,
        '≤ 3 s',
        made.error ?? done.error,
      );
      report.note('memory with 500 CRDs', `${Math.round(residentMegabytes(server))} MB`, '≤ 250 MB');
    });
    await withProgram(load, flags, async (session, sinceStart, server) => {
      const {error} = await session.run({job: 'until', conditions: [{path: INSTANCES(names.at(-1)!), items: 0}]});
      report.note('start with 500 CRDs', `${sinceStart()} ms, ${cpuSeconds(server)} s CPU`, '≤ 1,000 ms', error);
    });
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
