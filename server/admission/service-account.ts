import type {Container, Pod, PodSpec, ServiceAccount, Volume} from '../api/kinds.generated.ts';
import {secretNames} from '../api/pod-references.ts';
import type {Random} from '../api/random.ts';
import {randomSuffix} from '../api/random.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse, unaskable} from './admission.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const ENFORCE_SECRETS = 'kubernetes.io/enforce-mountable-secrets';
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
// An hour and seven seconds: real tokens can be told from ones that somebody asked an hour for.
const TOKEN_SECONDS = 3607;

/** Gives a pod its service account, the account's pull secrets, and a token volume in every container. */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: ({operation, resource, subresource}) =>
    operation === 'CREATE' && resource.group === '' && resource.resource === 'pods' && subresource === '',
  admit(request, lookup) {
    const pod = request.object as unknown as Pod;
    const {spec} = pod;
    if (pod.metadata.annotations?.[MIRROR] !== undefined) return refuseMirror(request, pod);
    if (!spec.serviceAccountName) spec.serviceAccountName = 'default';
    spec.serviceAccount = spec.serviceAccountName;
    const account = find(request, spec.serviceAccountName, lookup);
    limitSecrets(request, spec, account);
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, lookup.random);
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
      spec.imagePullSecrets = account.imagePullSecrets.map(({name}) => ({...(name && {name})}));
    }
  },
};

/** Mirror pods only show what a kubelet runs by itself: they may not use what the API would have to grant. */
function refuseMirror(request: AdmissionRequest, pod: Pod): void {
  if (pod.spec.serviceAccountName) throw refuse(request, 'a mirror pod may not reference service accounts');
  if (secretNames(pod).some(Boolean)) throw refuse(request, 'a mirror pod may not reference secrets');
  if ((pod.spec.volumes ?? []).some(({projected}) => projected?.sources?.some(source => source.serviceAccountToken))) {
    throw refuse(request, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
}

function find(request: AdmissionRequest, name: string, lookup: AdmissionLookup): ServiceAccount {
  const found = lookup.get('', 'serviceaccounts', request.namespace, name);
  if (found === undefined) {
    const why = unaskable(name) ?? `serviceaccount ${JSON.stringify(name)} not found`;
    throw refuse(request, `error looking up service account ${request.namespace}/${name}: ${why}`);
  }
  return found as unknown as ServiceAccount;
}

function limitSecrets(request: AdmissionRequest, spec: PodSpec, account: ServiceAccount): void {
  if (!/^(1|t|T|TRUE|true|True)$/.test(account.metadata.annotations?.[ENFORCE_SECRETS] ?? '')) return;
  const mountable = new Set((account.secrets ?? []).map(({name}) => name));
  const name = account.metadata.name!;
  for (const {secret} of spec.volumes ?? []) {
    if (secret && !mountable.has(secret.secretName)) {
      throw refuse(
        request,
        `volume with secret.secretName=${JSON.stringify(secret.secretName ?? '')} is not allowed because service account ${name} does not reference that secret`,
      );
    }
  }
  for (const [type, containers] of [
    ['init container', spec.initContainers],
    ['container', spec.containers],
  ] as const) {
    for (const container of containers ?? []) refuseSecretReferences(request, type, container, mountable, name);
  }
  const pulls = new Set((account.imagePullSecrets ?? []).map(reference => reference.name));
  for (const [index, {name: secret}] of (spec.imagePullSecrets ?? []).entries()) {
    if (!pulls.has(secret)) {
      throw refuse(
        request,
        `imagePullSecrets[${index}].name=${JSON.stringify(secret ?? '')} is not allowed because service account ${name} does not reference that imagePullSecret`,
      );
    }
  }
}

function refuseSecretReferences(
  request: AdmissionRequest,
  type: string,
  container: Container,
  mountable: Set<string | undefined>,
  account: string,
): void {
  for (const {name, valueFrom} of container.env ?? []) {
    const secret = valueFrom?.secretKeyRef;
    if (secret && !mountable.has(secret.name)) {
      throw refuse(
        request,
        `${type} ${container.name} with envVar ${name} referencing secret.secretName=${JSON.stringify(secret.name ?? '')} is not allowed because service account ${account} does not reference that secret`,
      );
    }
  }
  for (const {secretRef} of container.envFrom ?? []) {
    if (secretRef && !mountable.has(secretRef.name)) {
      throw refuse(
        request,
        `${type} ${container.name} with envFrom referencing secret.secretName=${JSON.stringify(secretRef.name ?? '')} is not allowed because service account ${account} does not reference that secret`,
      );
    }
  }
}

function mountToken(spec: PodSpec, random: Random): void {
  const present = spec.volumes?.find(({name}) => name.startsWith('kube-api-access-'))?.name;
  const name = present ?? `kube-api-access-${randomSuffix(random)}`;
  let mounted = false;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (container.volumeMounts?.some(({mountPath}) => mountPath === TOKEN_PATH)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), {name, readOnly: true, mountPath: TOKEN_PATH}];
    mounted = true;
  }
  if (mounted && present === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

const tokenVolume = (name: string): Volume => ({
  name,
  projected: {
    sources: [
      {serviceAccountToken: {expirationSeconds: TOKEN_SECONDS, path: 'token'}},
      {configMap: {name: 'kube-root-ca.crt', items: [{key: 'ca.crt', path: 'ca.crt'}]}},
      {downwardAPI: {items: [{path: 'namespace', fieldRef: {apiVersion: 'v1', fieldPath: 'metadata.namespace'}}]}},
    ],
    defaultMode: 420,
  },
});
