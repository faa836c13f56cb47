import type {JsonObject} from '../api/json.ts';
import type {
  CertificateSigningRequest,
  CSINode,
  Lease,
  Node,
  PersistentVolumeClaim,
  Pod,
  ResourceSlice,
  TokenRequest,
} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {formatGroupResource} from '../api/object.ts';
import {configMapNames, secretNames} from '../api/pod-references.ts';
import {notFound} from '../api/status.ts';
import {jsonEqual} from '../patch/equal.ts';
import {requestError} from '../resources/certificates/pem.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse} from './admission.ts';
import {subjectNames} from './certificate-subject.ts';
import {changedLabels} from './node-labels.ts';
import {tokenAudiences} from './token-audiences.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const LEASES = 'kube-node-lease';

/** A kubelet's request, and the name of its node. */
type Check = (request: AdmissionRequest, node: string, lookup: AdmissionLookup) => void | Promise<void>;

/** Keeps kubelets to their own node and its pods (plugin/pkg/admission/noderestriction). Off by default. */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: ({operation, identity, resource, subresource}) =>
    operation !== 'CONNECT' && isNode(identity.name, identity.groups) && checkOf(resource, subresource) !== undefined,
  admit(request, lookup) {
    const node = request.identity.name.slice(PREFIX.length);
    if (node === '') throw refuse(request, `could not determine node from user ${JSON.stringify(request.identity.name)}`);
    return checkOf(request.resource, request.subresource)!(request, node, lookup);
  },
};

const PREFIX = 'system:node:';
const isNode = (name: string, groups: readonly string[]): boolean => name.startsWith(PREFIX) && groups.includes('system:nodes');

const checkOf = (resource: {group: string; resource: string}, subresource: string): Check | undefined => {
  const name = formatGroupResource(resource);
  if (subresource === '') return CHECKS[name];
  return CHECKS[`${name}/${subresource}`] ?? (name === 'pods' ? refusePodSubresource : undefined);
};

function refusePodSubresource(request: AdmissionRequest): void {
  throw refuse(request, `unexpected pod subresource ${JSON.stringify(request.subresource)}, only 'status' and 'eviction' are allowed`);
}

const quoted = (node: string): string => `node ${JSON.stringify(node)}`;

function checkPod(request: AdmissionRequest, node: string, lookup: AdmissionLookup): void {
  const {operation, old} = request;
  if (operation === 'CREATE') {
    checkMirror(request, node, lookup);
    return;
  }
  if (operation !== 'DELETE') {
    throw refuse(request, `unexpected operation ${JSON.stringify(operation)}, ${quoted(node)} can only create and delete mirror pods`);
  }
  if ((old as unknown as Pod).spec.nodeName !== node) {
    throw refuse(request, `${quoted(node)} can only delete pods with spec.nodeName set to itself`);
  }
}

