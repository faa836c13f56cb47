import type {PersistentVolumeClaim} from '../api/kinds.generated.ts';
import {parseTime} from '../api/time.ts';
import type {AdmissionPlugin} from './admission.ts';

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const BETA_DEFAULT_CLASS = 'storageclass.beta.kubernetes.io/is-default-class';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** Claims that name no class get the newest default one. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: ({operation, resource, subresource}) =>
    operation === 'CREATE' && resource.group === '' && resource.resource === 'persistentvolumeclaims' && subresource === '',
  admit({object}, lookup) {
    const claim = object as unknown as PersistentVolumeClaim;
    if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[BETA_CLASS] !== undefined) return;
    const defaults = lookup
      .list('storage.k8s.io', 'storageclasses')
      .filter(({metadata}) => metadata.annotations?.[DEFAULT_CLASS] === 'true' || metadata.annotations?.[BETA_DEFAULT_CLASS] === 'true')
      .sort(
        (a, b) =>
          parseTime(b.metadata.creationTimestamp!) - parseTime(a.metadata.creationTimestamp!) ||
          (a.metadata.name! < b.metadata.name! ? -1 : 1),
      );
    if (defaults[0]) claim.spec.storageClassName = defaults[0].metadata.name!;
  },
};
