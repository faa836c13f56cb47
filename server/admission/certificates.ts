import type {AccessAttributes} from '../access/authorizer.ts';
import type {CertificateSigningRequest} from '../api/kinds.generated.ts';
import {jsonEqual} from '../patch/equal.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse} from './admission.ts';
import {subjectNames} from './certificate-subject.ts';

const isRequest = ({resource}: AdmissionRequest): boolean =>
  resource.group === 'certificates.k8s.io' && resource.resource === 'certificatesigningrequests';

/** Approving needs the verb `approve` on the signer (plugin/pkg/admission/certificates). */
export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  handles: request => request.operation === 'UPDATE' && request.subresource === 'approval' && isRequest(request),
  validate: (request, lookup) => checkSigner(request, lookup, 'approve'),
};

/** Giving out a certificate, or saying that it failed, needs the verb `sign` on the signer. */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: request => request.operation === 'UPDATE' && request.subresource === 'status' && isRequest(request),
  async validate(request, lookup) {
    const [now, before] = [request.object, request.old] as unknown as [CertificateSigningRequest, CertificateSigningRequest];
    const same =
      now.status?.certificate === before.status?.certificate && jsonEqual(now.status?.conditions ?? [], before.status?.conditions ?? []);
    if (!same) await checkSigner(request, lookup, 'sign');
  },
};

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';

/** Nobody becomes an administrator by a client certificate. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: request => request.operation === 'CREATE' && request.subresource === '' && isRequest(request),
  validate(request) {
    const {spec} = request.object as unknown as CertificateSigningRequest;
    if (spec.signerName !== CLIENT_SIGNER || !subjectNames(spec.request, 'organization').includes('system:masters')) return;
    throw refuse(request, `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`);
  },
};

/** The right may be given for one signer or for all of a domain. */
async function checkSigner(request: AdmissionRequest, {authorizer}: AdmissionLookup, verb: 'approve' | 'sign'): Promise<void> {
  const {old, identity} = request;
  const {signerName} = (old as unknown as CertificateSigningRequest).spec;
  const attributes = (signer: string): AccessAttributes => ({
    identity,
    verb,
    isResource: true,
    group: 'certificates.k8s.io',
    version: '*',
    resource: 'signers',
    subresource: '',
    namespace: '',
    name: signer,
    path: '',
  });
  const names = [signerName, `${signerName.split('/')[0]}/*`];
  for (const signer of names) if ((await authorizer(attributes(signer))).allowed) return;
  throw refuse(request, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}
