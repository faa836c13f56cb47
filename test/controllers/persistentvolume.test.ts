import assert from 'node:assert/strict';
import type {PersistentVolume} from '../../server/api/kinds.generated.ts';
import {events, persistentVolumeClaims, persistentVolumes, storageClasses} from '../../server/api/resource-types.generated.ts';
import {useWorld} from '../support/world.ts';

const AMOUNT = {accessModes: ['ReadWriteOnce'], resources: {requests: {storage: '1Gi'}}};

describe('persistentvolume binder', () => {
  const world = useWorld({nodes: 0});
  const volume = (name: string): Promise<PersistentVolume> => world.client.get(persistentVolumes, {name});

  /** Makes a volume, has it claimed and the claim deleted. */
  const release = async (spec: object): Promise<string> => {
    const name = `v-${world.namespace}`;
    const all = {capacity: {storage: '1Gi'}, accessModes: ['ReadWriteOnce'], storageClassName: name, ...spec};
    await world.client.create(persistentVolumes, {metadata: {name}, spec: all});
    await world.create(persistentVolumeClaims, 'c', {spec: {...AMOUNT, storageClassName: name}});
    await world.rest();
    assert.equal((await volume(name)).status?.phase, 'Bound');
    await world.remove(persistentVolumeClaims, 'c');
    await world.rest();
    return name;
  };

  it('keeps a released volume', async () => {
    const kept = await release({persistentVolumeReclaimPolicy: 'Retain', hostPath: {path: '/data'}});
    assert.equal((await volume(kept)).status?.phase, 'Released');
  });

  it('fails to delete a folder that is not temporary', async () => {
    const failed = await release({persistentVolumeReclaimPolicy: 'Delete', hostPath: {path: '/data'}});
    const {phase, message} = (await volume(failed)).status ?? {};
    assert.deepEqual([phase, message], ['Failed', 'host_path deleter only supports /tmp/.+ but received provided /data']);
    const told = (await world.client.list(events)).items.filter(({involvedObject}) => involvedObject.name === failed);
    assert.deepEqual(
      told.map(({reason, type}) => [reason, type]),
      [['VolumeFailedDelete', 'Warning']],
    );
  });

  it('deletes a temporary folder', async () => {
    const gone = await release({persistentVolumeReclaimPolicy: 'Delete', hostPath: {path: '/tmp/data'}});
    await assert.rejects(volume(gone), /not found/);
  });

  it('fails to delete what it has no plugin for', async () => {
    const left = await release({persistentVolumeReclaimPolicy: 'Delete', csi: {driver: 'd', volumeHandle: 'h'}});
    assert.match((await volume(left)).status?.message ?? '', /no deletable volume plugin matched$/);
  });

  it('gives the default class to claims without one as soon as there is one', async () => {
    await world.create(persistentVolumeClaims, 'c', {spec: AMOUNT});
    await world.create(persistentVolumeClaims, 'none', {spec: {...AMOUNT, storageClassName: ''}});
    await world.rest();
    const annotations = {'storageclass.kubernetes.io/is-default-class': 'true'};
    await world.client.create(storageClasses, {metadata: {name: world.namespace, annotations}, provisioner: 'example.com/disks'});
    await world.rest();
    assert.equal((await world.get(persistentVolumeClaims, 'c')).spec?.storageClassName, world.namespace);
    assert.equal((await world.get(persistentVolumeClaims, 'none')).spec?.storageClassName, '');
    await world.client.delete(storageClasses, {name: world.namespace});
  });
});
