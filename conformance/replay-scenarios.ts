import type {Json, JsonObject} from '../server/api/json.ts';
import type {Client} from './client.ts';
import {compare, type Difference} from './compare.ts';
import {createBindings} from './placeholders.ts';
import {type CaseResult, inTurn, type StepResult, word} from './replay.ts';
import type {Scenario, ScenarioStep, ScenarioWant} from './scenario.ts';
import {act, type ScenarioTime, type Stage} from './scenario-actions.ts';
import {createWorld, type Mark, pathOf, type World} from './scenario-world.ts';

const POLL = 100;
/** A step's objects have to stay as wanted for so long, in ms. */
const STABLE = 500;
const PATIENCE = 30_000;
/** Once a step has failed, later ones of the scenario are waited for less. */
const IMPATIENCE = 4000;

/**
 * Replays scenarios against a cluster that has no other nodes than theirs: those that make nodes after the others, those that need the
 * cluster for themselves last.
 */
export async function replayScenarios(
  client: Client,
  scenarios: readonly Scenario[],
  time: ScenarioTime,
  jobs: number,
): Promise<CaseResult[]> {
  await prepareNodes(client, time);
  const run = (scenario: Scenario) => replayScenario(client, scenario, time);
  const first = scenarios.filter(({serial, phase}) => !serial && !phase);
  const second = scenarios.filter(({serial, phase}) => !serial && phase === 2);
  const last = scenarios.filter(({serial}) => serial);
  const results = [...(await inTurn(first, jobs, run)), ...(await inTurn(second, jobs, run)), ...(await inTurn(last, 1, run))];
  return results.sort((a, b) => (a.case < b.case ? -1 : 1));
}

async function replayScenario(client: Client, scenario: Scenario, time: ScenarioTime): Promise<CaseResult> {
  const ID = `s${word(6)}`;
  const ids = {ID, NS: `scn-${ID.slice(1)}`};
  const world = createWorld(client, scenario, ids);
  const stage: Stage = {client, world, time, namespace: ids.NS};
  const steps: StepResult[] = [];
  try {
    await createNamespace(stage, ID);
    const resources = [
      'pods',
      'services',
      'replicasets',
      'controllerrevisions',
      ...scenario.observe,
      ...scenario.steps.flatMap(({observe = []}) => observe),
    ];
    for (const resource of resources) await world.watch(resource);
    // What is there already counts for no step.
    await time.pass(POLL);
    let patience = PATIENCE;
    for (const [number, recorded] of scenario.steps.entries()) {
      const differences = await replayStep(await fillIn(recorded, stage, ids), stage, patience);
      if (differences.length > 0) patience = IMPATIENCE;
      steps.push({step: number, request: recorded.do, statusOk: differences.every(({path}) => !path.startsWith('answer')), differences});
    }
    if (scenario.wantEvents) {
      const differences = await missingEvents(scenario.wantEvents, stage, patience);
      steps.push({step: scenario.steps.length, request: 'events', statusOk: true, differences});
    }
  } catch (error) {
    const differences = [{path: '', want: 'a whole run', got: (error as Error).message}];
    steps.push({step: steps.length, request: 'scenario', statusOk: false, differences});
  } finally {
    world.stop();
    await cleanUp(scenario, stage, ids);
  }
  return {case: scenario.scenario, area: scenario.scenario.split('/')[0]!, steps};
}

async function createNamespace({client, time, namespace}: Stage, id: string): Promise<void> {
  const body = {apiVersion: 'v1', kind: 'Namespace', metadata: {name: namespace, labels: {scenario: id}}};
  const {status, error} = await client.send({method: 'POST', path: '/api/v1/namespaces', body});
  if (status !== 201) throw new Error(`creating the namespace: ${status} ${error ?? ''}`);
  const path = pathOf('serviceaccounts', {namespace, name: 'default'});
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await client.send({method: 'GET', path})).status === 200) return;
    await time.pass(50);
  }
}

async function replayStep(step: ScenarioStep, stage: Stage, patience: number): Promise<Difference[]> {
  const {world} = stage;
  const mark = world.mark();
  const want = step.want ?? {};
  let answer: Json | undefined;
  try {
    answer = await act(step, stage);
  } catch (error) {
    return [{path: 'answer', want: 'an action', got: (error as Error).message}];
  }
  const differences = want.answer === undefined ? [] : diff(want.answer, answer, 'answer');
  const wanted = want.objects ?? {};
  const limit = patience === PATIENCE ? Math.max(PATIENCE, ((step.seconds ?? 0) + 5) * 1000) : patience;
  const settled = () => diff(wanted, world.objects(Object.keys(wanted)), 'objects');
  differences.push(...(await untilStable(settled, stage.time, limit)));
  differences.push(...compareTransitions(want, world, mark));
  for (const text of world.broken(step.invariants ?? [], mark)) differences.push({path: 'invariants', want: undefined, got: text});
  return differences;
}

/** Looks until there is nothing to complain about, and nothing a moment later; else gives the last complaints. */
async function untilStable(look: () => Difference[], time: ScenarioTime, limit: number): Promise<Difference[]> {
  for (let waited = 0; ; ) {
    const found = look();
    if (found.length > 0 && waited >= limit) return found;
    const delay = found.length > 0 ? POLL : STABLE;
    await time.pass(delay);
    waited += delay;
    if (found.length === 0 && look().length === 0) return [];
  }
}

