import type {FieldError} from '../api/field.ts';
import {invalid} from '../api/field.ts';
import type {SubjectAccessReview} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {collect} from '../resources/rules.ts';

/** What is wrong with a question about access (pkg/apis/authorization/validation); other reviews have no rules. */
export function validateReview(kind: string, object: KubeObject): FieldError[] {
  if (!kind.endsWith('SubjectAccessReview') && kind !== 'SelfSubjectAccessReview') return [];
  const {user, groups, resourceAttributes, nonResourceAttributes} = (object as unknown as SubjectAccessReview).spec ?? {};
  const shown = nonResourceAttributes && {Path: nonResourceAttributes.path ?? '', Verb: nonResourceAttributes.verb ?? ''};
  const local = kind === 'LocalSubjectAccessReview';
  return collect(
    resourceAttributes &&
      shown &&
      invalid('spec.nonResourceAttributes', shown, 'cannot be specified in combination with resourceAttributes'),
    !resourceAttributes &&
      !shown &&
      invalid('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'),
    kind !== 'SelfSubjectAccessReview' &&
      !user &&
      !groups?.length &&
      invalid('spec.user', user ?? '', 'at least one of user or group must be specified'),
    local &&
      resourceAttributes &&
      (resourceAttributes.namespace ?? '') !== (object.metadata.namespace ?? '') &&
      invalid('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', 'must match metadata.namespace'),
    local && shown && invalid('spec.nonResourceAttributes', shown, 'disallowed on this kind of request'),
  );
}
