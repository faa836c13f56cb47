import assert from 'node:assert/strict';
import {pods, resourceQuotas} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

const spec = {containers: [{name: 'c', image: 'i'}]};
const NUMBERS = Array.from({length: 30}, (_, i) => i);

describe('resource quota controller', () => {
  const world = useWorld({nodes: 0});

  it('counts down though pods come while others go', async () => {
    await world.create(resourceQuotas, 'q', {spec: {hard: {pods: '200'}}});
    for (const i of NUMBERS) await world.create(pods, `old-${i}`, {spec});
    await world.rest();
    const change = (i: number) => [world.remove(pods, `old-${i}`), world.create(pods, `new-${i}`, {spec})];
    await Promise.all(NUMBERS.flatMap(change));
    await world.rest();
    assert.equal((await world.list(pods)).length, NUMBERS.length);
    assert.equal((await world.get(resourceQuotas, 'q')).status?.used?.pods, String(NUMBERS.length));
  });
});