function checkMirror(request: AdmissionRequest, node: string, lookup: AdmissionLookup): void {
  const {metadata, spec} = request.object as unknown as Pod;
  if (metadata.annotations?.[MIRROR] === undefined) {
    throw refuse(request, `pod does not have ${JSON.stringify(MIRROR)} annotation, ${quoted(node)} can only create mirror pods`);
  }
  const may = (what: string) => refuse(request, `${quoted(node)} can only create pods with ${what}`);
  if (spec.nodeName !== node) throw may('spec.nodeName set to itself');
  const [owner, ...others] = metadata.ownerReferences ?? [];
  if (others.length > 0) throw may('a single owner reference set to itself');
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) throw may('an owner reference set to itself');
  if (!owner.controller) throw may('a controller owner reference set to itself');
  if (owner.blockOwnerDeletion) throw refuse(request, `${quoted(node)} must not set blockOwnerDeletion on an owner reference`);
  const found = lookup.get('', 'nodes', '', node);
  if (!found) throw notFound({group: '', resource: 'node'}, node);
  const {uid} = found.metadata;
  if (owner.uid !== uid) throw refuse(request, `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
  const used = referenced(request.object as unknown as Pod);
  if (used !== undefined) throw refuse(request, `${quoted(node)} can not create pods that reference ${used}`);
}

/** What of the API a pod uses, which a kubelet could so get at. */
function referenced(pod: Pod): string | undefined {
  const {serviceAccountName, volumes = []} = pod.spec;
  if (serviceAccountName) return 'a service account';
  if (secretNames(pod).some(Boolean)) return 'secrets';
  if (configMapNames(pod).some(Boolean)) return 'configmaps';
  if (volumes.some(({projected}) => projected?.sources?.some(({clusterTrustBundle}) => clusterTrustBundle))) return 'clustertrustbundles';
  return volumes.some(({persistentVolumeClaim}) => persistentVolumeClaim) ? 'persistentvolumeclaims' : undefined;
}

function checkPodStatus(request: AdmissionRequest, node: string): void {
  const [pod, before] = [request.object, request.old] as unknown as [Pod, Pod];
  if (before?.spec.nodeName !== node)
    throw refuse(request, `${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`);
  if (!jsonEqual(pod.metadata.labels ?? {}, before.metadata.labels ?? {})) {
    throw refuse(request, `${quoted(node)} cannot update labels through pod status`);
  }
  if (!jsonEqual(pod.status?.resourceClaimStatuses ?? [], before.status?.resourceClaimStatuses ?? []))
    throw refuse(request, `${quoted(node)} cannot update resource claim statues`);
  if (!jsonEqual(pod.status?.extendedResourceClaimStatus ?? null, before.status?.extendedResourceClaimStatus ?? null))
    throw refuse(request, `${quoted(node)} cannot update extended resource claim statuses`);
}

function checkEviction(request: AdmissionRequest, node: string, lookup: AdmissionLookup): void {
  const pod = lookup.get('', 'pods', request.namespace, request.name) as unknown as Pod | undefined;
  if (!pod) throw notFound({group: '', resource: 'pod'}, request.name);
  if (pod.spec.nodeName !== node) throw refuse(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
}

function checkNode(request: AdmissionRequest, node: string): void {
  const {operation, object, old} = request;
  const name = request.name || object?.metadata.name || '';
  if (name !== node) throw refuse(request, `${quoted(node)} is not allowed to modify node ${JSON.stringify(name)}`);
  if (operation !== 'CREATE' && operation !== 'UPDATE') return;
  const labels = changedLabels(object!.metadata.labels, old?.metadata.labels);
  if (operation === 'CREATE') {
    if (labels.length > 0) throw refuse(request, `${quoted(node)} is not allowed to set the following labels: ${labels.join(', ')}`);
    return;
  }
  const [now, before] = [object, old] as unknown as [Node, Node];
  if (!jsonEqual(now.spec?.taints ?? [], before.spec?.taints ?? []))
    throw refuse(request, `${quoted(node)} is not allowed to modify taints`);
  if (!jsonEqual(now.metadata.ownerReferences ?? [], before.metadata.ownerReferences ?? [])) {
    throw refuse(request, `${quoted(node)} is not allowed to modify ownerReferences`);
  }
  if (labels.length > 0) throw refuse(request, `is not allowed to modify labels: ${labels.join(', ')}`);
}

/** Only what a volume's growth changes. */
function checkClaimStatus(request: AdmissionRequest, node: string): void {
  const rest = (claim: KubeObject): JsonObject => {
    const {metadata, status, ...others} = claim as unknown as PersistentVolumeClaim;
    const {resourceVersion: _version, managedFields: _fields, ...kept} = metadata;
    const {capacity: _c, conditions: _o, allocatedResourceStatuses: _s, allocatedResources: _r, ...left} = status ?? {};
    return {...others, metadata: kept, status: left} as JsonObject;
  };
  if (jsonEqual(rest(request.object!), rest(request.old!))) return;
  throw refuse(request, `${quoted(node)} is not allowed to update fields other than status.quantity and status.conditions`);
}

function refuseClaim(request: AdmissionRequest): void {
  throw refuse(request, 'may only update PVC status');
}

/** Tokens only for pods that run here, bound to them, and for whom these pods want tokens. */
async function checkToken(request: AdmissionRequest, node: string, lookup: AdmissionLookup): Promise<void> {
  const ref = (request.object as unknown as TokenRequest).spec.boundObjectRef;
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) throw refuse(request, 'node requested token not bound to a pod');
  if (!ref.uid) throw refuse(request, 'node requested token with a pod binding without a uid');
  const pod = lookup.get('', 'pods', request.namespace, ref.name) as unknown as Pod | undefined;
  if (!pod) throw notFound({group: '', resource: 'pod'}, ref.name);
  if (ref.uid !== pod.metadata.uid) {
    throw refuse(
      request,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec.nodeName !== node) throw refuse(request, 'node requested token bound to a pod scheduled on a different node');
  const {audiences = []} = (request.object as unknown as TokenRequest).spec;
  if (audiences.length > 1) throw refuse(request, 'node may only request 0 or 1 audiences');
  const audience = audiences[0] ?? '';
  if (tokenAudiences(pod, lookup).includes(audience)) return;
  const {allowed} = await lookup.authorizer({
    identity: request.identity,
    verb: 'request-serviceaccounts-token-audience',
    isResource: true,
    group: '',
    version: '*',
    resource: audience,
    subresource: '',
    namespace: request.namespace,
    name: request.name,
    path: '',
  });
  if (!allowed)
    throw refuse(
      request,
      `audience ${JSON.stringify(audience)} not found in pod spec volume, ${request.identity.name} is not authorized to request tokens for this audience`,
    );
}

function checkLease(request: AdmissionRequest, node: string): void {
  const name = request.name || (request.object as unknown as Lease | undefined)?.metadata.name;
  if (request.namespace !== LEASES) throw refuse(request, `can only access leases in the ${JSON.stringify(LEASES)} system namespace`);
  if (name !== node) throw refuse(request, 'can only access node lease with the same name as the requesting node');
}

function checkCsiNode(request: AdmissionRequest, node: string): void {
  const name = request.name || (request.object as unknown as CSINode | undefined)?.metadata.name;
  if (name !== node) throw refuse(request, 'can only access CSINode with the same name as the requesting node');
}

function checkResourceSlice(request: AdmissionRequest, node: string): void {
  const {operation, object, old} = request;
  if (operation === 'UPDATE') return;
  const slice = (object ?? old) as unknown as ResourceSlice;
  const verb = operation === 'CREATE' ? 'create' : 'delete';
  if (slice.spec.nodeName !== node) throw refuse(request, `can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
}

const KUBELET_SIGNERS = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'];

/** Certificates of a kubelet for its own name only. */
function checkSigningRequest(request: AdmissionRequest, node: string): void {
  if (request.operation !== 'CREATE') return;
  const {spec} = request.object as unknown as CertificateSigningRequest;
  if (!KUBELET_SIGNERS.includes(spec.signerName)) return;
  const problem = requestError(spec.request);
  if (problem !== undefined) throw refuse(request, `unable to parse csr: ${problem}`);
  if (subjectNames(spec.request, 'commonName').at(-1) !== PREFIX + node)
    throw refuse(request, `can only create a node CSR with CN=${PREFIX}${node}`);
}

const CHECKS: {readonly [resource: string]: Check} = {
  pods: checkPod,
  'pods/status': checkPodStatus,
  'pods/eviction': checkEviction,
  nodes: checkNode,
  'nodes/status': checkNode,
  persistentvolumeclaims: refuseClaim,
  'persistentvolumeclaims/status': checkClaimStatus,
  'serviceaccounts/token': checkToken,
  'leases.coordination.k8s.io': checkLease,
  'csinodes.storage.k8s.io': checkCsiNode,
  'resourceslices.resource.k8s.io': checkResourceSlice,
  'certificatesigningrequests.certificates.k8s.io': checkSigningRequest,
};
