import type {IncomingMessage, RequestListener, ServerResponse} from 'node:http';
import type {Clock} from '../../server/api/clock.ts';
import {parseTime} from '../../server/api/time.ts';
import type {ContainerProcesses} from './container-process.ts';
import type {LogLine, LogOptions, LogSource} from './logs.ts';
import {formatLine, logLines, nextLogTime, selectLines} from './logs.ts';
import type {ContainerRecord, PodRecord} from './pod-record.ts';
import {statsSummary} from './stats.ts';

/** What the HTTP interface shows of a kubelet. */
export interface KubeletState {
  clock: Clock;
  node: string;
  /** Since when it runs, in milliseconds since the epoch. */
  since: number;
  /** The pods of the node. */
  pods(): Iterable<PodRecord>;
  pod(namespace: string, name: string): PodRecord | undefined;
  /** Calls back when something about the pod changes, until the returned function is called. */
  onChange(namespace: string, name: string, run: () => void): () => void;
  enter: ContainerProcesses['enter'];
  /** A container's command has come to its end. */
  exited(record: PodRecord, container: ContainerRecord, code: number): void;
}

/** The kubelet's HTTP interface (pkg/kubelet/server): health, pods, container logs. */
export function kubeletHandler(state: KubeletState): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://kubelet');
    const [route, ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent) as [string, ...string[]];
    const refuse = (status: number, text: string) => respond(response, status, 'text/plain; charset=utf-8', text);
    switch (route) {
      case 'healthz':
        respond(response, 200, 'text/plain; charset=utf-8', 'ok');
        break;
      case 'pods':
      case 'runningpods':
        respond(response, 200, 'application/json', JSON.stringify(podList(state)));
        break;
      case 'stats':
        if (rest[0] === 'summary') respond(response, 200, 'application/json', JSON.stringify(summary(state)));
        else refuse(404, '404 page not found\n');
        break;
      case 'containerLogs':
        if (request.method === 'GET') containerLogs(state, rest, url.searchParams, request, response, refuse);
        else refuse(405, '405: Method Not Allowed');
        break;
      case 'exec':
      case 'attach':
      case 'portForward':
      case 'run':
        refuse(501, `the simulated kubelet does not support ${route}`);
        break;
      default:
        refuse(404, '404 page not found\n');
    }
  };
}

type Refuse = (status: number, text: string) => void;

function containerLogs(
  state: KubeletState,
  [namespace = '', podName = '', containerName = '']: readonly string[],
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
  refuse: Refuse,
): void {
  const record = state.pod(namespace, podName);
  const container = record?.containers.find(({name}) => name === containerName);
  const previous = isTrue(query.get('previous'));
  const source = container && (previous ? container.previous : currentLog(container));
  if (!record || !container || !source) {
    if (!record) refuse(404, `pod ${JSON.stringify(podName)} does not exist`);
    else if (!container) refuse(404, `container ${JSON.stringify(containerName)} not found in pod ${JSON.stringify(podName)}`);
    else refuse(400, notThere(container, podName, previous));
    return;
  }
  response.writeHead(200, {'content-type': 'text/plain; charset=utf-8'});
  const writer = createWriter(response, parseOptions(query));
  writer.write(source, state.clock.now());
  if (!isTrue(query.get('follow')) || previous) response.end();
  else follow(state, record, container, writer, request, response);
}

/** The log of the container's life that goes on, or of the last one. */
function currentLog({state, run, ended, previous}: ContainerRecord): LogSource | undefined {
  if (state.type === 'running') return {start: state.startedAt, ...(run && {run})};
  return state.type === 'terminated' ? (ended ?? {start: state.startedAt, end: state.finishedAt}) : previous;
}

