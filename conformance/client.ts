import http from 'node:http';
import https from 'node:https';
import {createGunzip} from 'node:zlib';
import type {Json} from '../server/api/json.ts';
import type {RawBody, Step} from './recording.ts';

/** Where recordings are replayed, and as whom: a token of group system:masters, which may impersonate anyone. */
export interface Target {
  url: string;
  token?: string;
}

/** An answer as far as it is compared. `error` says why there was none, with status 0. */
export interface Answer {
  status: number;
  headers: {[name: string]: Json};
  text?: string;
  /** The JSON in it. */
  body?: Json;
  /** What a watch has seen so far. */
  events?: Json[];
  ended?: boolean;
  error?: string;
}

/** A watch that goes on while later steps act; `answer` fills up. */
export interface OpenWatch {
  answer: Answer;
  stop(): void;
}

export interface Client {
  send(step: Step): Promise<Answer>;
  /** Resolves when the head of the answer is there. */
  open(step: Step): Promise<OpenWatch>;
  close(): void;
}

const PATIENCE = 15_000;

export function createClient({url, token}: Target): Client {
  const base = new URL(url);
  const library = base.protocol === 'https:' ? https : http;
  const agent = new library.Agent({keepAlive: true, maxSockets: 64, ...(library === https && {rejectUnauthorized: false})});

  const start = (step: Step, opened?: (watch: OpenWatch) => void): Promise<Answer> =>
    new Promise(resolve => {
      const body = bodyOf(step);
      const headers = {...headersOf(step, token), ...(body && {'Content-Length': String(body.length)})};
      const path = base.pathname.replace(/\/$/, '') + step.path;
      const request = library.request({
        agent,
        host: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port || (library === https ? 443 : 80),
        method: step.method,
        path,
        headers,
      });
      let timer = setTimeout(() => finish({status: 0, headers: {}, error: 'no answer in time'}), PATIENCE);
      const finish = (answer: Answer) => {
        clearTimeout(timer);
        request.destroy();
        resolve(answer);
      };
      request.on('error', error => finish({status: 0, headers: {}, error: error.message}));
      request.on('response', response => {
        const answer: Answer = {status: response.statusCode!, headers: collectHeaders(response.rawHeaders)};
        const stream = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response;
        stream.setEncoding('utf8');
        if (step.watch && answer.status === 200) {
          answer.events = [];
          clearTimeout(timer);
          timer = setTimeout(() => finish(answer), (step.watch.seconds ?? (opened ? 30 : 3)) * 1000);
          readEvents(stream, step, answer, () => finish(answer));
          opened?.({answer, stop: () => finish(answer)});
          return;
        }
        let text = '';
        stream.on('data', (chunk: string) => {
          text += chunk;
        });
        stream.on('error', error => finish({status: 0, headers: {}, error: error.message}));
        stream.on('end', () => {
          clearTimeout(timer);
          resolve({...answer, text, ...(String(answer.headers['content-type']).includes('json') && {body: parseJson(text)})});
        });
      });
      request.end(body);
    });

  return {
    send: step => start(step),
    open: step =>
      new Promise(resolve => {
        void start(step, resolve).then(answer => resolve({answer, stop() {}}));
      }),
    close: () => agent.destroy(),
  };
}

/** Bookmarks come by the clock: only those that end the initial events count, unless the step asks for all. */
export function countedEvents(step: Step, events: Json[]): Json[] {
  if (step.watch?.bookmarks) return events;
  return events.filter(event => (event as {type?: Json}).type !== 'BOOKMARK' || JSON.stringify(event).includes('initial-events-end'));
}

function readEvents(stream: NodeJS.ReadableStream, step: Step, answer: Answer, done: () => void): void {
  const enough = step.watch!.events ?? Number.POSITIVE_INFINITY;
  let rest = '';
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines.filter(text => text.trim() !== '')) {
      answer.events!.push(parseJson(line) ?? {unparsed: line});
      if (countedEvents(step, answer.events!).length >= enough) return done();
    }
  });
  stream.on('error', done);
  stream.on('end', () => {
    answer.ended = true;
    done();
  });
}

function headersOf(step: Step, token: string | undefined): {[name: string]: string | string[]} {
  const headers = new Map<string, [string, string | string[]]>();
  const set = (name: string, value: string | string[]) => headers.set(name.toLowerCase(), [name, value]);
  // Part of the recordings: it is the name of the field manager.
  set('User-Agent', 'golden/1');
  set('Accept', 'application/json');
  const as = step.as ?? 'admin';
  if (as !== 'anonymous' && token) set('Authorization', `Bearer ${token}`);
  if (as.startsWith('user:')) {
    const [user, ...groups] = as.slice('user:'.length).split(',');
    set('Impersonate-User', user!);
    if (groups.length > 0) set('Impersonate-Group', groups);
  }
  if (step.body !== undefined) set('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(step.headers ?? {})) {
    if (value === null) headers.delete(name.toLowerCase());
    else set(name, value);
  }
  return Object.fromEntries(headers.values());
}

function bodyOf({body, rawBody}: Step): Buffer | undefined {
  if (body !== undefined) return Buffer.from(JSON.stringify(body));
  return rawBody === undefined ? undefined : expandBody(rawBody);
}

function expandBody(raw: RawBody): Buffer {
  if (typeof raw === 'string') return Buffer.from(raw);
  if ('base64' in raw) return Buffer.from(raw.base64, 'base64');
  return Buffer.from((raw.text ?? '') + (raw.repeat ?? '').repeat(raw.times ?? 0) + (raw.after ?? ''));
}

/** Lower-case names; `warning` as a list, other repeated ones joined. */
function collectHeaders(raw: string[]): {[name: string]: Json} {
  const headers: {[name: string]: Json} = {};
  for (let i = 0; i < raw.length; i += 2) {
    const [name, value] = [raw[i]!.toLowerCase(), raw[i + 1]!];
    if (name === 'warning') headers.warning = [...((headers.warning as Json[] | undefined) ?? []), value];
    else headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
