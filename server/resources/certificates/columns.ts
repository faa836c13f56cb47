import type {CertificateSigningRequest} from '../../api/kinds.generated.ts';
import type {ColumnsByKind} from '../printing.ts';
import {AGE, column, humanDuration, NAME, NONE} from '../printing.ts';

export const columns: ColumnsByKind = {
  CertificateSigningRequest: [
    NAME,
    AGE,
    column<CertificateSigningRequest>(
      'SignerName',
      ({spec}) => spec?.signerName ?? '',
      'api.certificates.v1beta1.CertificateSigningRequestSpec.signerName',
    ),
    column<CertificateSigningRequest>(
      'Requestor',
      ({spec}) => spec?.username ?? '',
      'api.certificates.v1beta1.CertificateSigningRequestSpec.request',
    ),
    column<CertificateSigningRequest>(
      'RequestedDuration',
      ({spec}) => (spec?.expirationSeconds === undefined ? NONE : humanDuration(spec.expirationSeconds * 1000)),
      'CertificateSigningRequestSpec.expirationSeconds',
    ),
    column<CertificateSigningRequest>('Condition', printCondition, 'api.certificates.v1beta1.CertificateSigningRequestStatus.conditions'),
  ],
};

function printCondition({status}: Partial<CertificateSigningRequest>): string {
  const has = (wanted: string): boolean => status?.conditions?.some(({type}) => type === wanted) ?? false;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`;
}
