import assert from 'node:assert/strict';
import {persistentVolumeClaims, persistentVolumes, pods} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

describe('protection of claims', () => {
  const world = useWorld({nodes: 1});

  it('lets the claims go that a pod itself owns once it has stopped', async () => {
    const name = `v-${world.namespace}`;
    const claim = {accessModes: ['ReadWriteOnce'], storageClassName: name, resources: {requests: {storage: '1Gi'}}};
    const volume = {accessModes: ['ReadWriteOnce'], storageClassName: name, capacity: {storage: '1Gi'}, hostPath: {path: '/x'}};
    await world.client.create(persistentVolumes, {metadata: {name}, spec: volume});
    await world.create(pods, 'p', {
      spec: {
        containers: [{name: 'c', image: 'i'}],
        volumes: [{name: 'data', ephemeral: {volumeClaimTemplate: {spec: claim}}}],
      },
    });
    await world.rest();
    assert.equal((await world.get(persistentVolumeClaims, 'p-data')).status?.phase, 'Bound');
    await world.remove(pods, 'p', {propagationPolicy: 'Foreground'});
    await world.rest();
    assert.deepEqual([await world.names(persistentVolumeClaims), await world.names(pods)], [[], []]);
    await world.client.delete(persistentVolumes, {name});
  });
});
