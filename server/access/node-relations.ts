import type {PersistentVolume, PersistentVolumeClaim, Pod, ResourceSlice, VolumeAttachment} from '../api/kinds.generated.ts';
import {configMapNames, secretNames} from '../api/pod-references.ts';
import type {ResourceStorage} from '../storage/types.ts';

/** Is an object of a resource needed on the node, by a pod there or by itself? `namespace` is '' for what is in none. */
export type IsRelated = (node: string, resource: string, namespace: string, name: string) => boolean;

const MIRROR = 'kubernetes.io/config.mirror';

/** What belongs to a node by its pods, or names it (plugin/pkg/auth/authorizer/node/graph.go). */
export function createNodeRelations(storage: (group: string, resource: string) => ResourceStorage): IsRelated {
  const pods = storage('', 'pods');
  const claims = storage('', 'persistentvolumeclaims');
  const volumes = storage('', 'persistentvolumes');
  const attachments = storage('storage.k8s.io', 'volumeattachments');
  const slices = storage('resource.k8s.io', 'resourceslices');
  // Nobody gets rights by a pod that a node made up.
  const podsOf = function* (node: string): Iterable<Pod> {
    for (const entry of pods.snapshot().indexed(node)) {
      const pod = entry.object as unknown as Pod;
      if (pod.metadata.annotations?.[MIRROR] === undefined) yield pod;
    }
  };
  const named = (node: string, resource: string, namespace: string, name: string): boolean => {
    for (const pod of podsOf(node)) if (pod.metadata.namespace === namespace && NAMES[resource]!(pod).includes(name)) return true;
    return false;
  };
  const boundVolumes = function* (node: string): Iterable<PersistentVolume> {
    for (const pod of podsOf(node)) {
      for (const claim of claimsOf(pod)) {
        const {volumeName} = (claims.get(`${pod.metadata.namespace}/${claim}`)?.object as PersistentVolumeClaim | undefined)?.spec ?? {};
        const volume = volumeName ? (volumes.get(volumeName)?.object as PersistentVolume | undefined) : undefined;
        const {namespace, name} = volume?.spec?.claimRef ?? {};
        if (volume && namespace === pod.metadata.namespace && name === claim) yield volume;
      }
    }
  };
  const checks: {readonly [resource: string]: (node: string, namespace: string, name: string) => boolean} = {
    pods: (node, namespace, name) => (pods.get(`${namespace}/${name}`)?.object as Pod | undefined)?.spec?.nodeName === node,
    persistentvolumes: (node, _namespace, name) => some(boundVolumes(node), ({metadata}) => metadata.name === name),
    volumeattachments: (node, _namespace, name) => (attachments.get(name)?.object as VolumeAttachment | undefined)?.spec.nodeName === node,
    resourceslices: (node, _namespace, name) => (slices.get(name)?.object as ResourceSlice | undefined)?.spec.nodeName === node,
    secrets: (node, namespace, name) =>
      named(node, 'secrets', namespace, name) ||
      some(boundVolumes(node), volume => volumeSecrets(volume).some(secret => secret.namespace === namespace && secret.name === name)),
  };
  return (node, resource, namespace, name) =>
    Object.hasOwn(checks, resource) ? checks[resource]!(node, namespace, name) : named(node, resource, namespace, name);
}

function some<T>(values: Iterable<T>, test: (value: T) => boolean): boolean {
  for (const value of values) if (test(value)) return true;
  return false;
}

/** What a pod names of each resource. */
const NAMES: {readonly [resource: string]: (pod: Pod) => (string | undefined)[]} = {
  secrets: secretNames,
  configmaps: configMapNames,
  persistentvolumeclaims: claimsOf,
  serviceaccounts: ({spec}) => [spec.serviceAccountName],
  resourceclaims: ({spec, status}) => [
    ...(spec.resourceClaims ?? []).map(
      ({name, resourceClaimName}) =>
        resourceClaimName ?? status?.resourceClaimStatuses?.find(({name: template}) => template === name)?.resourceClaimName,
    ),
    status?.extendedResourceClaimStatus?.resourceClaimName,
  ],
};

function claimsOf({spec, metadata}: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({name, persistentVolumeClaim, ephemeral}) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : ephemeral ? [`${metadata.name}-${name}`] : [],
  );
}

/** The secrets by which a node mounts a volume; those that only controllers need are not among them. */
function volumeSecrets({spec}: PersistentVolume): {namespace: string; name: string}[] {
  const {azureFile, cephfs, csi, flexVolume, iscsi, rbd, scaleIO, storageos, cinder, claimRef} = spec ?? {};
  const own = claimRef?.namespace ?? '';
  const refs: {name?: string; namespace?: string | null}[] = [
    ...[cephfs, flexVolume, iscsi, rbd, scaleIO, storageos, cinder].flatMap(source => source?.secretRef ?? []),
    ...[csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef].flatMap(ref => ref ?? []),
    ...(azureFile ? [{name: azureFile.secretName, namespace: azureFile.secretNamespace ?? own}] : []),
  ];
  return refs.map(({name = '', namespace}) => ({name, namespace: namespace || own}));
}
