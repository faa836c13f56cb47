import assert from 'node:assert/strict';
import {createClock, createWallClock} from '../../../cluster/clock.ts';
import {startLeaderElection} from '../../../controllers/runtime/leader-election.ts';
import {leases} from '../../../server/api/resource-types.generated.ts';
import {createFakeApi, turns} from '../fake-api.ts';

function contenders() {
  const api = createFakeApi();
  const clock = createClock({wall: createWallClock(), manual: true, start: Date.UTC(2026, 0, 1)});
  const leading = new Set<string>();
  const enter = (identity: string) =>
    startLeaderElection({
      client: api.client,
      clock,
      name: 'lock',
      identity,
      lead() {
        leading.add(identity);
        return {stop: () => void leading.delete(identity), idle: () => true, nextDue: () => undefined};
      },
    });
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      await clock.advance(1000);
      await turns();
    }
  };
  return {api, leading, enter, pass};
}

describe('leader election', () => {
  it('lets one lead, and another when the lease has run out', async () => {
    const {api, leading, enter, pass} = contenders();
    const first = enter('a');
    await pass(1);
    enter('b');
    await pass(30);
    assert.deepEqual([...leading], ['a']);
    first.stop();
    await pass(13);
    assert.deepEqual([...leading], []);
    await pass(6);
    assert.deepEqual([...leading], ['b']);
    const lease = await api.client.get(leases, {namespace: 'kube-system', name: 'lock'});
    assert.deepEqual([lease.spec?.holderIdentity, lease.spec?.leaseTransitions], ['b', 1]);
  });
});
