import type {Container, PersistentVolumeClaim, Pod, Volume} from '../api/kinds.generated.ts';
import type {ResourceStorage} from '../storage/types.ts';

/** Where pods and claims lie; pods are found by their node. */
export interface NodeRelationStorages {
  readonly pods: ResourceStorage;
  readonly claims: ResourceStorage;
}

/** Is an object of a resource needed by a pod on the node? `namespace` is '' for volumes. */
export type IsRelated = (node: string, resource: string, namespace: string, name: string) => boolean;

/** What belongs to a node by its pods (plugin/pkg/auth/authorizer/node/graph.go). */
export function createNodeRelations({pods, claims}: NodeRelationStorages): IsRelated {
  const podsOf = function* (node: string): Iterable<Pod> {
    for (const entry of pods.snapshot().indexed(node)) yield entry.object as unknown as Pod;
  };
  return (node, resource, namespace, name) => {
    for (const pod of podsOf(node)) {
      if (resource === 'persistentvolumes') {
        const bound = claimsOf(pod).map(
          claim => claims.get(`${pod.metadata.namespace}/${claim}`)?.object as PersistentVolumeClaim | undefined,
        );
        if (bound.some(claim => claim?.spec?.volumeName === name)) return true;
      } else if (pod.metadata.namespace === namespace && NAMES[resource]?.(pod).includes(name)) return true;
    }
    return false;
  };
}

/** What a pod names of each resource. */
const NAMES: {readonly [resource: string]: (pod: Pod) => (string | undefined)[]} = {
  secrets: ({spec}) => [
    ...(spec.imagePullSecrets ?? []).map(({name}) => name),
    ...containersOf(spec).flatMap(({env = [], envFrom = []}) => [
      ...env.map(({valueFrom}) => valueFrom?.secretKeyRef?.name),
      ...envFrom.map(({secretRef}) => secretRef?.name),
    ]),
    ...(spec.volumes ?? []).flatMap(secretsOf),
  ],
  configmaps: ({spec}) => [
    ...containersOf(spec).flatMap(({env = [], envFrom = []}) => [
      ...env.map(({valueFrom}) => valueFrom?.configMapKeyRef?.name),
      ...envFrom.map(({configMapRef}) => configMapRef?.name),
    ]),
    ...(spec.volumes ?? []).flatMap(({configMap, projected}) => [
      configMap?.name,
      ...(projected?.sources ?? []).map(source => source.configMap?.name),
    ]),
  ],
  persistentvolumeclaims: claimsOf,
  serviceaccounts: ({spec}) => [spec.serviceAccountName],
};

const containersOf = ({containers, initContainers = [], ephemeralContainers = []}: Pod['spec']): Container[] => [
  ...containers,
  ...initContainers,
  ...(ephemeralContainers as unknown as Container[]),
];

const secretsOf = ({secret, projected, csi, azureFile, cephfs, flexVolume, iscsi, rbd, scaleIO, storageos, cinder}: Volume) => [
  secret?.secretName,
  ...(projected?.sources ?? []).map(source => source.secret?.name),
  csi?.nodePublishSecretRef?.name,
  azureFile?.secretName,
  ...[cephfs, flexVolume, iscsi, rbd, scaleIO, storageos, cinder].map(volume => volume?.secretRef?.name),
];

function claimsOf({spec, metadata}: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({name, persistentVolumeClaim, ephemeral}) =>
    persistentVolumeClaim ? [persistentVolumeClaim.claimName] : ephemeral ? [`${metadata.name}-${name}`] : [],
  );
}
