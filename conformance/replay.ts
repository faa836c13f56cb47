import {randomInt} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {isObject, type Json, type JsonObject} from '../server/api/json.ts';
import {type Answer, type Client, countedEvents, type OpenWatch} from './client.ts';
import {compare, type Difference} from './compare.ts';
import {valueAt} from './paths.ts';
import {type Bindings, createBindings} from './placeholders.ts';
import type {Case, Step, Until, Want} from './recording.ts';

export interface StepResult {
  /** Number of the step in its case, from 0. */
  step: number;
  /** Method and path, as recorded. */
  request: string;
  statusOk: boolean;
  differences: Difference[];
}

export interface CaseResult {
  case: string;
  area: string;
  /** Of every compared step; those that could not be run differ. */
  steps: StepResult[];
}

export interface ReplayOptions {
  /** Cases at a time. */
  jobs?: number;
  /** By what the times are multiplied for which a compared step is asked again. */
  patience?: number;
}

/** Replays cases; serial ones alone at the end. */
export async function replay(client: Client, cases: readonly Case[], {jobs = 4, patience = 1}: ReplayOptions = {}): Promise<CaseResult[]> {
  const run = (next: Case) => replayCase(client, next, patience);
  const isSerial = ({serial = false}: Case) => serial;
  const together = await inTurn(
    cases.filter(next => !isSerial(next)),
    jobs,
    run,
  );
  const results = [...together, ...(await inTurn(cases.filter(isSerial), 1, run))];
  return results.sort((a, b) => (a.case < b.case ? -1 : 1));
}

/** Runs all, so many at a time; results as they come. */
export async function inTurn<T, R>(items: readonly T[], jobs: number, run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results.push(await run(next));
  };
  await Promise.all(Array.from({length: jobs}, work));
  return results;
}

/** What a running case knows. */
interface Run {
  client: Client;
  patience: number;
  /** `$NS` and `$ID`. */
  names: {NS: string; ID: string};
  /** `${name}`, kept by earlier steps. */
  saved: {[name: string]: Json | undefined};
  bindings: Bindings;
  watches: Map<string, OpenWatch>;
  /** Requests in a row without an answer. */
  silent: number;
}

async function replayCase(client: Client, recorded: Case, patience: number): Promise<CaseResult> {
  const names = {NS: `golden-${word(6)}`, ID: word(8)};
  const run: Run = {client, patience, names, saved: {}, bindings: createBindings(), watches: new Map(), silent: 0};
  const requests = JSON.stringify(recorded.steps.map(({path, body, rawBody, headers}) => [path, body, rawBody, headers]));
  const needsNamespace = requests.includes('$NS');
  const steps: StepResult[] = [];
  let problem = 'not run';
  try {
    if (needsNamespace) await createNamespace(run, recorded);
    for (const [number, step] of recorded.steps.entries()) {
      const result = await replayStep(run, number, step);
      if (result) steps.push(result);
    }
  } catch (error) {
    problem = (error as Error).message;
  } finally {
    for (const watch of run.watches.values()) watch.stop();
    if (needsNamespace) await client.send({method: 'DELETE', path: `/api/v1/namespaces/${names.NS}`});
  }
  const done = new Set(steps.map(({step}) => step));
  for (const [number, step] of recorded.steps.entries()) {
    if (!isCompared(step) || done.has(number)) continue;
    steps.push({step: number, request: describe(step), statusOk: false, differences: [{path: '', want: 'an answer', got: problem}]});
  }
  return {case: recorded.case, area: recorded.case.split('/')[0]!, steps};
}

async function createNamespace({client, names: {NS}}: Run, {namespace, defaultServiceAccount}: Case): Promise<void> {
  const body = {apiVersion: 'v1', kind: 'Namespace', metadata: {name: NS, ...namespace}};
  const {status, text, error} = await client.send({method: 'POST', path: '/api/v1/namespaces', body});
  if (status !== 201) throw new Error(`creating the namespace: ${status} ${error ?? text}`);
  if (defaultServiceAccount === false) return;
  const account = {apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name: 'default', namespace: NS}};
  await client.send({method: 'POST', path: `/api/v1/namespaces/${NS}/serviceaccounts`, body: account});
}

/** Runs one step, again and again while it may; undefined if it is not compared. Throws when the case cannot go on. */
async function replayStep(run: Run, number: number, recorded: Step): Promise<StepResult | undefined> {
  if (recorded.sleep) await sleep(recorded.sleep * 1000);
  if (!recorded.method && !recorded.collect) return undefined;
  const step = fillIn(recorded, run);
  const compared = isCompared(step);
  // A step that only waits for something holds up the rest of its case: it gets all its time.
  const deadline = performance.now() + (step.retry?.seconds ?? 0) * 1000 * (compared ? run.patience : 1);
  let [answer, bindings, differences]: [Answer, Bindings, Difference[]] = [await ask(run, step), run.bindings, []];
  for (let attempt = 1; ; attempt++) {
    bindings = createBindings(run.bindings);
    differences = compared ? judge(step, answer, bindings) : [];
    const satisfied = compared ? differences.length === 0 : isMet(step.retry?.until, answer);
    if (satisfied) break;
    if (performance.now() >= deadline) {
      if (!compared && step.retry) throw new Error(`${describe(recorded)} never came to ${JSON.stringify(step.retry.until)}`);
      break;
    }
    await sleep(Math.min(500, 50 * attempt));
    answer = await ask(run, step);
  }
  run.silent = answer.status === 0 && !step.collect ? run.silent + 1 : 0;
  if (run.silent >= 3) throw new Error(`no answer three times: ${answer.error}`);
  for (const [name, path] of Object.entries(recorded.save ?? {})) run.saved[name] = savedValue(answer, path);
  if (!compared) return undefined;
  // A wrong answer would bind placeholders that later steps get right.
  if (answer.status === step.want!.status) run.bindings = bindings;
  return {step: number, request: describe(recorded), statusOk: answer.status === step.want!.status, differences};
}

