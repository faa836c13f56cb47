import assert from 'node:assert/strict';
import {
  csidrivers,
  csiStorageCapacities,
  events,
  persistentVolumeClaims,
  pods,
  storageClasses,
} from '../../../server/api/resource-types.generated.ts';
import {useWorld} from '../../support/world.ts';

describe('scheduling by storage capacity', () => {
  const world = useWorld({nodes: 2});

  it('takes no node where the driver has no room', async () => {
    const provisioner = 'disks.example.com';
    await world.client.create(csidrivers, {metadata: {name: provisioner}, spec: {storageCapacity: true}});
    await world.client.create(storageClasses, {metadata: {name: 'disks'}, provisioner, volumeBindingMode: 'WaitForFirstConsumer'});
    const capacity = (node: string, amount: string) =>
      world.create(csiStorageCapacities, node, {
        storageClassName: 'disks',
        capacity: amount,
        nodeTopology: {matchLabels: {'kubernetes.io/hostname': node}},
      });
    await capacity('node-1', '1Gi');
    const spec = {accessModes: ['ReadWriteOnce'], storageClassName: 'disks', resources: {requests: {storage: '2Gi'}}};
    await world.create(persistentVolumeClaims, 'c', {spec});
    await world.create(pods, 'p', {
      spec: {containers: [{name: 'c', image: 'i'}], volumes: [{name: 'v', persistentVolumeClaim: {claimName: 'c'}}]},
    });
    await world.rest();
    const [told] = (await world.list(events)).filter(({reason}) => reason === 'FailedScheduling');
    assert.match(told?.message ?? '', /^0\/2 nodes are available: 2 node\(s\) did not have enough free storage\./);
    await capacity('node-2', '3Gi');
    await world.rest();
    const {annotations} = (await world.get(persistentVolumeClaims, 'c')).metadata;
    assert.equal(annotations?.['volume.kubernetes.io/selected-node'], 'node-2');
  });
});
