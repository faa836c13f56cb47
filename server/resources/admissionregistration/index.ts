import type {Strategy} from '../resource.ts';
import {mutatingAdmissionPolicyBinding, validatingAdmissionPolicyBinding} from './bindings.ts';
import {mutatingAdmissionPolicy} from './mutatingadmissionpolicy.ts';
import {validatingAdmissionPolicy} from './validatingadmissionpolicy.ts';
import {mutatingWebhookConfiguration, validatingWebhookConfiguration} from './webhookconfigurations.ts';

/** Rules of the admissionregistration.k8s.io group by kind. */
export const admissionregistration: {readonly [kind: string]: Strategy} = {
  MutatingAdmissionPolicy: mutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding: mutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration: mutatingWebhookConfiguration,
  ValidatingAdmissionPolicy: validatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding: validatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration: validatingWebhookConfiguration,
};
