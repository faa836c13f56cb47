import assert from 'node:assert/strict';
import type {Cluster} from '../cluster/index.ts';
import {startCluster} from '../cluster/index.ts';
import {createMutator, SEEDS} from './support/fuzz.ts';
import {createHttpClient, type HttpClient} from './support/http.ts';

/** How many requests are tried; more by the environment, for long runs. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 2_000);
const SEED = Number(process.env.FUZZ_SEED ?? 42);

// Answers of the real server too: versions that are no number, and patches that upstream fails on without a word of its own.
const EXPECTED_500 =
  /strconv\.ParseUint|resourceVersion should not be set|does not contain declared merge key|failed to create typed patch object|field not declared in schema|unable to find api field|unknown patch type|list element types are not identical/;

describe('A server under mutated requests', () => {
  let cluster: Cluster;
  let client: HttpClient;

  before(async () => {
    cluster = await startCluster({token: 'admin', controllers: 'none', nodes: 0});
    client = createHttpClient(cluster.url, 'admin');
    await client.send('POST', '/api/v1/namespaces/default/serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {name: 'default'},
    });
    for (const [path, object] of SEEDS) await client.send('POST', path, object);
  });

  after(async () => {
    client.close();
    await cluster.stop();
  });

  it(`answers each of ${REQUESTS} and goes on`, async function () {
    this.timeout(60_000 + REQUESTS * 20);
    const make = createMutator(SEED);
    const before = process.memoryUsage().rss;
    const failures: string[] = [];
    for (let i = 0; i < REQUESTS; i++) {
      const sent = make();
      const shown = `${sent.method} ${sent.path.slice(0, 300)} ${JSON.stringify(sent.headers)} ${String(sent.body).slice(0, 600)}`;
      const answer = await client
        .send(sent.method, sent.path, sent.body === undefined ? undefined : Buffer.from(sent.body), sent.headers)
        .catch((error: Error) => error);
      if (answer instanceof Error) failures.push(`${i}: ${answer.message}: ${shown}`);
      else if (answer.status === 500 && !EXPECTED_500.test(answer.text)) failures.push(`${i}: ${answer.text.slice(0, 300)}: ${shown}`);
    }
    assert.deepEqual(failures, []);
    assert.equal((await client.send('GET', '/readyz')).text, 'ok');
    const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
    assert.ok(grown < 500 + REQUESTS / 50, `${Math.round(grown)} MB more`);
  });
});
