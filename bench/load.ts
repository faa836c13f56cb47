/** The load generator, a process of its own: told by messages what to do, it answers with what it measured. */
import {Agent, request as send} from 'node:https';
import {setTimeout as sleep} from 'node:timers/promises';
import {NAMESPACE, WARM_UP} from './objects.ts';
import {BARE, CUSTOM_OPERATIONS, type LoadRequest, OPERATIONS, type Operation} from './operations.ts';

export interface Target {
  url: string;
  token: string;
}

export type Job =
  | {job: 'warmUp'; name: string}
  | {job: 'operation'; name: string; count?: number; from?: number}
  | {job: 'requests'; requests: LoadRequest[]}
  | {job: 'watchers'; watchers: number; writes: number; perSecond: number}
  | {job: 'increment'; writers: number; increments: number}
  | {job: 'until'; conditions: Condition[]}
  /** `next` is sent again and again until it is accepted; the time is from sending `first`. */
  | {job: 'soon'; first: LoadRequest; next: LoadRequest};

type Sent<Kind extends Job['job']> = Extract<Job, {job: Kind}> & Target;

/** What a GET of `path` has to say, one of these. */
export interface Condition {
  path: string;
  status?: {[field: string]: unknown};
  /** How many items a list has. */
  items?: number;
  /** 404. */
  gone?: true;
}

export interface Measured {
  count: number;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** The first answer that was not 2xx. */
  error?: string;
}

interface Reply {
  status: number;
  text: string;
}

type Send = (request: LoadRequest) => Promise<Reply>;

process.on('message', (job: Job & Target) => {
  run(job).then(
    result => process.send!(result),
    (error: Error) => process.send!({count: 0, seconds: 0, p50: 0, p99: 0, error: error.message} satisfies Measured),
  );
});

async function run(job: Job & Target): Promise<Measured> {
  if (job.job === 'watchers') return measureWatchers(job);
  if (job.job === 'warmUp') return warmUp(job);
  if (job.job === 'operation') return measureOperation(job);
  const {request, close} = connect(job, job.job === 'increment' ? job.writers : 8);
  try {
    if (job.job === 'requests') return await measure(job.requests.length, 8, i => request(job.requests[i]!));
    if (job.job === 'increment') return await measureIncrements(request, job.writers, job.increments);
    if (job.job === 'soon') return await measureSoon(request, job.first, job.next);
    return await waitUntil(request, job.conditions);
  } finally {
    close();
  }
}

/**
 * What the compiler learns in the first thousands of requests is not what an operation costs: they go to another namespace, unmeasured. Of
 * creating pods, the first 2,000 cost twice what later ones do, the second 2,000 a fifth more.
 */
async function warmUp({name, ...target}: Sent<'warmUp'>): Promise<Measured> {
  const {setUp = [], count, connections, request: make} = findOperation(name);
  const {request, close} = connect(target, connections);
  for (const first of setUp) await Promise.all([request(first), request(elsewhere(first))]);
  const result = await measure(Math.min(WARM_UP_REQUESTS, 2 * count), connections, i => request(elsewhere(make(i))));
  close();
  return result;
}

const WARM_UP_REQUESTS = 4_000;

async function measureOperation({name, count, from = 0, ...target}: Sent<'operation'>): Promise<Measured> {
  const operation = findOperation(name);
  const {request, close} = connect(target, operation.connections);
  const result = await measure(count ?? operation.count, operation.connections, i => request(operation.request(from + i)));
  close();
  return result;
}

const findOperation = (name: string): Operation =>
  [...OPERATIONS, ...CUSTOM_OPERATIONS, ...BARE].find(candidate => candidate.name === name)!;

/** The same request in the namespace for warming up. */
function elsewhere({path, body, ...request}: LoadRequest): LoadRequest {
  const text = body === undefined ? undefined : JSON.stringify(body).replace(`"namespace":"${NAMESPACE}"`, `"namespace":"${WARM_UP}"`);
  return {...request, path: path.replace(`/namespaces/${NAMESPACE}/`, `/namespaces/${WARM_UP}/`), ...(text !== undefined && {body: text})};
}

async function measure(count: number, connections: number, one: (number: number) => Promise<Reply>): Promise<Measured> {
  const times: number[] = [];
  let [next, error]: [number, string | undefined] = [0, undefined];
  const started = performance.now();
  const worker = async () => {
    while (next < count) {
      const number = next++;
      const start = performance.now();
      const {status, text} = await one(number);
      times.push(performance.now() - start);
      if (status >= 300) error ??= `${status} ${text.slice(0, 300)}`;
    }
  };
  await Promise.all(Array.from({length: connections}, worker));
  return summarize(times, (performance.now() - started) / 1000, error);
}

