import assert from 'node:assert/strict';
import {setTimeout as sleep} from 'node:timers/promises';
import {startCluster} from '../../cluster/index.ts';
import {createSeededRandom} from '../../cluster/random.ts';
import {areas, loadArea, type Step} from '../../conformance/recording.ts';
import type {Json, JsonObject} from '../../server/api/json.ts';
import type {Random} from '../../server/api/random.ts';
import {createHttpClient} from '../support/http.ts';

/** How many requests; `FUZZ=20000` for a long run. */
const REQUESTS = Number(process.env.FUZZ ?? 3_000);

const PATIENCE = 10_000;

interface FuzzRequest {
  method: string;
  path: string;
  headers: {[name: string]: string};
  body: Json | Buffer | undefined;
}

describe('a cluster under mutated requests', () => {
  it(`answers ${REQUESTS} of them, none with an error that nobody expected`, async function () {
    this.timeout(300_000);
    await using cluster = await startCluster({token: 'admin', controllers: 'none', nodes: 0, logLevel: 'silent'});
    const client = createHttpClient(cluster.url, 'admin', 8);
    const random = createSeededRandom('fuzz');
    const requests = recordedRequests();
    const failures = new Map<string, string>();
    let left = REQUESTS;
    const worker = async () => {
      while (left-- > 0) {
        const request = mutate(requests[random.integer(requests.length)]!, random);
        const answer = await Promise.race([
          client.send(request.method, request.path, request.body, request.headers),
          sleep(PATIENCE, undefined, {ref: false}),
        ]);
        if (answer && (answer.status !== 500 || !answer.text.includes('an unexpected error in the server'))) continue;
        const what = `${answer ? answer.status : 'no answer to'} ${request.method} ${request.path}`;
        failures.set(what, String(JSON.stringify(request.body)).slice(0, 500));
      }
    };
    await Promise.all(Array.from({length: 8}, worker));
    assert.equal((await client.send('GET', '/readyz')).text, 'ok');
    client.close();
    assert.deepEqual([...failures].slice(0, 20), []);
  });
});

/** The requests of the recordings that are answered at once, with names filled in. */
function recordedRequests(): FuzzRequest[] {
  const fill = (text: string) => text.replaceAll('$NS', 'default').replace(/\$ID|\$\{\w+\}/g, 'fuzz');
  return areas()
    .flatMap(loadArea)
    .flatMap(({steps}) => steps)
    .filter(({method, watch, path}) => method !== undefined && !watch && !/watch=|\/watch\/|follow=/.test(path!))
    .map((step: Step) => ({
      method: step.method!,
      path: fill(step.path!),
      headers: Object.fromEntries(Object.entries(step.headers ?? {}).filter((entry): entry is [string, string] => entry[1] !== null)),
      body: step.body === undefined ? rawBody(step, fill) : (JSON.parse(fill(JSON.stringify(step.body))) as Json),
    }));
}

const rawBody = ({rawBody: raw}: Step, fill: (text: string) => string): Buffer | undefined =>
  typeof raw === 'string' ? Buffer.from(fill(raw)) : undefined;

const WEIRD: readonly Json[] = [
  null,
  '',
  'x',
  0,
  -1,
  1.5,
  1e300,
  true,
  [],
  {},
  [null],
  {'': null},
  '\ud800',
  'a/b/c',
  '$(X)',
  'ä'.repeat(300),
  [[]],
  {a: {b: []}},
];

function mutate(request: FuzzRequest, random: Random): FuzzRequest {
  const kind = random.integer(10);
  const {path, body} = request;
  if (kind === 0) return {...request, method: pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'], random)};
  if (kind === 1) return {...request, path: mutatePath(path, random)};
  if (kind === 2) return {...request, path: `${path}${path.includes('?') ? '&' : '?'}${mutateQuery(random)}`};
  if (Buffer.isBuffer(body)) return {...request, body: mutateBytes(body, random)};
  if (body === undefined) return request;
  if (kind === 3) return {...request, body: mutateBytes(Buffer.from(JSON.stringify(body)), random)};
  const copy = structuredClone(body);
  for (let i = 0; i <= random.integer(3); i++) mutateValue(copy, random);
  return {...request, body: copy};
}

/** Changes one place somewhere below: another value, a missing key, a key too many, a list too long. */
function mutateValue(value: Json, random: Random): void {
  if (value === null || typeof value !== 'object') return;
  const keys = Object.keys(value);
  const target = value as JsonObject;
  const key = keys.length > 0 ? pick(keys, random) : '0';
  const child = target[key];
  if (child !== null && typeof child === 'object' && random.float() < 0.8) {
    mutateValue(child, random);
    return;
  }
  const kind = random.integer(4);
  if (kind === 0) delete target[key];
  else if (kind === 1) target[pick(['x', '__proto__x', 'name', 'spec', '$patch', ''], random)] = weird(random);
  else if (kind === 2 && Array.isArray(value)) value.push(weird(random));
  else target[key] = weird(random);
}

function mutateBytes(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i <= random.integer(4) && copy.length > 0; i++) copy[random.integer(copy.length)] = random.integer(256);
  return copy.subarray(0, random.integer(4) === 0 ? random.integer(copy.length + 1) : copy.length);
}

function mutatePath(path: string, random: Random): string {
  const parts = path.split('/');
  const index = 1 + random.integer(parts.length - 1);
  parts[index] = pick(['', '..', '%2e', 'x', 'pods', 'default', '%00', 'A', 'status', 'scale', 'v1', 'log', 'proxy'], random);
  return parts.join('/');
}

function mutateQuery(random: Random): string {
  const names = [
    'limit',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
    'labelSelector',
    'fieldSelector',
    'dryRun',
    'fieldManager',
    'force',
    'fieldValidation',
    'pretty',
    'gracePeriodSeconds',
    'propagationPolicy',
    'timeoutSeconds',
  ];
  const values = ['', '0', '-1', '1', 'x', 'All', '99999999999999999999', 'a in (b', 'a=b,,', '%00', 'true', 'Strict', 'Exact', '=', '!'];
  return `${pick(names, random)}=${pick(values, random)}`;
}

const weird = (random: Random): Json => structuredClone(pick(WEIRD, random));

const pick = <T>(list: readonly T[], random: Random): T => list[random.integer(list.length)]!;
