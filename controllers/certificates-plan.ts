import type {CertificateSigningRequest, CertificateSigningRequestCondition} from '../server/api/kinds.generated.ts';
import {parseTime} from '../server/api/time.ts';

/** What a certificate request asks to be certified. */
export interface RequestedIdentity {
  commonName: string;
  organizations: string[];
  dnsNames: string[];
  ipAddresses: string[];
  emailAddresses: string[];
  uris: string[];
}

export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
export const SIGNERS = [
  'kubernetes.io/kubelet-serving',
  KUBELET_CLIENT,
  'kubernetes.io/kube-apiserver-client',
  'kubernetes.io/legacy-unknown',
];

export const hasCondition = ({status}: CertificateSigningRequest, type: string): boolean =>
  status?.conditions?.some(condition => condition.type === type && condition.status !== 'False') ?? false;

/** Why a signer must not sign; undefined: it may (pkg/controller/certificates/signer, pkg/apis/certificates/helpers.go). */
export function refusal(signer: string, identity: RequestedIdentity, usages: readonly string[]): string | undefined {
  switch (signer) {
    case 'kubernetes.io/kube-apiserver-client':
      return clientUsages(usages);
    case KUBELET_CLIENT:
      return (
        nodeSubject(identity) ??
        (identity.dnsNames.length + identity.ipAddresses.length > 0 ? 'DNS or IP subjectAltNames are not allowed' : undefined) ??
        (hasExactly(usages, 'digital signature', 'client auth') ? undefined : usageMismatch('client auth'))
      );
    case 'kubernetes.io/kubelet-serving':
      return (
        nodeSubject(identity) ??
        (identity.dnsNames.length + identity.ipAddresses.length === 0 ? 'DNS or IP subjectAltName is required' : undefined) ??
        (hasExactly(usages, 'digital signature', 'server auth') ? undefined : usageMismatch('server auth'))
      );
    default:
      return undefined;
  }
}

const CLIENT_USAGES = ['client auth', 'digital signature', 'key encipherment'];

function clientUsages(usages: readonly string[]): string | undefined {
  const bad = usages.find(usage => !CLIENT_USAGES.includes(usage));
  if (bad) return `invalid usage for client certificate: ${bad}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

function nodeSubject({organizations, commonName, emailAddresses, uris}: RequestedIdentity): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes';
  if (emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!commonName.startsWith('system:node:')) return 'subject common name does not begin with system:node:';
  return undefined;
}

const hasExactly = (usages: readonly string[], ...wanted: string[]): boolean =>
  wanted.every(usage => usages.includes(usage)) && usages.every(usage => usage === 'key encipherment' || wanted.includes(usage));

const usageMismatch = (purpose: string): string =>
  `usages did not match [digital signature ${purpose}] or [digital signature key encipherment ${purpose}]`;

const HOUR = 3_600_000;
const LIFETIMES = [
  {type: 'Approved', after: HOUR},
  {type: 'Denied', after: HOUR},
  {type: 'Failed', after: HOUR},
];
const PENDING_LIFETIME = 24 * HOUR;

/** Is the request old enough to be cleaned up? (pkg/controller/certificates/cleaner) */
export function isStale(request: CertificateSigningRequest, now: number): boolean {
  const conditions = request.status?.conditions ?? [];
  const since = ({lastUpdateTime}: CertificateSigningRequestCondition) => (lastUpdateTime ? parseTime(lastUpdateTime) : now);
  if (LIFETIMES.some(({type, after}) => conditions.some(condition => condition.type === type && since(condition) + after < now)))
    return true;
  return conditions.length === 0 && parseTime(request.metadata.creationTimestamp!) + PENDING_LIFETIME < now;
}
