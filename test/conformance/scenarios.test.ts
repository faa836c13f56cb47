import assert from 'node:assert/strict';
import {createClient} from '../../conformance/client.ts';
import type {CaseResult} from '../../conformance/replay.ts';
import {replayScenarios} from '../../conformance/replay-scenarios.ts';
import {loadFloors} from '../../conformance/report.ts';
import {loadScenarios, scenarioAreas} from '../../conformance/scenario.ts';
import {startScenarioCluster} from '../../conformance/scenario-cluster.ts';
import {testFloors} from '../support/floors.ts';

describe('conformance with what controllers, scheduler and nodes did', () => {
  const floors = loadFloors().scenarios ?? {};
  let results: CaseResult[];

  before(async function () {
    this.timeout(600_000);
    const {target, time, stop} = await startScenarioCluster();
    const client = createClient(target);
    results = await replayScenarios(client, scenarioAreas().flatMap(loadScenarios), time, 1);
    client.close();
    await stop();
  });

  it('has a floor for every area', () => assert.deepEqual(Object.keys(floors), scenarioAreas()));

  testFloors(floors, () => results);
});
