import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, duplicate, invalid, required} from '../../api/field.ts';
import type {AuditAnnotation, ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec, Validation} from '../../api/kinds.generated.ts';
import {isQualifiedName} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import {RESULTS} from '../../schema/cel/policy-environment.ts';
import {internal, listOf, struct} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, named, oneOf, validateConditions} from '../rules.ts';
import type {ExpressionRules} from './expressions.ts';
import {expressionRules, isBlank} from './expressions.ts';
import {defaultMatch, validateMatchConditions} from './match.ts';
import {validateConstraints, validateParamKind, validateVariable} from './policies.ts';

/** Upstream: pkg/apis/admissionregistration/{v1,validation}, pkg/registry/admissionregistration/validatingadmissionpolicy. */
export const validatingAdmissionPolicy: Strategy = {
  defaults(object) {
    const {spec} = object as ValidatingAdmissionPolicy;
    if (!spec) return;
    spec.failurePolicy ??= 'Fail';
    defaultMatch(spec.matchConstraints);
  },
  validate,
  validateUpdate: validate,
  subresources: {
    status: {
      validateUpdate(object) {
        const {conditions, typeChecking} = (object as ValidatingAdmissionPolicy).status ?? {};
        return collect(
          each(typeChecking?.expressionWarnings, 'status.typeChecking.expressionWarnings', ({warning, fieldRef}, path) =>
            collect(!warning && required(child(path, 'warning')), isBlank(fieldRef) && required(child(path, 'fieldRef'))),
          ),
          validateConditions(conditions, 'status.conditions'),
        );
      },
    },
  },
  statusMetadata: 'none',
  plainFinalizers: true,
  metadataOnUpdate: 'create',
  allowUnconditionalUpdate: false,
};

function validate(object: KubeObject): FieldError[] {
  const spec = (object as ValidatingAdmissionPolicy).spec ?? ({} as ValidatingAdmissionPolicySpec);
  const nothing = (spec.validations ?? []).length + (spec.auditAnnotations ?? []).length === 0;
  const scope = {params: spec.paramKind !== undefined, authorizer: true};
  const rules = expressionRules(spec.variables, 'spec.variables', scope);
  const why = 'validations or auditAnnotations must contain at least one item';
  return collect(
    oneOf(spec.failurePolicy, 'spec.failurePolicy', ['Fail', 'Ignore']),
    spec.paramKind && validateParamKind(spec.paramKind, 'spec.paramKind'),
    validateConstraints(spec.matchConstraints, 'spec.matchConstraints'),
    validateMatchConditions(spec.matchConditions, 'spec.matchConditions', scope),
    each(spec.variables, 'spec.variables', (variable, path, i) => [...validateVariable(variable, path), ...rules.variables[i]!]),
    nothing && [required('spec.validations', why), required('spec.auditAnnotations', why)],
    each(spec.validations, 'spec.validations', (validation, path) => validateValidation(validation, path, rules)),
    (spec.auditAnnotations ?? []).length > MAX_ANNOTATIONS &&
      invalid(
        'spec.auditAnnotations',
        internal(spec.auditAnnotations, ANNOTATIONS),
        `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`,
      ),
    each(spec.auditAnnotations, 'spec.auditAnnotations', (annotation, path, i) =>
      collect(
        validateAnnotation(annotation, object.metadata.name ?? '', path, rules),
        spec.auditAnnotations!.findIndex(({key}) => key === annotation.key) < i && duplicate(child(path, 'key'), annotation.key),
      ),
    ),
  );
}

const MAX_ANNOTATIONS = 20;
const MAX_ANNOTATION_EXPRESSION = 5 * 1024;
const ANNOTATIONS = listOf(struct({key: '', valueExpression: ''}));
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];

function validateValidation(
  {expression, message, messageExpression, reason}: Validation,
  path: FieldPath,
  rules: ExpressionRules,
): FieldError[] {
  return collect(
    isBlank(expression) && required(child(path, 'expression'), 'expression is not specified'),
    rules.check(expression, child(path, 'expression'), RESULTS.validation),
    messageExpression &&
      isBlank(messageExpression) &&
      invalid(child(path, 'messageExpression'), messageExpression, 'must be non-empty if specified'),
    rules.check(messageExpression, child(path, 'messageExpression'), RESULTS.message, {authorizer: false}),
    message && isBlank(message) && invalid(child(path, 'message'), message, 'must be non-empty if specified'),
    message && /[\n\r]/.test(message.trim()) && invalid(child(path, 'message'), message, 'must not contain line breaks'),
    reason !== undefined && oneOf(reason, child(path, 'reason'), REASONS),
  );
}

function validateAnnotation(
  {key, valueExpression}: AuditAnnotation,
  policy: string,
  path: FieldPath,
  rules: ExpressionRules,
): FieldError[] {
  const [ofKey, ofValue] = [child(path, 'key'), child(path, 'valueExpression')];
  const text = (valueExpression ?? '').trim();
  return collect(
    policy === '' ? invalid(ofKey, key, 'requires metadata.name be non-empty') : named(`${policy}/${key}`, ofKey, isQualifiedName),
    isBlank(valueExpression)
      ? required(ofValue, 'valueExpression is not specified')
      : Buffer.byteLength(text) > MAX_ANNOTATION_EXPRESSION
        ? required(ofValue, `must not exceed ${MAX_ANNOTATION_EXPRESSION} bytes in length`)
        : rules.check(text, ofValue, RESULTS.annotation, {given: valueExpression}),
  );
}
