import assert from 'node:assert/strict';
import {useApiServer} from '../support/api-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

describe('creation', () => {
  const server = useApiServer();
  const create = (metadata: Record<string, string>, query = '') =>
    server.client.send('POST', CONFIG_MAPS + query, {apiVersion: 'v1', kind: 'ConfigMap', metadata});

  it('refuses a resourceVersion only if it is one', async () => {
    const refused = await create({name: 'version', resourceVersion: '1'});
    assert.deepEqual([refused.status, refused.json().message], [500, 'resourceVersion should not be set on objects to be created']);
    for (const [name, resourceVersion] of [
      ['word', 'v1'],
      ['zero', '0'],
    ] as const) {
      const made = await create({name, resourceVersion});
      assert.equal(made.status, 201, made.text);
      assert.match(made.text, /"resourceVersion":"[1-9]\d*"/);
    }
  });

  it('says what is wrong with an object before it says anything of its resourceVersion', async () => {
    assert.equal((await create({name: 'Not_A_Name', resourceVersion: '1'})).status, 422);
  });

  for (const query of ['', '?dryRun=All'])
    it(`makes up no name for an object that has one besides a prefix${query}`, async () => {
      await create({name: 'prefix-a', generateName: 'prefix-'});
      const {status, ...again} = await create({name: 'prefix-a', generateName: 'prefix-'}, query);
      const {message, details} = again.json();
      assert.deepEqual(
        [status, message, details],
        [
          409,
          'configmaps "prefix-a" already exists, the server was not able to generate a unique name for the object',
          {name: 'prefix-a', kind: 'configmaps', retryAfterSeconds: 1},
        ],
      );
    });
});
