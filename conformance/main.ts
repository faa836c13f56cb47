/** `npm run conformance`: replays the recordings against the given server, or against a cluster in this process. */
import {parseArgs} from 'node:util';
import {startCluster} from '../cluster/index.ts';
import {type Drivers, missingPrograms, startApart} from './apart.ts';
import {createClient, type Target} from './client.ts';
import {areas, type Case, loadArea} from './recording.ts';
import {replay} from './replay.ts';
import {replayScenarios} from './replay-scenarios.ts';
import {belowFloor, formatDifferences, formatTable, loadDifferences, loadFloors, raiseFloors, scoreAreas} from './report.ts';
import {loadScenarios, type Scenario, scenarioAreas} from './scenario.ts';
import type {ScenarioTime} from './scenario-actions.ts';
import {realTime, startScenarioCluster} from './scenario-cluster.ts';

const USAGE = `usage: npm run conformance -- [flags]
  --server URL    the server to test; left out: a cluster in this process
  --token T       its administrator's token (group system:masters)
  --needs KIND    api: cases of an API server alone (default); controllers: those of a whole cluster;
                  scenarios: what controllers, scheduler and nodes do, on a cluster without other nodes
  --apart WHO     of scenarios: controllers and scheduler run in processes of their own: ours, or the real ones that
                  KUBE_CONTROLLER_MANAGER and KUBE_SCHEDULER name; with --server the API server's --kubeconfig is needed, too
  --area A        only this area; may be repeated
  --case NAME     only this case; may be repeated
  --jobs N        cases at a time (default 4)
  --patience F    multiplies the times for which an answer is waited for (default 1)
  --verbose       all differences of each step
  --raise         write what has been reached to conformance/floors.json
Exit status: 1 if an area is below its floor, 2 for wrong flags or a server that does not answer.`;

type Needs = 'api' | 'controllers' | 'scenarios';

async function main(): Promise<number> {
  const {values: flags} = parseArgs({
    options: {
      server: {type: 'string'},
      token: {type: 'string'},
      needs: {type: 'string', default: 'api'},
      apart: {type: 'string'},
      kubeconfig: {type: 'string'},
      area: {type: 'string', multiple: true},
      case: {type: 'string', multiple: true},
      jobs: {type: 'string', default: '4'},
      patience: {type: 'string', default: '1'},
      verbose: {type: 'boolean', short: 'v', default: false},
      raise: {type: 'boolean', default: false},
      help: {type: 'boolean', default: false},
    },
  });
  if (flags.help) {
    console.log(USAGE);
    return 0;
  }
  const needs = flags.needs as Needs;
  const drivers = readDrivers(needs, flags.apart);
  const missing = drivers ? missingPrograms(drivers) : [];
  if (missing.length > 0) {
    console.log(`skipped the real controllers: ${missing.join(' and ')} ${missing.length > 1 ? 'name' : 'names'} no program`);
    return 0;
  }
  const {target, time, stop} = await startTested(needs, drivers, flags);
  const client = createClient(target);
  try {
    const version = await client.send({method: 'GET', path: '/version'});
    if (version.status === 0) throw new Error(`${target.url} does not answer: ${version.error}`);
    const chosen = {areas: flags.area, names: flags.case};
    // Time that one scenario moves would pass for all.
    const jobs = time === realTime ? Number(flags.jobs) : 1;
    const results =
      needs === 'scenarios'
        ? await replayScenarios(client, selectScenarios(chosen), time, jobs)
        : await replay(client, selectCases(needs, chosen), {jobs, patience: Number(flags.patience)});
    const scores = scoreAreas(results);
    const floors = loadFloors()[needs];
    console.log(formatDifferences(results, loadDifferences(), flags.verbose ? 50 : 5));
    console.log(`\n${formatTable(scores, floors)}`);
    if (flags.raise) raiseFloors(needs, scores);
    // A selection of cases says nothing about an area.
    const low = flags.case ? [] : belowFloor(scores, floors);
    for (const {area} of low) console.log(`below its floor: ${area}`);
    return low.length > 0 ? 1 : 0;
  } finally {
    client.close();
    await stop?.();
  }
}

interface Chosen {
  areas: string[] | undefined;
  names: string[] | undefined;
}

const selectCases = (needs: Needs, {areas: only, names}: Chosen): Case[] =>
  chooseAreas(areas(), only)
    .flatMap(loadArea)
    .filter(item => !item.aged && (item.needs ?? 'api') === needs && (!names || names.includes(item.case)));

const selectScenarios = ({areas: only, names}: Chosen): Scenario[] =>
  chooseAreas(scenarioAreas(), only)
    .flatMap(loadScenarios)
    .filter(({scenario}) => !names || names.includes(scenario));

function chooseAreas(known: string[], only: string[] | undefined): string[] {
  const unknown = only?.find(area => !known.includes(area));
  if (unknown !== undefined) throw new Error(`there is no area ${unknown}: ${known.join(', ')}`);
  return only ?? known;
}

interface Tested {
  target: Target;
  time: ScenarioTime;
  stop?(): Promise<void>;
}

function readDrivers(needs: Needs, apart: string | undefined): Drivers | undefined {
  if (apart === undefined) return undefined;
  if (needs !== 'scenarios' || (apart !== 'ours' && apart !== 'real')) throw new Error('--apart is ours or real, with --needs scenarios');
  return apart;
}

interface Reach {
  server?: string | undefined;
  token?: string | undefined;
  kubeconfig?: string | undefined;
}

async function startTested(needs: Needs, drivers: Drivers | undefined, {server, token, kubeconfig}: Reach): Promise<Tested> {
  const target = server === undefined ? undefined : {url: server, ...(token !== undefined && {token})};
  if (!drivers) return target ? {target, time: realTime} : startTarget(needs);
  if (target && kubeconfig === undefined) throw new Error('--apart needs the --kubeconfig of --server');
  return {...(await startApart(drivers, target && {target, kubeconfig: kubeconfig!})), time: realTime};
}

/** A cluster as the recordings were made against: alone, or with controllers and three nodes. */
async function startTarget(needs: Needs): Promise<Tested> {
  if (needs === 'scenarios') return startScenarioCluster();
  const token = 'conformance';
  const cluster = await startCluster(needs === 'api' ? {token, controllers: 'none', nodes: 0} : {token, nodes: 3});
  return {target: {url: cluster.url, token}, time: realTime, stop: () => cluster.stop()};
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`conformance: ${(error as Error).message}`);
  process.exitCode = 2;
}
