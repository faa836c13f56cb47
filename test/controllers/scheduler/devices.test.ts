import assert from 'node:assert/strict';
import {
  deviceClasses,
  events,
  pods,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
} from '../../../server/api/resource-types.generated.ts';
import {useWorld} from '../../support/world.ts';

const DRIVER = 'gpu.example.com';

describe('scheduling of devices', () => {
  const world = useWorld({nodes: 2});

  before(async () => {
    await world.client.create(deviceClasses, {
      metadata: {name: 'gpu'},
      spec: {
        selectors: [
          {cel: {expression: `device.driver == '${DRIVER}' && device.capacity['${DRIVER}'].memory.isGreaterThan(quantity('1Gi'))`}},
        ],
      },
    });
    const device = (name: string, model: string, memory = '2Gi') => ({
      name,
      attributes: {model: {string: model}, cores: {int: 4}, driver: {version: '1.2.3'}},
      capacity: {memory: {value: memory}},
    });
    await world.client.create(resourceSlices, {
      metadata: {name: 'slice'},
      spec: {
        driver: DRIVER,
        pool: {name: 'node-2', generation: 1, resourceSliceCount: 1},
        nodeName: 'node-2',
        devices: [device('small', 'a', '1Gi'), device('one', 'a'), device('two', 'b'), device('three', 'b')],
      },
    });
  });

  const claim = (spec: object, constraints?: object[]) => ({
    spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName: 'gpu', ...spec}}], ...(constraints && {constraints})}},
  });
  const pod = (name: string, by: object) =>
    world.create(pods, name, {
      spec: {resourceClaims: [{name: 'dev', ...by}], containers: [{name: 'c', image: 'i', resources: {claims: [{name: 'dev'}]}}]},
    });
  const devicesOf = async (name: string) => {
    const {status} = await world.get(resourceClaims, name);
    return status?.allocation?.devices?.results?.map(({device}) => device).join();
  };

  it('gives claims devices of the node that fits', async () => {
    await world.create(
      resourceClaims,
      'c',
      claim({selectors: [{cel: {expression: `device.attributes['${DRIVER}'].model == 'b'`}}], count: 2}),
    );
    await pod('p', {resourceClaimName: 'c'});
    await world.rest();
    assert.equal((await world.get(pods, 'p')).spec?.nodeName, 'node-2');
    assert.equal(await devicesOf('c'), 'two,three');
    const {status, metadata} = await world.get(resourceClaims, 'c');
    assert.deepEqual([status?.reservedFor?.[0]?.name, metadata.finalizers], ['p', ['resource.kubernetes.io/delete-protection']]);
    assert.deepEqual(status?.allocation?.nodeSelector?.nodeSelectorTerms[0]?.matchFields?.[0]?.values, ['node-2']);
    await world.remove(pods, 'p');
    await world.rest();
    const freed = await world.get(resourceClaims, 'c');
    assert.deepEqual([freed.status?.allocation, freed.metadata.finalizers ?? []], [undefined, []]);
  });

  it('makes pods wait that find none, until there are some', async () => {
    await world.create(resourceClaimTemplates, 't', {spec: claim({})});
    for (const name of ['p1', 'p2', 'p3', 'p4']) await pod(name, {resourceClaimTemplateName: 't'});
    await world.rest();
    const placed = (await world.list(pods)).filter(({spec}) => spec?.nodeName);
    assert.equal(placed.length, 3);
    const messages = (await world.list(events)).filter(({reason}) => reason === 'FailedScheduling').map(({message}) => message);
    assert.match(messages.join('\n'), /^0\/2 nodes are available: 2 cannot allocate all claims\. still not schedulable, preemption: /m);
    await world.remove(pods, placed[0]!.metadata.name!);
    await world.rest();
    assert.equal((await world.list(pods)).filter(({spec}) => spec?.nodeName).length, 3);
  });

  it('takes the claim away that a finished pod had of a template', async () => {
    await world.create(resourceClaimTemplates, 't', {spec: claim({})});
    const command = ['sh', '-c', 'sleep 5'];
    await world.create(pods, 'p', {
      spec: {
        restartPolicy: 'Never',
        resourceClaims: [{name: 'dev', resourceClaimTemplateName: 't'}],
        containers: [{name: 'c', image: 'busybox', command}],
      },
    });
    await world.rest();
    assert.equal((await world.names(resourceClaims)).length, 1);
    await world.cluster.pass(6000);
    assert.equal((await world.get(pods, 'p')).status?.phase, 'Succeeded');
    assert.deepEqual(await world.names(resourceClaims), []);
  });

  it('does not try pods whose claims are not there', async () => {
    await pod('p', {resourceClaimName: 'later'});
    await world.rest();
    assert.deepEqual((await world.get(pods, 'p')).status?.conditions ?? [], []);
    await world.create(resourceClaims, 'later', claim({}));
    await world.rest();
    assert.equal((await world.get(pods, 'p')).spec?.nodeName, 'node-2');
  });

  it('keeps to constraints, and to all devices', async () => {
    const same = [{matchAttribute: `${DRIVER}/model`}];
    await world.create(resourceClaims, 'same', claim({count: 2}, same));
    await pod('p', {resourceClaimName: 'same'});
    await world.rest();
    assert.equal(await devicesOf('same'), 'two,three');
    await world.create(resourceClaims, 'all', claim({allocationMode: 'All'}));
    await pod('q', {resourceClaimName: 'all'});
    await world.rest();
    assert.equal(await devicesOf('all'), undefined);
    await world.remove(pods, 'p');
    await world.rest();
    assert.equal(await devicesOf('all'), 'one,two,three');
  });
});
