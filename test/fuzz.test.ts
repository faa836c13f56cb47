import assert from 'node:assert/strict';
import type {Cluster} from '../cluster/index.ts';
import {startCluster} from '../cluster/index.ts';
import {createSeededRandom} from '../cluster/random.ts';
import {mutatedObjects, mutatedRecordings, type Sent} from './support/fuzz.ts';
import {OBJECTS} from './support/fuzz-objects.ts';
import {createHttpClient, type HttpClient} from './support/http.ts';

/** How many requests of each kind are tried; more by the environment, for long runs. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 2_000);
const SEED = process.env.FUZZ_SEED ?? '42';

// Answers of the real server too: versions that are no number, nodes without addresses, and patches that upstream fails on without a word
// of its own.
const EXPECTED_500 =
  /strconv\.ParseUint|resourceVersion should not be set|does not contain declared merge key|failed to create typed patch object|field not declared in schema|unable to find api field|doesn't match \$setElementOrder list|target\.(kind|name): |unknown patch type|list element types are not identical|but received a|no preferred addresses found/;

const SOURCES = {'objects made by hand': mutatedObjects, 'recorded requests': mutatedRecordings};

describe('A server under mutated requests', () => {
  let cluster: Cluster;
  let client: HttpClient;

  before(async () => {
    cluster = await startCluster({token: 'admin', controllers: 'none', nodes: 0, logLevel: 'silent'});
    client = createHttpClient(cluster.url, 'admin');
    await client.send('POST', '/api/v1/namespaces/default/serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {name: 'default'},
    });
    for (const [path, object] of OBJECTS) await client.send('POST', path, object);
  });

  after(async () => {
    client.close();
    await cluster.stop();
  });

  for (const [name, source] of Object.entries(SOURCES)) {
    it(`answers each of ${REQUESTS} made from ${name} and goes on`, async function () {
      this.timeout(60_000 + REQUESTS * 20);
      const make = source(createSeededRandom(SEED));
      const before = process.memoryUsage().rss;
      const failures: string[] = [];
      for (let i = 0; i < REQUESTS; i++) {
        const failure = await failureOf(client, make());
        if (failure !== undefined) failures.push(`${i}: ${failure}`);
      }
      assert.deepEqual(failures, []);
      assert.equal((await client.send('GET', '/readyz')).text, 'ok');
      const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
      assert.ok(grown < 500 + REQUESTS / 50, `${Math.round(grown)} MB more`);
    });
  }
});

/** What is wrong with the answer: none at all, or an error that nobody expected. */
async function failureOf(client: HttpClient, {method, path, headers, body}: Sent): Promise<string | undefined> {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const length = bytes && {'Content-Length': String(bytes.length)};
  const answer = await client.send(method, path, bytes, {...headers, ...length}).catch((error: Error) => error);
  const shown = `${method} ${path.slice(0, 300)} ${JSON.stringify(headers)} ${String(body).slice(0, 600)}`;
  if (answer instanceof Error) return `${answer.message}: ${shown}`;
  return answer.status === 500 && !EXPECTED_500.test(answer.text) ? `${answer.text.slice(0, 300)}: ${shown}` : undefined;
}
