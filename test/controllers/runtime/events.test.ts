import assert from 'node:assert/strict';
import {createClock, createWallClock} from '../../../cluster/clock.ts';
import {createSeededRandom} from '../../../cluster/random.ts';
import {createEventRecorder} from '../../../controllers/runtime/events.ts';
import {events} from '../../../server/api/resource-types.generated.ts';
import {createFakeApi, turns} from '../fake-api.ts';

const target = {apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: {name: 'web', namespace: 'n', uid: 'u', resourceVersion: '7'}};

function start() {
  const api = createFakeApi();
  const clock = createClock({wall: createWallClock(), manual: true, start: Date.UTC(2026, 0, 1)});
  const recorder = createEventRecorder({client: api.client, clock, random: createSeededRandom('1'), component: 'replicaset-controller'});
  const list = async () => {
    await turns(60);
    return (await api.client.list(events)).items;
  };
  return {api, clock, recorder, list};
}

describe('event recorder', () => {
  it('writes a core/v1 Event', async () => {
    const {recorder, list} = start();
    recorder.record(target, 'Normal', 'SuccessfulCreate', 'Created pod: web-1');
    assert.equal(recorder.idle(), false);
    const [event] = await list();
    assert.equal(recorder.idle(), true);
    const {metadata, ...rest} = event!;
    assert.match(metadata.name!, /^web\.[0-9a-f]{16}$/);
    assert.equal(metadata.namespace, 'n');
    assert.deepEqual(rest, {
      involvedObject: {kind: 'ReplicaSet', namespace: 'n', name: 'web', uid: 'u', apiVersion: 'apps/v1', resourceVersion: '7'},
      reason: 'SuccessfulCreate',
      message: 'Created pod: web-1',
      source: {component: 'replicaset-controller'},
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
      type: 'Normal',
      reportingComponent: 'replicaset-controller',
      reportingInstance: '',
    });
  });

  it('counts equal events', async () => {
    const {clock, recorder, list} = start();
    recorder.record(target, 'Warning', 'FailedCreate', 'no');
    await clock.advance(2000);
    recorder.record(target, 'Warning', 'FailedCreate', 'no');
    const found = await list();
    assert.deepEqual(
      found.map(({count, firstTimestamp, lastTimestamp}) => ({count, firstTimestamp, lastTimestamp})),
      [{count: 2, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:02Z'}],
    );
  });

  it('combines similar events from the tenth on and drops what goes beyond 25', async () => {
    const {api, recorder, list} = start();
    for (let i = 1; i <= 22; i++) recorder.record(target, 'Normal', 'SuccessfulCreate', `Created pod: web-${i}`);
    const found = await list();
    assert.equal(found.length, 10);
    assert.equal(found.at(-1)!.message, '(combined from similar events): Created pod: web-22');
    assert.equal(found.at(-1)!.count, 13);
    const before = api.calls.length;
    for (let i = 23; i <= 40; i++) recorder.record(target, 'Normal', 'SuccessfulCreate', `Created pod: web-${i}`);
    await list();
    assert.equal(api.calls.filter(({verb}) => verb === 'patch').length, 15);
    assert.ok(api.calls.length > before);
  });
});
