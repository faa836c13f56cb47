import type {Strategy} from '../resource.ts';
import {csiDriver} from './csidriver.ts';
import {csiNode} from './csinode.ts';
import {csiStorageCapacity} from './csistoragecapacity.ts';
import {storageClass} from './storageclass.ts';
import {volumeAttachment} from './volumeattachment.ts';
import {volumeAttributesClass} from './volumeattributesclass.ts';

/** Rules of the storage.k8s.io group by kind. */
export const storage: {readonly [kind: string]: Strategy} = {
  CSIDriver: csiDriver,
  CSINode: csiNode,
  CSIStorageCapacity: csiStorageCapacity,
  StorageClass: storageClass,
  VolumeAttachment: volumeAttachment,
  VolumeAttributesClass: volumeAttributesClass,
};