async function ask(run: Run, step: Step): Promise<Answer> {
  if (step.collect) return collect(run, step, step.collect);
  if (!step.watch?.open) return run.client.send(step);
  const watch = await run.client.open(step);
  run.watches.set(step.watch.open, watch);
  const {status, headers} = watch.answer;
  return {status, headers};
}

async function collect({watches}: Run, step: Step, name: string): Promise<Answer> {
  const watch = watches.get(name);
  if (!watch) return {status: 0, headers: {}, error: `no open watch ${name}`};
  const deadline = performance.now() + (step.watch?.seconds ?? 3) * 1000;
  const enough = step.watch?.events ?? Number.POSITIVE_INFINITY;
  const {answer} = watch;
  while (!answer.ended && countedEvents(step, answer.events ?? []).length < enough && performance.now() < deadline) await sleep(20);
  watch.stop();
  return answer;
}

function judge(step: Step, answer: Answer, bindings: Bindings): Difference[] {
  const want = step.want!;
  const got = visible(step, answer);
  const differences: Difference[] = [];
  if (answer.status !== want.status) {
    differences.push({path: 'status', want: want.status, got: answer.error ? `${answer.status} (${answer.error})` : answer.status});
  }
  for (const [name, value] of Object.entries(want.headers ?? {})) {
    differences.push(...compare(value, answer.headers[name], bindings, `headers.${name}`));
  }
  const warned = answer.headers.warning !== undefined && !step.skipHeaders?.includes('warning');
  if (want.headers && !want.headers.warning && warned) {
    differences.push({path: 'headers.warning', want: undefined, got: answer.headers.warning});
  }
  if (want.events || got.events) {
    differences.push(...compare(want.events ?? [], got.events ?? [], bindings, 'events'));
    if (Boolean(want.ended) !== Boolean(got.ended)) differences.push({path: 'ended', want: Boolean(want.ended), got: Boolean(got.ended)});
  }
  if (want.body !== undefined || got.body !== undefined) differences.push(...compare(want.body, got.body, bindings, 'body'));
  return differences;
}

/** The parts of an answer that the step compares. */
function visible(step: Step, answer: Answer): {events?: Json[]; ended?: boolean; body?: Json} {
  if (step.watch && answer.events) return {events: countedEvents(step, answer.events), ...(answer.ended && {ended: true})};
  if (answer.error || step.nobody) return {};
  let body: Json | undefined = answer.body ?? answer.text;
  if (step.pick) body = pickPaths(body, step.pick);
  const items = step.names === undefined ? undefined : valueAt(body, step.names);
  if (Array.isArray(items)) body = {[step.names!]: items.map(item => valueAt(item, 'metadata.name') ?? valueAt(item, 'name') ?? null)};
  if (step.lines && typeof body === 'string') {
    body = body
      .split('\n')
      .filter(line => step.lines!.some(text => line.includes(text)))
      .join('\n');
  }
  return body === undefined || (body === '' && answer.body === undefined) ? {} : {body};
}

function pickPaths(body: Json | undefined, paths: string[]): Json | undefined {
  let value = body;
  if (typeof body === 'string') {
    try {
      value = JSON.parse(body) as Json;
    } catch {
      return body;
    }
  }
  if (value === null || typeof value !== 'object') return value;
  const picked: JsonObject = {};
  for (const path of paths) {
    const part = valueAt(value, path);
    if (part !== undefined) picked[path] = part;
  }
  return picked;
}

function isMet(until: Until | undefined, answer: Answer): boolean {
  if (until === undefined) return true;
  if (typeof until === 'number') return answer.status === until;
  return Object.entries(until).every(([path, want]) => {
    const got = path === '@status' ? answer.status : path === '@events' ? answer.events?.length : valueAt(answer.body, path);
    if (want === null) return got === undefined;
    return want === '*' ? got !== undefined : JSON.stringify(got) === JSON.stringify(want);
  });
}

function savedValue(answer: Answer, path: string): Json | undefined {
  if (path.startsWith('events')) return valueAt({events: answer.events}, path);
  if (path.startsWith('headers.')) return valueAt({headers: answer.headers}, path);
  return valueAt(answer.body, path);
}

/** The step with its names and saved values; a recorded answer holds no saved ones, only texts that may look so. */
function fillIn({save, want, ...request}: Step, run: Run): Step {
  const step = substitute(request as unknown as Json, run) as unknown as Step;
  return want ? {...step, want: substitute(want as unknown as Json, {...run, saved: {}}) as unknown as Want} : step;
}

function substitute(value: Json | undefined, run: Run): Json | undefined {
  if (typeof value === 'string') {
    return value.replace(/\$NS\b|\$ID\b|\$\{(\w+)\}/g, (text, name?: string) => {
      if (name === undefined) return text === '$NS' ? run.names.NS : run.names.ID;
      return Object.hasOwn(run.saved, name) ? String(run.saved[name]) : text;
    });
  }
  if (Array.isArray(value)) return value.map(item => substitute(item, run)!);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [substitute(key, run), substitute(item, run)]));
}

const isCompared = (step: Step): boolean => step.want !== undefined && !step.quiet;

const describe = (step: Step): string => (step.collect ? `collect ${step.collect}` : `${step.method} ${step.path}`);

/** Random letters for names. */
export const word = (length: number): string => Array.from({length}, () => 'bcdfghjklmnpqrstvwxz'[randomInt(20)]).join('');
