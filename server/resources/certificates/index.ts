import type {Strategy} from '../resource.ts';
import {certificateSigningRequest} from './certificatesigningrequest.ts';

/** Rules of the certificates.k8s.io group by kind. */
export const certificates: {readonly [kind: string]: Strategy} = {CertificateSigningRequest: certificateSigningRequest};
