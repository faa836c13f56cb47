import assert from 'node:assert/strict';
import type {KubeObject} from '../../../../server/api/object.ts';
import {fromHub, toHub} from '../../../../server/resources/events/conversion.ts';

describe('events.k8s.io', () => {
  it('names fields of events anew', () => {
    const event: KubeObject = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {name: 'a', namespace: 'default'},
      note: 'n',
      regarding: {kind: 'Pod'},
      reportingController: 'c',
      deprecatedCount: 2,
    };
    const core = toHub(event);
    assert.equal(core.apiVersion, 'v1');
    assert.deepEqual([core.message, core.involvedObject, core.reportingComponent, core.count], ['n', {kind: 'Pod'}, 'c', 2]);
    assert.deepEqual(fromHub(core), event);
    assert.equal(toHub(core), core);
  });
});
