import assert from 'node:assert/strict';
import {secrets, serviceAccounts} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

describe('tokens of service accounts', () => {
  const world = useWorld({nodes: 0});

  it('are not named by their account any more once they are gone', async () => {
    await world.create(serviceAccounts, 'a', {secrets: [{name: 'token'}, {name: 'other'}]});
    const annotations = {'kubernetes.io/service-account.name': 'a'};
    await world.create(secrets, 'token', {metadata: {annotations}, type: 'kubernetes.io/service-account-token'});
    await world.rest();
    assert.ok((await world.get(secrets, 'token')).data?.token);
    await world.remove(secrets, 'token');
    await world.rest();
    assert.deepEqual((await world.get(serviceAccounts, 'a')).secrets, [{name: 'other'}]);
  });
});
