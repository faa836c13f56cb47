import assert from 'node:assert/strict';
import {isSilent, legacyLabels, nodeTaints, observeHealth, unknownConditions} from '../../controllers/node-lifecycle-plan.ts';
import {toleratedSeconds} from '../../controllers/taint-eviction.ts';
import type {Node, Taint} from '../../server/api/kinds.generated.ts';

const node = (conditions: [string, string][], spec: Node['spec'] = {}): Node => ({
  metadata: {name: 'a', creationTimestamp: '2026-01-01T00:00:00Z', labels: {'kubernetes.io/os': 'linux'}},
  spec,
  status: {conditions: conditions.map(([type, status]) => ({type, status, lastHeartbeatTime: '2026-01-01T00:00:00Z'}))},
});
const taints = (of: Node) => nodeTaints(of, 0)?.map(({key, effect}) => `${key.replace('node.kubernetes.io/', '')}:${effect}`);

describe('node lifecycle plan', () => {
  it('taints by condition and cordon', () => {
    assert.deepEqual(taints(node([['Ready', 'False']])), ['not-ready:NoSchedule', 'not-ready:NoExecute']);
    assert.deepEqual(taints(node([['Ready', 'Unknown']])), ['unreachable:NoSchedule', 'unreachable:NoExecute']);
    assert.deepEqual(
      taints(
        node([
          ['Ready', 'True'],
          ['DiskPressure', 'True'],
        ]),
      ),
      ['disk-pressure:NoSchedule'],
    );
    assert.deepEqual(taints(node([['Ready', 'True']], {unschedulable: true})), ['unschedulable:NoSchedule']);
    assert.equal(taints(node([['Ready', 'True']])), undefined);
  });

  it('evicts nobody while no node is ready', () => {
    const evicted = node([['Ready', 'False']], {taints: [{key: 'node.kubernetes.io/not-ready', effect: 'NoExecute'}]});
    assert.deepEqual(
      nodeTaints(evicted, 0, false)?.map(({effect}) => effect),
      ['NoSchedule'],
    );
  });

  it('takes off what no condition asks for, and leaves the taints of others', () => {
    const own = {key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule'};
    const other = {key: 'dedicated', value: 'x', effect: 'NoSchedule'};
    assert.deepEqual(taints(node([], {taints: [own, other]})), ['dedicated:NoSchedule']);
    assert.deepEqual(taints(node([['Ready', 'Unknown']], {taints: [own, other]})), [
      'dedicated:NoSchedule',
      'unreachable:NoSchedule',
      'unreachable:NoExecute',
    ]);
  });

  it('makes every reported condition unknown', () => {
    const conditions = unknownConditions(
      node([
        ['Ready', 'True'],
        ['NetworkUnavailable', 'False'],
      ]),
      0,
    )!;
    assert.deepEqual(
      conditions.map(({type, status, reason}) => [type, status, reason]),
      [
        ['Ready', 'Unknown', 'NodeStatusUnknown'],
        ['NetworkUnavailable', 'False', undefined],
        ['MemoryPressure', 'Unknown', 'NodeStatusNeverUpdated'],
        ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated'],
        ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ],
    );
    assert.equal(unknownConditions({...node([]), status: {conditions}}, 0), undefined);
  });

  it('counts silence from the last heartbeat or lease renewal', () => {
    const ready = node([['Ready', 'True']]);
    let health = observeHealth(ready, undefined, undefined, 0, 1000);
    assert.equal(isSilent(ready, health, 51_000), false);
    assert.equal(isSilent(ready, health, 51_001), true);
    health = observeHealth(ready, '2026-01-01T00:00:10.000000Z', health, 0, 30_000);
    assert.equal(isSilent(ready, health, 80_000), false);
    health = observeHealth(ready, '2026-01-01T00:00:10.000000Z', health, 0, 60_000);
    assert.equal(isSilent(ready, health, 80_001), true);
    const never = node([]);
    assert.equal(isSilent(never, observeHealth(never, undefined, undefined, 0, 5000), 60_000), false);
    assert.equal(isSilent(never, observeHealth(never, undefined, undefined, 0, 5000), 60_001), true);
  });

  it('gives the older names of labels', () => {
    assert.deepEqual(legacyLabels(node([])), {'beta.kubernetes.io/os': 'linux'});
  });

  it('says for how long taints are tolerated', () => {
    const taint: Taint = {key: 'k', value: 'v', effect: 'NoExecute'};
    assert.equal(toleratedSeconds([], []), Number.POSITIVE_INFINITY);
    assert.equal(toleratedSeconds([taint], []), 0);
    assert.equal(toleratedSeconds([taint], [{key: 'k', operator: 'Exists'}]), Number.POSITIVE_INFINITY);
    assert.equal(toleratedSeconds([taint], [{key: 'k', operator: 'Equal', value: 'v', tolerationSeconds: 30}]), 30);
    assert.equal(toleratedSeconds([taint], [{key: 'k', operator: 'Equal', value: 'w'}]), 0);
    assert.equal(
      toleratedSeconds(
        [taint],
        [
          {operator: 'Exists', tolerationSeconds: 9},
          {key: 'k', operator: 'Exists', tolerationSeconds: 5},
        ],
      ),
      5,
    );
  });
});
