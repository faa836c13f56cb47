import assert from 'node:assert/strict';
import {nodes} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

describe('node lifecycle', () => {
  const world = useWorld({nodes: 0});
  const post = async (name: string, status: string) => {
    const conditions = [{type: 'Ready', status, lastHeartbeatTime: new Date(world.cluster.clock.now()).toISOString().replace(/\.\d+/, '')}];
    await world.client.patch(nodes, {name}, {type: 'strategic', patch: {status: {conditions}}}, {subresource: 'status'});
    await world.rest();
  };
  const effects = async (name: string) => (await world.client.get(nodes, {name})).spec?.taints?.map(({effect}) => effect) ?? [];

  it('evicts pods of a node in trouble only while others are well', async () => {
    for (const name of ['one', 'two']) {
      await world.client.create(nodes, {metadata: {name}, spec: {}});
      await post(name, 'True');
    }
    assert.deepEqual([await effects('one'), await effects('two')], [[], []]);
    await post('one', 'False');
    assert.deepEqual(await effects('one'), ['NoSchedule', 'NoExecute']);
    await post('two', 'False');
    assert.deepEqual([await effects('one'), await effects('two')], [['NoSchedule'], ['NoSchedule']]);
    await post('two', 'True');
    assert.deepEqual([await effects('one'), await effects('two')], [['NoSchedule', 'NoExecute'], []]);
    for (const name of ['one', 'two']) await world.client.delete(nodes, {name});
  });
});