/** Watchers on one namespace, writes at a fixed rate; the time is from sending a write to hearing of it. */
async function measureWatchers({watchers, writes, perSecond, ...target}: Sent<'watchers'>): Promise<Measured> {
  const {request, close} = connect(target, 8);
  const times: number[] = [];
  const agent = new Agent({rejectUnauthorized: false});
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps?watch=1&labelSelector=watched`;
  await Promise.all(Array.from({length: watchers}, () => openWatch(target, agent, path, sent => times.push(performance.now() - sent))));
  const started = performance.now();
  const sending: Promise<Reply>[] = [];
  for (let i = 0; i < writes; i++) {
    await sleep(Math.max(0, started + (i * 1000) / perSecond - performance.now()));
    const metadata = {name: `watched-${i}`, namespace: NAMESPACE, labels: {watched: 'true'}};
    const body = {apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {sent: `${performance.now()}`, filler: 'x'.repeat(800)}};
    sending.push(request({method: 'POST', path: `/api/v1/namespaces/${NAMESPACE}/configmaps`, body}));
  }
  const failed = (await Promise.all(sending)).find(({status}) => status >= 300);
  const deadline = performance.now() + 10_000;
  while (times.length < watchers * writes && performance.now() < deadline) await sleep(5);
  const missing = watchers * writes - times.length;
  agent.destroy();
  close();
  const error = failed ? `${failed.status} ${failed.text}` : missing > 0 ? `${missing} events were not delivered` : undefined;
  return summarize(times, (performance.now() - started) / 1000, error);
}

function openWatch({url, token}: Target, agent: Agent, path: string, heard: (sent: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = send(url + path, {agent, headers: {Authorization: `Bearer ${token}`}}, response => {
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        for (const line of lines) heard(Number(/"sent":"([\d.]+)"/.exec(line)?.[1]));
      });
      resolve();
    });
    request.on('error', reject).end();
  });
}

/** Optimistic locking: every writer reads, adds one, writes with the resourceVersion it read, and tries again when it was late. */
async function measureIncrements(request: Send, writers: number, increments: number): Promise<Measured> {
  const collection = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
  const path = `${collection}/counter`;
  const metadata = {name: 'counter', namespace: NAMESPACE};
  await request({method: 'POST', path: collection, body: {apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {n: '0'}}});
  const result = await measure(writers * increments, writers, async () => {
    for (;;) {
      const counter = JSON.parse((await request({method: 'GET', path})).text) as {data: {n: string}};
      counter.data.n = `${Number(counter.data.n) + 1}`;
      const answer = await request({method: 'PUT', path, body: counter});
      if (answer.status !== 409) return answer;
    }
  });
  const {n} = (JSON.parse((await request({method: 'GET', path})).text) as {data: {n: string}}).data;
  return Number(n) === result.count ? result : {...result, error: `${result.count - Number(n)} updates were lost`};
}

async function waitUntil(request: Send, conditions: readonly Condition[]): Promise<Measured> {
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  for (const condition of conditions) {
    while (!holds(await request({method: 'GET', path: condition.path}), condition)) {
      const error = `${condition.path} is not as it should be after ${LONGEST} s`;
      if (elapsed() > LONGEST) return {count: 0, seconds: elapsed(), p50: 0, p99: 0, error};
      await sleep(20);
    }
  }
  return {count: conditions.length, seconds: elapsed(), p50: 0, p99: 0};
}

const LONGEST = 120;

function holds({status: code, text}: Reply, {status, items, gone}: Condition): boolean {
  if (gone || code !== 200) return gone === true && code === 404;
  const object = JSON.parse(text) as {status?: {[field: string]: unknown}; items?: unknown[]};
  if (items !== undefined) return object.items?.length === items;
  return Object.entries(status ?? {}).every(([field, value]) => object.status?.[field] === value);
}

async function measureSoon(request: Send, first: LoadRequest, next: LoadRequest): Promise<Measured> {
  const started = performance.now();
  const {status, text} = await request(first);
  const took = () => (performance.now() - started) / 1000;
  if (status >= 300) return {count: 0, seconds: took(), p50: 0, p99: 0, error: `${status} ${text}`};
  for (;;) {
    const answer = await request(next);
    if (answer.status < 300) return {count: 1, seconds: took(), p50: 0, p99: 0};
    if (took() > LONGEST) return {count: 0, seconds: took(), p50: 0, p99: 0, error: `${answer.status} ${answer.text}`};
  }
}

function connect({url, token}: Target, connections: number): {request: Send; close(): void} {
  const agent = new Agent({keepAlive: true, maxSockets: connections, rejectUnauthorized: false});
  const request: Send = ({method, path, headers, body, until}) =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      const standard = {
        Authorization: `Bearer ${token}`,
        ...(content && {'Content-Type': 'application/json', 'Content-Length': content.length}),
      };
      const outgoing = send(url + path, {method, agent, headers: {...standard, ...headers}}, response => {
        const chunks: Buffer[] = [];
        const finish = () => resolve({status: response.statusCode!, text: Buffer.concat(chunks).toString()});
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (until === undefined || !chunk.includes(until)) return;
          finish();
          outgoing.destroy();
        });
        response.on('end', finish);
        response.on('error', reject);
      });
      outgoing.on('error', reject).end(content);
    });
  return {request, close: () => agent.destroy()};
}

function summarize(times: number[], seconds: number, error: string | undefined): Measured {
  const sorted = times.sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return {count: sorted.length, seconds, p50: at(0.5), p99: at(0.99), ...(error !== undefined && {error})};
}
