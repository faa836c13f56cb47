import assert from 'node:assert/strict';
import type {JsonObject} from '../../server/api/json.ts';
import type {KubeObject} from '../../server/api/object.ts';
import {useApiServer} from '../support/api-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const configMap = (name: string, data: JsonObject) => ({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name}, data});

describe('a cluster under many clients', () => {
  const server = useApiServer();

  it('loses no update of 16 that increment one counter', async () => {
    const [writers, each] = [16, 20];
    await server.client.send('POST', CONFIG_MAPS, configMap('counter', {n: '0'}));
    let conflicts = 0;
    const increment = async () => {
      for (;;) {
        const counter = (await server.client.send('GET', `${CONFIG_MAPS}/counter`)).json() as {data: {n: string}};
        counter.data.n = String(Number(counter.data.n) + 1);
        const {status, text} = await server.client.send('PUT', `${CONFIG_MAPS}/counter`, counter);
        if (status === 200) return;
        assert.equal(status, 409, text);
        conflicts++;
      }
    };
    const writer = async () => {
      for (let i = 0; i < each; i++) await increment();
    };
    await Promise.all(Array.from({length: writers}, writer));
    const {data} = (await server.client.send('GET', `${CONFIG_MAPS}/counter`)).json() as {data: {n: string}};
    assert.equal(data.n, String(writers * each));
    assert.ok(conflicts > 0, 'nobody was ever late: this proves nothing');
  });

  it('lets no patch fail for another: one that names no version is tried again', async () => {
    await server.client.send('POST', CONFIG_MAPS, configMap('patched', {}));
    const types = ['application/merge-patch+json', 'application/strategic-merge-patch+json'];
    const patch = (i: number) =>
      server.client.send('PATCH', `${CONFIG_MAPS}/patched`, {data: {[`k${i}`]: 'v'}}, {'Content-Type': types[i % types.length]!});
    const answers = await Promise.all(Array.from({length: 64}, (_, i) => patch(i)));
    for (const {status, text} of answers) assert.equal(status, 200, text);
    const {data} = (await server.client.send('GET', `${CONFIG_MAPS}/patched`)).json() as {data: JsonObject};
    assert.equal(Object.keys(data).length, 64);
  });

  it('tells 200 watchers of 1,000 changes, all of them and in order', async function () {
    this.timeout(60_000);
    const [watchers, changes] = [200, 1_000];
    const seen = Array.from({length: watchers}, () => [] as string[]);
    const open = await Promise.all(
      seen.map(list =>
        server.client.watch(`${CONFIG_MAPS}?watch=1&labelSelector=watched`, event =>
          list.push((event.object as KubeObject).metadata.resourceVersion!),
        ),
      ),
    );
    const written: string[] = [];
    let next = 0;
    const writer = async () => {
      while (next < changes) {
        const body = {...configMap(`watched-${next++}`, {}), metadata: {name: `watched-${next}`, labels: {watched: 'true'}}};
        const answer = await server.client.send('POST', CONFIG_MAPS, body);
        assert.equal(answer.status, 201, answer.text);
        written.push((answer.json() as KubeObject).metadata.resourceVersion!);
      }
    };
    await Promise.all(Array.from({length: 8}, writer));
    const deadline = performance.now() + 20_000;
    while (seen.some(list => list.length < changes) && performance.now() < deadline) await new Promise(resolve => setTimeout(resolve, 5));
    for (const {stop} of open) stop();
    const expected = written.sort((a, b) => Number(a) - Number(b));
    for (const list of seen) assert.deepEqual(list, expected);
  });
});
