/** `npm run bench`: what an operation costs the server, beside the real one's figures and beside bare `node:https`. */
import {parseArgs} from 'node:util';
import {type Load, startLoad} from './harness.ts';
import {measureCalls} from './parts/calls.ts';
import {measureCustomResources, measureDefinitions} from './parts/custom-resources.ts';
import {measureEventLoop} from './parts/event-loop.ts';
import {measureHeartbeats, measureIdle} from './parts/idle.ts';
import {measureConfigMaps, measureMemory} from './parts/memory.ts';
import {measureBare, measureFirstProtobuf, measureOperations} from './parts/requests.ts';
import {measureStart} from './parts/start.ts';
import {measureIncrements, measureWatchers} from './parts/watches.ts';
import {measureDeployments, measureManyDeployments, measureNamespace, measureScheduler} from './parts/workloads.ts';
import {createReport, type Report} from './report.ts';

const PARTS: {readonly [name: string]: (load: Load, report: Report) => Promise<void>} = {
  bare: measureBare,
  operations: measureOperations,
  protobuf: measureFirstProtobuf,
  customResources: measureCustomResources,
  calls: measureCalls,
  watchers: measureWatchers,
  increment: measureIncrements,
  eventLoop: measureEventLoop,
  deployment: measureDeployments,
  deployments: measureManyDeployments,
  namespace: measureNamespace,
  scheduler: measureScheduler,
  idle: measureIdle,
  heartbeats: measureHeartbeats,
  memory: measureMemory,
  start: measureStart,
  definitions: measureDefinitions,
  configMaps: measureConfigMaps,
};

const {values: flags} = parseArgs({options: {only: {type: 'string'}}});
const chosen = flags.only?.split(',') ?? Object.keys(PARTS);
const unknown = chosen.find(name => !Object.hasOwn(PARTS, name));
if (unknown === undefined) {
  const load = startLoad();
  const report = createReport();
  for (const name of chosen) await PARTS[name]!(load, report);
  load.stop();
} else {
  console.error(`bench: there is no part ${unknown}: ${Object.keys(PARTS).join(', ')}`);
  process.exitCode = 2;
}
