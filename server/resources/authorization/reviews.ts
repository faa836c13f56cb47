import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, required} from '../../api/field.ts';
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
} from '../../api/kinds.generated.ts';
import type {KubeObject, ObjectMeta} from '../../api/object.ts';
import {internal, pointer, struct} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, validateRequirement} from '../rules.ts';

// Upstream: pkg/apis/authorization/validation/validation.go.

export const subjectAccessReview: Strategy = {
  validate(object) {
    const {metadata, spec} = object as unknown as SubjectAccessReview;
    return collect(validateSubject(spec), hasContent(metadata) && invalid('metadata', shown(metadata), 'must be empty'));
  },
};

export const selfSubjectAccessReview: Strategy = {
  validate(object) {
    const {metadata, spec} = object as unknown as SelfSubjectAccessReview;
    return collect(validateQuestion(spec), hasContent(metadata) && invalid('metadata', shown(metadata), 'must be empty'));
  },
};

export const localSubjectAccessReview: Strategy = {
  validate(object) {
    const {metadata, spec} = object as unknown as LocalSubjectAccessReview;
    const {namespace = '', ...rest} = metadata;
    const {resourceAttributes, nonResourceAttributes} = spec;
    return collect(
      validateSubject(spec),
      hasContent(rest) && invalid('metadata', shown(metadata), 'must be empty except for namespace'),
      resourceAttributes &&
        (resourceAttributes.namespace ?? '') !== namespace &&
        invalid('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', 'must match metadata.namespace'),
      nonResourceAttributes &&
        invalid('spec.nonResourceAttributes', internal(nonResourceAttributes, NON_RESOURCE), 'disallowed on this kind of request'),
    );
  },
};

const NON_RESOURCE = pointer(struct({path: '', verb: ''}));

/** Does metadata say more than what the server cleans up or writes itself? */
const hasContent = ({managedFields: _, creationTimestamp: __, deletionTimestamp: ___, uid: ____, ...rest}: ObjectMeta): boolean =>
  Object.values(rest).some(value => value !== undefined && value !== '');

const shown = ({creationTimestamp: _, deletionTimestamp: __, uid: ___, ...rest}: ObjectMeta): KubeObject['spec'] =>
  rest as KubeObject['spec'];

function validateSubject(spec: SubjectAccessReview['spec']): FieldError[] {
  return collect(
    validateAlternatives(spec),
    !spec.user && !spec.groups?.length && invalid('spec.user', '', 'at least one of user or group must be specified'),
    validateAttributes(spec.resourceAttributes, 'spec.resourceAttributes'),
  );
}

const validateQuestion = (spec: SelfSubjectAccessReview['spec']): FieldError[] =>
  collect(validateAlternatives(spec), validateAttributes(spec.resourceAttributes, 'spec.resourceAttributes'));

function validateAlternatives({resourceAttributes, nonResourceAttributes}: SelfSubjectAccessReview['spec']): FieldError | undefined {
  if (resourceAttributes && nonResourceAttributes)
    return invalid(
      'spec.nonResourceAttributes',
      internal(nonResourceAttributes, NON_RESOURCE),
      'cannot be specified in combination with resourceAttributes',
    );
  return resourceAttributes || nonResourceAttributes
    ? undefined
    : invalid('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified');
}

const validateAttributes = (attributes: ResourceAttributes | undefined, path: FieldPath): FieldError[] =>
  collect(
    attributes?.fieldSelector && validateFieldSelector(attributes.fieldSelector, child(path, 'fieldSelector')),
    attributes?.labelSelector && validateLabels(attributes.labelSelector, child(path, 'labelSelector')),
  );

/** Either text or requirements; undefined: requirements, to be looked at. */
function selectorForm(selector: FieldSelectorAttributes | LabelSelectorAttributes, path: FieldPath): FieldError[] {
  const written = Boolean(selector.rawSelector);
  const listed = (selector.requirements?.length ?? 0) > 0;
  return collect(
    written && listed && invalid(child(path, 'rawSelector'), selector.rawSelector, 'may not specified at the same time as requirements'),
    !written && !listed && required(child(path, 'requirements'), `when ${path} is specified, requirements or rawSelector is required`),
  );
}

const validateLabels = (selector: LabelSelectorAttributes, path: FieldPath): FieldError[] =>
  collect(
    selectorForm(selector, path),
    each(selector.requirements, child(path, 'requirements'), (requirement, at) =>
      validateRequirement(requirement, at, {anyOperator: true}),
    ),
  );

const validateFieldSelector = (selector: FieldSelectorAttributes, path: FieldPath): FieldError[] =>
  collect(
    selectorForm(selector, path),
    each(selector.requirements, child(path, 'requirements'), ({key, operator, values}, at) =>
      collect(
        !key && required(child(at, 'key'), 'must be specified'),
        (operator === 'In' || operator === 'NotIn') &&
          !values?.length &&
          required(child(at, 'values'), "must be specified when `operator` is 'In' or 'NotIn'"),
        (operator === 'Exists' || operator === 'DoesNotExist') &&
          values?.length &&
          forbiddenField(child(at, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      ),
    ),
  );
