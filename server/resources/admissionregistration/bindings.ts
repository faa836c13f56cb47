import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, duplicate, forbiddenField, required} from '../../api/field.ts';
import type {MutatingAdmissionPolicyBinding, ParamRef, ValidatingAdmissionPolicyBinding} from '../../api/kinds.generated.ts';
import {isDNS1123Subdomain, isPathSegmentName} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, named, oneOf, requiredName, requiredOneOf, validateLabelSelector} from '../rules.ts';
import {defaultMatch, validateMatch} from './match.ts';

const defaults = (object: KubeObject): void => defaultMatch((object as MutatingAdmissionPolicyBinding).spec?.matchResources);

/** Upstream: pkg/apis/admissionregistration/{v1,validation}, pkg/registry/admissionregistration/mutatingadmissionpolicybinding. */
export const mutatingAdmissionPolicyBinding: Strategy = {
  defaults,
  validate: object => validate(object, true),
  validateUpdate: object => validate(object, true),
  plainFinalizers: true,
  metadataOnUpdate: 'create',
  allowUnconditionalUpdate: false,
};

/** Upstream: pkg/apis/admissionregistration/{v1,validation}, pkg/registry/admissionregistration/validatingadmissionpolicybinding. */
export const validatingAdmissionPolicyBinding: Strategy = {
  defaults,
  validate: object => validate(object, false),
  validateUpdate: object => validate(object, false),
  plainFinalizers: true,
  metadataOnUpdate: 'create',
  allowUnconditionalUpdate: false,
};

function validate(object: KubeObject, mutating: boolean): FieldError[] {
  const spec: Partial<NonNullable<ValidatingAdmissionPolicyBinding['spec']>> = (object as ValidatingAdmissionPolicyBinding).spec ?? {};
  return collect(
    requiredName(spec.policyName, 'spec.policyName', isDNS1123Subdomain),
    spec.paramRef && validateParamRef(spec.paramRef, 'spec.paramRef'),
    spec.matchResources && validateMatch(spec.matchResources, 'spec.matchResources', mutating),
    !mutating && validateActions(spec.validationActions ?? [], 'spec.validationActions'),
  );
}

function validateParamRef({name, selector, parameterNotFoundAction}: ParamRef, path: FieldPath): FieldError[] {
  const both = 'name and selector are mutually exclusive';
  return collect(
    name && named(name, child(path, 'name'), isPathSegmentName),
    name && selector && forbiddenField(child(path, 'name'), both),
    validateLabelSelector(selector, child(path, 'selector')),
    name && selector && forbiddenField(child(path, 'selector'), both),
    !name && !selector && required(path, 'one of name or selector must be specified'),
    requiredOneOf(parameterNotFoundAction, child(path, 'parameterNotFoundAction'), ['Deny', 'Allow']),
  );
}

const ACTIONS = ['Audit', 'Deny', 'Warn'];

function validateActions(actions: readonly string[], path: FieldPath): FieldError[] {
  return collect(
    each(actions, path, (action, here, i) => collect(oneOf(action, here, ACTIONS), actions.indexOf(action) < i && duplicate(here, action))),
    actions.includes('Deny') && actions.includes('Warn') && notBoth(path, actions),
    actions.length === 0 && required(path, 'at least one validation action is required'),
  );
}

const notBoth = (path: FieldPath, actions: readonly string[]): FieldError => ({
  type: 'FieldValueInvalid',
  field: path,
  message: `Invalid value: ${JSON.stringify(actions)}: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)`,
});
