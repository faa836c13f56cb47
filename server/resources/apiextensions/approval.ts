import type {FieldError} from '../../api/field.ts';
import {at, invalid, required} from '../../api/field.ts';
import type {CustomResourceDefinition} from '../../api/kinds.generated.ts';

const ANNOTATION = 'api-approved.kubernetes.io';
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111';
const WANTED = `protected groups must have approval annotation "${ANNOTATION}"`;
const MISSING = `${WANTED}, ${SEE}`;
const INVALID = `${WANTED} with either a URL or a reason starting with "unapproved", ${SEE}`;

/** How a protected group's annotation shows in the CRD's conditions; undefined: the group is nobody's in particular. */
export function approvalCondition({
  metadata,
  spec,
}: CustomResourceDefinition): {status: string; reason: string; message: string} | undefined {
  if (!isProtected(spec.group)) return undefined;
  const value = metadata.annotations?.[ANNOTATION];
  switch (approvalOf(value)) {
    case 'missing':
      return {status: 'False', reason: 'MissingAnnotation', message: MISSING};
    case 'invalid':
      return {status: 'False', reason: 'InvalidAnnotation', message: INVALID};
    case 'bypassed':
      return {status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: ${JSON.stringify(value)}`};
    case 'approved':
      return {status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${value}`};
  }
}

/** Groups that belong to Kubernetes want its approval. */
const isProtected = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

type Approval = 'missing' | 'invalid' | 'bypassed' | 'approved';

function approvalOf(value: string | undefined): Approval {
  if (value === undefined || value === '') return 'missing';
  if (value.startsWith('unapproved')) return 'bypassed';
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/\s]+\S*$/.test(value) ? 'approved' : 'invalid';
}

export function validateApproval({metadata, spec}: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  if (!isProtected(spec.group)) return [];
  const value = metadata.annotations?.[ANNOTATION];
  const approval = approvalOf(value);
  if (old && approvalOf(old.metadata.annotations?.[ANNOTATION]) === approval) return [];
  const path = at('metadata.annotations', ANNOTATION);
  if (approval === 'missing') return [required(path, MISSING)];
  if (approval === 'invalid') return [invalid(path, value, INVALID)];
  return [];
}