function compareTransitions(want: ScenarioWant, world: World, mark: Mark): Difference[] {
  const differences: Difference[] = [];
  for (const [resource, wanted] of Object.entries(want.histories ?? {}))
    differences.push(...diff(wanted, world.transitions(resource, mark).histories, `histories.${resource}`));
  for (const [resource, wanted] of Object.entries(want.transitions ?? {}))
    differences.push(...diff(wanted, world.transitions(resource, mark).order, `transitions.${resource}`));
  for (const [resource, wanted] of Object.entries(want.order ?? {})) {
    const {order} = world.transitions(resource, mark);
    const positions = wanted.map(state => order.indexOf(state));
    const isOrdered = positions.every((position, i) => position >= 0 && (i === 0 || position >= positions[i - 1]!));
    if (!isOrdered) differences.push({path: `order.${resource}`, want: wanted, got: order});
  }
  return differences;
}

async function missingEvents(wanted: readonly JsonObject[], {world, time}: Stage, patience: number): Promise<Difference[]> {
  for (let waited = 0; ; waited += POLL) {
    const got = await world.events();
    const missing = wanted.filter(
      event => !got.some(each => diff(event, 'count' in event ? each : {...each, count: undefined!}, '').length === 0),
    );
    if (missing.length === 0 || waited >= Math.min(patience, 10_000))
      return missing.map(event => ({path: 'events', want: event, got: undefined}));
    await time.pass(POLL);
  }
}

// Placeholders are filled in on both sides already: equal is equal.
const diff = (want: Json, got: Json | undefined, path: string): Difference[] =>
  JSON.stringify(want) === JSON.stringify(got)
    ? []
    : compare(want, (got === undefined ? got : JSON.parse(JSON.stringify(got))) as Json, createBindings(), path);

/** The step with its names; a recorded answer has none. */
async function fillIn(
  {want, ...step}: ScenarioStep,
  {client, namespace}: Stage,
  {NS, ID}: {NS: string; ID: string},
): Promise<ScenarioStep> {
  let text = JSON.stringify(step).replaceAll('$NS', NS).replaceAll('$ID', ID);
  for (const reference of new Set(text.match(/\$UID:[a-z0-9./-]+/g) ?? [])) {
    const [resource = '', ...rest] = reference.slice('$UID:'.length).split('/');
    const name = rest.pop()!;
    const {body} = await client.send({method: 'GET', path: pathOf(resource, {namespace: rest[0] ?? namespace, name})});
    text = text.replaceAll(reference, String(((body as JsonObject | undefined)?.metadata as JsonObject | undefined)?.uid ?? 'none'));
  }
  return {...(JSON.parse(text) as ScenarioStep), ...(want && {want})};
}

async function cleanUp({cleanup = []}: Scenario, {client, namespace, world}: Stage, {NS, ID}: {NS: string; ID: string}): Promise<void> {
  const release = (path: string) =>
    client.send({method: 'PATCH', path, body: {metadata: {finalizers: null}}, headers: {'Content-Type': 'application/merge-patch+json'}});
  const remove = (path: string) =>
    client.send({method: 'DELETE', path, body: {kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0}});
  for (const {resource, name, namespace: own = namespace} of cleanup) {
    const path = pathOf(resource, {namespace: own, name: name.replaceAll('$NS', NS).replaceAll('$ID', ID)});
    await release(path);
    await remove(path);
  }
  for (const resource of world.watched())
    for (const {metadata} of world.current(resource))
      if (metadata.finalizers?.some(finalizer => finalizer.startsWith('example.com/')))
        await release(pathOf(resource, {namespace, name: metadata.name!}));
  await remove(pathOf('pods', {namespace}));
  await client.send({method: 'DELETE', path: `/api/v1/namespaces/${namespace}`});
}

const AMOUNTS = {cpu: '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '100Gi'};

/** Makes node-a, node-b and node-c, which the recordings were made with, and waits until they are ready. */
async function prepareNodes(client: Client, time: ScenarioTime): Promise<void> {
  for (const letter of ['a', 'b', 'c']) {
    const name = `node-${letter}`;
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'topology.kubernetes.io/zone': letter === 'c' ? 'zone-2' : 'zone-1',
      disk: letter === 'a' ? 'ssd' : 'hdd',
    };
    const metadata = {name, labels, annotations: {'kwok.x-k8s.io/node': 'fake'}};
    const body = {apiVersion: 'v1', kind: 'Node', metadata, status: {capacity: AMOUNTS, allocatable: AMOUNTS}};
    const {status} = await client.send({method: 'POST', path: '/api/v1/nodes', body});
    if (status !== 201 && status !== 409) throw new Error(`creating ${name}: ${status}`);
  }
  for (let attempt = 0; attempt < 200; attempt++) {
    const {body} = await client.send({method: 'GET', path: '/api/v1/nodes'});
    const nodes = ((body as JsonObject).items ?? []) as {
      metadata: {name: string};
      spec: {taints?: Json[]};
      status: {conditions?: JsonObject[]};
    }[];
    const isUsable = ({metadata, spec, status}: (typeof nodes)[number]) =>
      /^node-[abc]$/.test(metadata.name) &&
      !spec.taints?.length &&
      status.conditions?.some(({type, status: value}) => type === 'Ready' && value === 'True');
    if (nodes.filter(isUsable).length === 3) return;
    await time.pass(POLL);
  }
  throw new Error('node-a, node-b and node-c do not become ready');
}
