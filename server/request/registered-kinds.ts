import type {GroupVersionKind} from '../api/object.ts';
import {formatGroupVersion} from '../api/object.ts';

/** Kinds that 1.36 still knows in versions it does not serve (the register.go files of k8s.io/api), their lists aside. */
const KINDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    v1: ['List'],
    'admissionregistration.k8s.io/v1beta1': [
      'ValidatingWebhookConfiguration',
      'MutatingWebhookConfiguration',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'MutatingAdmissionPolicy',
      'MutatingAdmissionPolicyBinding',
    ],
    'apps/v1beta1': ['Deployment', 'DeploymentRollback', 'Scale', 'StatefulSet', 'ControllerRevision'],
    'apps/v1beta2': ['Deployment', 'Scale', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ControllerRevision'],
    'batch/v1beta1': ['CronJob'],
    'certificates.k8s.io/v1beta1': ['CertificateSigningRequest', 'ClusterTrustBundle', 'PodCertificateRequest'],
    'coordination.k8s.io/v1beta1': ['Lease', 'LeaseCandidate'],
    'discovery.k8s.io/v1beta1': ['EndpointSlice'],
    'events.k8s.io/v1beta1': ['Event'],
    'extensions/v1beta1': ['Deployment', 'DeploymentRollback', 'Scale', 'DaemonSet', 'Ingress', 'ReplicaSet', 'NetworkPolicy'],
    'networking.k8s.io/v1beta1': ['Ingress', 'IngressClass', 'IPAddress', 'ServiceCIDR'],
    'node.k8s.io/v1beta1': ['RuntimeClass'],
    'policy/v1beta1': ['PodDisruptionBudget', 'Eviction'],
    'rbac.authorization.k8s.io/v1beta1': ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    'scheduling.k8s.io/v1beta1': ['PriorityClass'],
    'storage.k8s.io/v1beta1': ['StorageClass', 'VolumeAttachment', 'CSIDriver', 'CSINode', 'CSIStorageCapacity', 'VolumeAttributesClass'],
  }),
);

/** Is this a kind the server could decode, though it does not serve it? */
export function isRegistered(kind: GroupVersionKind): boolean {
  const kinds = KINDS.get(formatGroupVersion(kind)) ?? [];
  return kinds.includes(kind.kind) || kinds.includes(kind.kind.replace(/List$/, ''));
}
