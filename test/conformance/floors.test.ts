import assert from 'node:assert/strict';
import {type Cluster, startCluster} from '../../cluster/index.ts';
import {createClient} from '../../conformance/client.ts';
import {areas, loadArea} from '../../conformance/recording.ts';
import {type CaseResult, replay} from '../../conformance/replay.ts';
import {loadFloors} from '../../conformance/report.ts';
import {testFloors} from '../support/floors.ts';

describe('conformance with the recordings of an API server alone', () => {
  const floors = loadFloors().api ?? {};
  let cluster: Cluster;
  let results: CaseResult[];

  before(async function () {
    this.timeout(120_000);
    const token = 'conformance';
    cluster = await startCluster({token, controllers: 'none', nodes: 0});
    const client = createClient({url: cluster.url, token});
    const cases = areas()
      .flatMap(loadArea)
      .filter(({needs, aged}) => needs !== 'controllers' && !aged);
    results = await replay(client, cases, {jobs: 24, patience: 0.5});
    client.close();
  });

  after(() => cluster?.stop());

  it('has recordings for every floor', () => {
    assert.deepEqual(
      Object.keys(floors).filter(area => !areas().includes(area)),
      [],
    );
  });

  testFloors(floors, () => results);
});
