import type {CSIDriver, CSINode, StorageClass, VolumeAttachment, VolumeAttributesClass} from '../../api/kinds.generated.ts';
import type {ColumnsByKind, PrintedColumn} from '../printing.ts';
import {AGE, CREATED_AT, column, NAME, NONE, UNSET} from '../printing.ts';

const DEFAULT_CLASS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

export const columns: ColumnsByKind = {
  CSIDriver: [
    NAME,
    column<CSIDriver>('AttachRequired', ({spec}) => spec?.attachRequired ?? true, 'CSIDriverSpec.attachRequired'),
    column<CSIDriver>('PodInfoOnMount', ({spec}) => spec?.podInfoOnMount ?? false, 'CSIDriverSpec.podInfoOnMount'),
    column<CSIDriver>('StorageCapacity', ({spec}) => spec?.storageCapacity ?? false, 'CSIDriverSpec.storageCapacity'),
    column<CSIDriver>(
      'TokenRequests',
      ({spec}) => spec?.tokenRequests?.map(({audience}) => audience).join(',') ?? UNSET,
      'CSIDriverSpec.tokenRequests',
    ),
    column<CSIDriver>('RequiresRepublish', ({spec}) => spec?.requiresRepublish ?? false, 'CSIDriverSpec.requiresRepublish'),
    column<CSIDriver>('Modes', ({spec}) => spec?.volumeLifecycleModes?.join(',') || NONE, 'CSIDriverSpec.volumeLifecycleModes'),
    AGE,
  ],
  CSINode: [NAME, column<CSINode>('Drivers', ({spec}) => spec?.drivers?.length ?? 0), AGE],
  CSIStorageCapacity: [NAME, CREATED_AT],
  StorageClass: [
    nameOfClass(DEFAULT_CLASS),
    column<StorageClass>('Provisioner', ({provisioner}) => provisioner ?? '', 'StorageClass.provisioner'),
    column<StorageClass>('ReclaimPolicy', ({reclaimPolicy}) => reclaimPolicy ?? 'Delete', 'StorageClass.reclaimPolicy'),
    column<StorageClass>('VolumeBindingMode', ({volumeBindingMode}) => volumeBindingMode ?? 'Immediate', 'StorageClass.volumeBindingMode'),
    column<StorageClass>(
      'AllowVolumeExpansion',
      ({allowVolumeExpansion}) => allowVolumeExpansion ?? false,
      'StorageClass.allowVolumeExpansion',
    ),
    AGE,
  ],
  VolumeAttachment: [
    NAME,
    column<VolumeAttachment>('Attacher', ({spec}) => spec?.attacher ?? '', 'VolumeAttachmentSpec.attacher'),
    column<VolumeAttachment>('PV', ({spec}) => spec?.source?.persistentVolumeName ?? '', 'VolumeAttachmentSource.persistentVolumeName'),
    column<VolumeAttachment>('Node', ({spec}) => spec?.nodeName ?? '', 'VolumeAttachmentSpec.nodeName'),
    column<VolumeAttachment>('Attached', ({status}) => status?.attached ?? false, 'VolumeAttachmentStatus.attached'),
    AGE,
  ],
  VolumeAttributesClass: [
    nameOfClass(['volumeattributesclass.alpha.kubernetes.io/is-default-class']),
    column<VolumeAttributesClass>('DriverName', ({driverName}) => driverName ?? '', 'VolumeAttributesClass.driverName'),
    AGE,
  ],
};

/** The name column of a kind one object of which can be the default, by an annotation. */
function nameOfClass(annotations: readonly string[]): PrintedColumn {
  return {
    ...NAME,
    print: ({metadata}) => {
      const isDefault = annotations.some(key => metadata?.annotations?.[key] === 'true');
      return `${metadata?.name ?? ''}${isDefault ? ' (default)' : ''}`;
    },
  };
}