function notThere({name, state}: ContainerRecord, podName: string, previous: boolean): string {
  if (previous) return `previous terminated container ${JSON.stringify(name)} in pod ${JSON.stringify(podName)} not found`;
  const reason = (state.type === 'waiting' && state.reason) || 'ContainerCreating';
  const failing = ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull'].includes(reason);
  return `container ${JSON.stringify(name)} in pod ${JSON.stringify(podName)} is waiting to start: ${failing ? 'trying and failing to pull image' : reason}`;
}

interface LogWriter {
  /** Writes what is new since the last call; false when the limit is reached. */
  write(source: LogSource, now: number): boolean;
}

function createWriter(response: ServerResponse, options: LogOptions): LogWriter {
  let written = 0;
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let first = true;
  const send = (line: LogLine) => {
    const bytes = Buffer.from(formatLine(line, options));
    response.write(bytes.subarray(0, left));
    left -= Math.min(left, bytes.length);
  };
  return {
    write(source, now) {
      const lines = logLines(source, now);
      // tailLines and the times choose where to begin; afterwards everything follows.
      const chosen = first ? selectLines(lines, options, now) : selectLines(lines.slice(written), {stream: options.stream}, now);
      first = false;
      written = lines.length;
      for (const line of chosen) if (left > 0) send(line);
      return left > 0;
    },
  };
}

/** Goes on until the container ends, the limit is reached or the client goes away. */
function follow(
  state: KubeletState,
  {pod}: PodRecord,
  container: ContainerRecord,
  writer: LogWriter,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const stop = watchLog(
    state,
    pod,
    container,
    source => writer.write(source, state.clock.now()),
    () => response.end(),
  );
  request.on('close', stop);
  response.on('close', stop);
}

/** Hands over what a container writes from now on, until it ends (`done`) or the returned function is called. */
export function followLog(
  state: KubeletState,
  {pod}: PodRecord,
  container: ContainerRecord,
  write: (text: string) => void,
  done: () => void,
): () => void {
  let written = logLines(currentLog(container) ?? {start: 0}, state.clock.now()).length;
  const more = (source: LogSource) => {
    const lines = logLines(source, state.clock.now());
    for (const {text} of lines.slice(written)) write(text);
    written = lines.length;
    return true;
  };
  return watchLog(state, pod, container, more, done);
}

/** Calls `look` whenever there may be more, until it says no more is wanted or the container has ended. */
function watchLog(
  {clock, onChange}: KubeletState,
  {metadata}: PodRecord['pod'],
  container: ContainerRecord,
  look: (source: LogSource) => boolean,
  done: () => void,
): () => void {
  const check = () => {
    timer.cancel();
    const source = currentLog(container);
    if (!source || !look(source) || source.end !== undefined) {
      stop();
      return done();
    }
    const now = clock.now();
    const next = nextLogTime(source, now);
    if (next !== undefined) timer = clock.after(Math.max(1, next - now), 'upkeep', check);
  };
  const off = onChange(metadata.namespace!, metadata.name!, check);
  let timer = clock.after(0, 'upkeep', check);
  const stop = () => {
    timer.cancel();
    off();
  };
  return stop;
}

const isTrue = (value: string | null): boolean => value !== null && value !== 'false' && value !== '0';

function parseOptions(query: URLSearchParams): LogOptions {
  const number = (name: string) => (query.get(name) ? Number(query.get(name)) : undefined);
  const sinceTime = query.get('sinceTime');
  return {
    tailLines: number('tailLines'),
    sinceSeconds: number('sinceSeconds'),
    limitBytes: number('limitBytes'),
    timestamps: isTrue(query.get('timestamps')),
    ...(sinceTime && {sinceTime: parseTime(sinceTime)}),
    stream: (query.get('stream') as LogOptions['stream']) ?? 'All',
  };
}

const summary = ({node, since, pods, clock}: KubeletState) => statsSummary(node, since, pods(), clock.now());

const podList = ({pods}: KubeletState) => ({kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [...pods()].map(({pod}) => pod)});

function respond(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, {'content-type': contentType, 'content-length': Buffer.byteLength(text)});
  response.end(text);
}
