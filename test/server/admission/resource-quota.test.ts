import assert from 'node:assert/strict';
import type {AdmissionLookup, AdmissionRequest} from '../../../server/admission/admission.ts';
import {createResourceQuota} from '../../../server/admission/resource-quota.ts';
import type {ResourceQuota} from '../../../server/api/kinds.generated.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import {conflict} from '../../../server/api/status.ts';
import type {Resource} from '../../../server/resources/resource.ts';

const quota = (hard: {[name: string]: string}, used: {[name: string]: string}, spec: object = {}): ResourceQuota => ({
  metadata: {name: 'q', namespace: 'n', uid: 'u', resourceVersion: '1'},
  spec: {hard, ...spec},
  status: {hard, used},
});

/** One quota behind a store that takes a turn for each write and refuses old versions. */
function world(initial: ResourceQuota) {
  const state = {quota: initial, writes: 0};
  const lookup: Partial<AdmissionLookup> = {
    clock: {now: () => 0, after: () => ({cancel() {}}), nextDue: () => undefined},
    has: () => true,
    list: () => [state.quota as unknown as KubeObject],
    client: {
      async update(_type: unknown, object: ResourceQuota) {
        await new Promise(setImmediate);
        const {resourceVersion} = state.quota.metadata;
        if (object.metadata.resourceVersion !== resourceVersion) throw conflict({group: '', resource: 'resourcequotas'}, 'q', 'modified');
        state.writes++;
        state.quota = {...object, metadata: {...object.metadata, resourceVersion: String(Number(resourceVersion) + 1)}};
        return state.quota;
      },
    } as unknown as AdmissionLookup['client'],
  };
  return {state, lookup: lookup as AdmissionLookup};
}

const request = (resource: string, object: object, more: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  operation: 'CREATE',
  resource: {group: '', resource, version: 'v1', kind: ''} as Resource,
  subresource: '',
  kind: {group: '', version: 'v1', kind: ''},
  namespace: 'n',
  name: 'x',
  object: object as KubeObject,
  old: undefined,
  options: {},
  dryRun: false,
  identity: {name: 'alice', groups: []},
  warn: () => {},
  audit: () => {},
  ...more,
});
const map = {metadata: {name: 'x'}};
const pod = (resources: object) => ({metadata: {name: 'x'}, spec: {containers: [{name: 'a', resources}]}, status: {qosClass: 'Burstable'}});

describe('server/admission/resource-quota', () => {
  it('lets as many of 32 at once through as there is room for, and counts them', async () => {
    const {state, lookup} = world(quota({configmaps: '10'}, {configmaps: '3'}));
    const plugin = createResourceQuota();
    const results = await Promise.allSettled(Array.from({length: 32}, () => plugin.validate!(request('configmaps', map), lookup)));
    assert.equal(results.filter(({status}) => status === 'fulfilled').length, 7);
    assert.equal(state.quota.status!.used!.configmaps, '10');
  });

  it('looks again when somebody else wrote the quota', async () => {
    const {state, lookup} = world(quota({configmaps: '2'}, {configmaps: '0'}));
    const plugin = createResourceQuota();
    const waiting = plugin.validate!(request('configmaps', map), lookup);
    await Promise.resolve();
    state.quota = {
      ...state.quota,
      metadata: {...state.quota.metadata, resourceVersion: '7'},
      status: {hard: {configmaps: '2'}, used: {configmaps: '1'}},
    };
    await waiting;
    assert.equal(state.quota.status!.used!.configmaps, '2');
  });

  it('checks dry runs without counting them', async () => {
    const {state, lookup} = world(quota({configmaps: '1'}, {configmaps: '0'}));
    await createResourceQuota().validate!(request('configmaps', map, {dryRun: true}), lookup);
    assert.equal(state.writes, 0);
  });

  const refusals: [string, ResourceQuota, AdmissionRequest, string][] = [
    [
      'nothing said',
      quota({'limits.cpu': '1'}, {'limits.cpu': '0'}),
      request('pods', pod({requests: {cpu: '1'}})),
      'failed quota: q: must specify limits.cpu for: a',
    ],
    ['usage not known', quota({configmaps: '1'}, {}), request('configmaps', map), 'status unknown for quota: q, resources: configmaps'],
    [
      'too much together',
      quota({'requests.cpu': '1', pods: '5'}, {'requests.cpu': '600m', pods: '1'}),
      request('pods', pod({requests: {cpu: '500m'}})),
      'exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    ],
    [
      'a claim that grows',
      quota({'requests.storage': '3Gi'}, {'requests.storage': '2Gi'}),
      request(
        'persistentvolumeclaims',
        {metadata: {name: 'x'}, spec: {resources: {requests: {storage: '4Gi'}}}},
        {
          operation: 'UPDATE',
          old: {metadata: {name: 'x'}, spec: {resources: {requests: {storage: '2Gi'}}}} as unknown as KubeObject,
        },
      ),
      'exceeded quota: q, requested: requests.storage=2Gi, used: requests.storage=2Gi, limited: requests.storage=3Gi',
    ],
    [
      'a claim that has got more than it asked for',
      quota({'requests.storage': '3Gi'}, {'requests.storage': '2Gi'}),
      request(
        'persistentvolumeclaims',
        {metadata: {name: 'x'}, spec: {resources: {requests: {storage: '2Gi'}}}, status: {allocatedResources: {storage: '4Gi'}}},
        {
          operation: 'UPDATE',
          subresource: 'status',
          old: {metadata: {name: 'x'}, spec: {resources: {requests: {storage: '2Gi'}}}} as unknown as KubeObject,
        },
      ),
      'exceeded quota: q, requested: requests.storage=2Gi, used: requests.storage=2Gi, limited: requests.storage=3Gi',
    ],
  ];
  it('looks at sizes where they change', () => {
    const {handles} = createResourceQuota();
    const sized = (resource: string, subresource: string) => handles(request(resource, {}, {operation: 'UPDATE', subresource}));
    assert.deepEqual([sized('pods', 'resize'), sized('persistentvolumeclaims', 'status'), sized('pods', 'status')], [true, true, false]);
  });

  for (const [what, given, asked, why] of refusals) {
    it(`refuses: ${what}`, async () => {
      const {lookup} = world(given);
      await assert.rejects(async () => createResourceQuota().validate!(asked, lookup), {
        message: `${asked.resource.resource} "x" is forbidden: ${why}`,
      });
    });
  }

  it('names what has no name yet by its generateName', async () => {
    const {lookup} = world(quota({configmaps: '0'}, {configmaps: '0'}));
    const asked = request('configmaps', {metadata: {generateName: 'web-'}}, {name: ''});
    await assert.rejects(async () => createResourceQuota().validate!(asked, lookup), {message: /^configmaps "web-" is forbidden: /});
  });

  it('leaves what is out of scope alone', async () => {
    const {state, lookup} = world(quota({pods: '0'}, {pods: '0'}, {scopes: ['BestEffort']}));
    await createResourceQuota().validate!(request('pods', pod({requests: {cpu: '1'}})), lookup);
    assert.equal(state.writes, 0);
  });
});
