import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, notSupported, required} from '../../api/field.ts';
import type {MutatingAdmissionPolicy, MutatingAdmissionPolicySpec, Mutation} from '../../api/kinds.generated.ts';
import type {KubeObject} from '../../api/object.ts';
import {RESULTS} from '../../schema/cel/policy-environment.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, oneOf, requiredOneOf} from '../rules.ts';
import type {ExpressionRules} from './expressions.ts';
import {expressionRules, isBlank} from './expressions.ts';
import {defaultMatch, validateMatchConditions} from './match.ts';
import {validateConstraints, validateParamKind, validateVariable} from './policies.ts';

/** Upstream: pkg/apis/admissionregistration/{v1,validation}, pkg/registry/admissionregistration/mutatingadmissionpolicy. */
export const mutatingAdmissionPolicy: Strategy = {
  defaults(object) {
    const {spec} = object as MutatingAdmissionPolicy;
    if (!spec) return;
    spec.failurePolicy ??= 'Fail';
    defaultMatch(spec.matchConstraints);
  },
  validate,
  validateUpdate: validate,
  plainFinalizers: true,
  metadataOnUpdate: 'create',
  allowUnconditionalUpdate: false,
};

function validate(object: KubeObject): FieldError[] {
  const spec = (object as MutatingAdmissionPolicy).spec ?? ({} as MutatingAdmissionPolicySpec);
  const scope = {params: spec.paramKind !== undefined, authorizer: true, patches: true};
  const rules = expressionRules(spec.variables, 'spec.variables', scope);
  return collect(
    oneOf(spec.failurePolicy, 'spec.failurePolicy', ['Fail', 'Ignore']),
    spec.paramKind && validateParamKind(spec.paramKind, 'spec.paramKind'),
    validateConstraints(spec.matchConstraints, 'spec.matchConstraints', true),
    validateMatchConditions(spec.matchConditions, 'spec.matchConditions', {...scope, patches: false}),
    each(spec.variables, 'spec.variables', (variable, path, i) => [...validateVariable(variable, path), ...rules.variables[i]!]),
    (spec.mutations ?? []).length === 0 && required('spec.mutations', 'mutations must contain at least one item'),
    each(spec.mutations, 'spec.mutations', (mutation, path) => validateMutation(mutation, path, rules)),
    requiredOneOf(spec.reinvocationPolicy, 'spec.reinvocationPolicy', ['IfNeeded', 'Never']),
  );
}

const FIELDS = {ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch'} as const;

function validateMutation(mutation: Mutation, path: FieldPath, rules: ExpressionRules): FieldError[] {
  const type = mutation.patchType as keyof typeof FIELDS | '';
  const ofType = child(path, 'patchType');
  if (!type) return [required(ofType)];
  if (!Object.hasOwn(FIELDS, type)) return [notSupported(ofType, type, Object.keys(FIELDS))];
  const field = FIELDS[type];
  const other = type === 'JSONPatch' ? FIELDS.ApplyConfiguration : FIELDS.JSONPatch;
  const own = mutation[field];
  return collect(
    !own && required(child(path, field), `must be specified when patchType is ${type}`),
    own && isBlank(own.expression) && required(child(path, field, 'expression')),
    rules.check(own?.expression?.trim(), child(path, field, 'expression'), type === 'JSONPatch' ? RESULTS.jsonPatch : RESULTS.apply),
    mutation[other] && invalid(child(path, other), `{${other}}`, `must not be specified when patchType is ${type}`),
  );
}
