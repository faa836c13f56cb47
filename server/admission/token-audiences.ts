import type {CSIDriver, PersistentVolume, PersistentVolumeClaim, Pod, Volume} from '../api/kinds.generated.ts';
import type {AdmissionLookup} from './admission.ts';

/** For whom a pod's volumes want tokens of its service account, '' for the API server (NodeRestriction, podReferencesAudience). */
export function tokenAudiences(pod: Pod, lookup: AdmissionLookup): string[] {
  return (pod.spec.volumes ?? []).flatMap(volume => {
    const projected = (volume.projected?.sources ?? []).flatMap(({serviceAccountToken}) => serviceAccountToken ?? []);
    const driver = driverOf(pod, volume, lookup);
    const found = driver ? (lookup.get('storage.k8s.io', 'csidrivers', '', driver) as unknown as CSIDriver | undefined) : undefined;
    return [...projected.map(({audience}) => audience ?? ''), ...(found?.spec.tokenRequests ?? []).map(({audience}) => audience)];
  });
}

/** The CSI driver behind a volume, its own or its claim's. */
function driverOf({metadata}: Pod, {name, csi, persistentVolumeClaim, ephemeral}: Volume, lookup: AdmissionLookup): string | undefined {
  if (csi) return csi.driver;
  const claimName = persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined);
  if (claimName === undefined) return undefined;
  const claim = lookup.get('', 'persistentvolumeclaims', metadata.namespace ?? '', claimName) as unknown as
    | PersistentVolumeClaim
    | undefined;
  const volumeName = claim?.spec?.volumeName;
  const volume = volumeName ? (lookup.get('', 'persistentvolumes', '', volumeName) as unknown as PersistentVolume | undefined) : undefined;
  return volume?.spec?.csi?.driver;
}
