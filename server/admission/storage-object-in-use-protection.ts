import type {AdmissionPlugin} from './admission.ts';

const FINALIZERS: {readonly [resource: string]: string} = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
  'volumeattributesclasses.storage.k8s.io': 'kubernetes.io/vac-protection',
};

const finalizerOf = ({group, resource}: {group: string; resource: string}): string | undefined =>
  FINALIZERS[group === '' ? resource : `${resource}.${group}`];

/** Volumes and claims cannot vanish under a pod: a finalizer holds them until nobody uses them. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: ({operation, resource, subresource}) => operation === 'CREATE' && subresource === '' && finalizerOf(resource) !== undefined,
  admit({object, resource}) {
    const finalizer = finalizerOf(resource)!;
    const {metadata} = object!;
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
