import type {PersistentVolumeClaim, StorageClass} from '../api/kinds.generated.ts';
import {compareQuantity} from '../api/quantity.ts';
import type {AdmissionPlugin} from './admission.ts';
import {refuse} from './admission.ts';

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** Only claims of a class that allows it can grow (plugin/pkg/admission/storage/persistentvolume/resize). */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: ({operation, resource, subresource}) =>
    operation === 'UPDATE' && resource.group === '' && resource.resource === 'persistentvolumeclaims' && subresource === '',
  validate(request, lookup) {
    const {object, old} = request;
    const [claim, before] = [object, old] as unknown as [PersistentVolumeClaim, PersistentVolumeClaim];
    const size = ({spec}: PersistentVolumeClaim) => spec?.resources?.requests?.storage ?? '0';
    if (compareQuantity(size(claim), size(before)) <= 0) return;
    if (before.status?.phase !== 'Bound') throw refuse(request, 'Only bound persistent volume claims can be expanded');
    const className = claim.metadata.annotations?.[BETA_CLASS] ?? claim.spec?.storageClassName ?? '';
    const found = className === '' ? undefined : lookup.get('storage.k8s.io', 'storageclasses', '', className);
    if ((found as unknown as StorageClass | undefined)?.allowVolumeExpansion) return;
    throw refuse(
      request,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
  },
};
