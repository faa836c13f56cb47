import {withDecisions} from '../access/authorizer.ts';
import type {ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingAdmissionPolicySpec} from '../api/kinds.generated.ts';
import {ApiError} from '../api/status.ts';
import type {Compiled} from '../schema/cel/environment.ts';
import {RESULTS} from '../schema/cel/policy-environment.ts';
import {isError} from '../schema/cel/values.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import type {Evaluation, Expressions, Subject} from './policies-evaluate.ts';
import {compileExpressions, createEvaluation, matchesConditions} from './policies-evaluate.ts';
import {asMeant} from './policies-match.ts';
import {isExempt, versionedObjects} from './policies-objects.ts';
import {paramsOf} from './policies-params.ts';

const GROUP = 'admissionregistration.k8s.io';
const LONGEST_MESSAGE = 5 * 1024;

interface CompiledPolicy {
  readonly expressions: Expressions;
  readonly validations: readonly {
    readonly expression: string;
    readonly compiled: Compiled;
    readonly message: string;
    readonly messageExpression: Compiled | undefined;
    readonly reason: string | undefined;
  }[];
  readonly annotations: readonly {readonly key: string; readonly compiled: Compiled}[];
}

interface Denial {
  readonly message: string;
  readonly reason: string | undefined;
}

/** ValidatingAdmissionPolicy: rules in CEL, bound to what they are about (k8s.io/apiserver/pkg/admission/plugin/policy/validating). */
export function createValidatingPolicies(): AdmissionPlugin {
  const compiled = new WeakMap<object, CompiledPolicy>();
  const compiledOf = (policy: ValidatingAdmissionPolicy): CompiledPolicy => {
    const known = compiled.get(policy) ?? compilePolicy(policy.spec);
    compiled.set(policy, known);
    return known;
  };
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: request => !isExempt(request),
    validate(request, lookup) {
      const bindings = lookup.list(GROUP, 'validatingadmissionpolicybindings') as unknown as ValidatingAdmissionPolicyBinding[];
      return bindings.length === 0 ? undefined : validate(bindings, compiledOf, request, lookup);
    },
  };
}

async function validate(
  bindings: readonly ValidatingAdmissionPolicyBinding[],
  compiledOf: (policy: ValidatingAdmissionPolicy) => CompiledPolicy,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): Promise<void> {
  const refusals: (Denial & {policy: string; binding: string})[] = [];
  for (const policy of lookup.list(GROUP, 'validatingadmissionpolicies') as unknown as ValidatingAdmissionPolicy[]) {
    const own = bindings.filter(({spec}) => spec.policyName === policy.metadata.name);
    const meant = own.length === 0 ? undefined : asMeant(policy.spec.matchConstraints, request, lookup);
    const bound = meant ? own.filter(({spec}) => asMeant(spec.matchResources, request, lookup)) : [];
    if (!meant || bound.length === 0) continue;
    const objects = await versionedObjects(meant);
    for (const binding of bound) {
      const compiled = compiledOf(policy);
      const denied = await withDecisions(lookup.authorizer, decide =>
        denials(policy, binding, compiled, {...objects, decide}, meant, lookup),
      );
      for (const denial of denied) {
        const names = {policy: policy.metadata.name!, binding: binding.metadata.name!};
        if (binding.spec.validationActions?.includes('Deny')) refusals.push({...denial, ...names});
        if (binding.spec.validationActions?.includes('Warn'))
          request.warn(
            `Validation failed for ValidatingAdmissionPolicy '${names.policy}' with binding '${names.binding}': ${denial.message}`,
          );
      }
    }
  }
  const [first] = refusals;
  if (first)
    throw refusal(
      request,
      `ValidatingAdmissionPolicy '${first.policy}' with binding '${first.binding}' denied request: ${first.message}`,
      first.reason,
    );
}

const CODES: {readonly [reason: string]: number} = {Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422};

/** A refusal by a policy: told as forbidden, with the status of its reason. */
export function refusal({resource, name, object}: AdmissionRequest, message: string, reason = 'Invalid'): ApiError {
  const shown = name || object?.metadata.name || object?.metadata.generateName || '';
  const {group, resource: plural} = resource;
  const text = `${group === '' ? plural : `${plural}.${group}`} ${JSON.stringify(shown)} is forbidden: ${message}`;
  return new ApiError(CODES[reason] ?? 422, reason, text, {
    ...(shown && {name: shown}),
    ...(group && {group}),
    kind: plural,
    causes: [{message}],
  });
}

function compilePolicy(spec: ValidatingAdmissionPolicySpec): CompiledPolicy {
  const expressions = compileExpressions(spec, {authorizer: true, params: spec.paramKind !== undefined});
  return {
    expressions,
    validations: (spec.validations ?? []).map(({expression, message = '', messageExpression, reason}) => ({
      expression: expression.trim(),
      compiled: expressions.compile(expression, RESULTS.validation),
      message: message.trim(),
      messageExpression: messageExpression ? expressions.compile(messageExpression, RESULTS.message) : undefined,
      reason,
    })),
    annotations: (spec.auditAnnotations ?? []).map(({key, valueExpression}) => ({
      key,
      compiled: expressions.compile(valueExpression, RESULTS.annotation),
    })),
  };
}

function denials(
  policy: ValidatingAdmissionPolicy,
  {spec: binding}: ValidatingAdmissionPolicyBinding,
  compiled: CompiledPolicy,
  subject: Subject,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): Denial[] {
  const ignores = policy.spec.failurePolicy === 'Ignore';
  const params = paramsOf(policy.spec.paramKind, binding.paramRef, request, lookup);
  if (typeof params === 'string') return ignores ? [] : [{message: params, reason: undefined}];
  return params.flatMap(param => evaluatePolicy(policy, compiled, {...subject, params: param}, request, lookup));
}

function evaluatePolicy(
  {metadata, spec}: ValidatingAdmissionPolicy,
  {expressions, validations, annotations}: CompiledPolicy,
  subject: Subject,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): Denial[] {
  const evaluation = createEvaluation(expressions, request, lookup, subject);
  const ignores = spec.failurePolicy === 'Ignore';
  const matches = matchesConditions(expressions, evaluation);
  if (matches === false) return [];
  if (typeof matches === 'string') return ignores ? [] : [{message: matches, reason: undefined}];
  const denied: Denial[] = [];
  for (const {expression, compiled, message, messageExpression, reason} of validations) {
    const value = evaluation.evaluate(compiled);
    if (isError(value)) {
      if (!ignores) denied.push({message: `expression '${expression}' resulted in error: ${value.message}`, reason: undefined});
    } else if (value !== true) {
      denied.push({message: messageOf(messageExpression, evaluation) ?? (message || `failed expression: ${expression}`), reason});
    }
  }
  for (const {key, compiled} of annotations) {
    const value = evaluation.evaluate(compiled);
    if (typeof value === 'string' && value.trim() !== '') request.audit(`${metadata.name}/${key}`, value.trim());
  }
  return denied;
}

/** What messageExpression yields, if that can be shown. */
function messageOf(compiled: Compiled | undefined, {evaluate}: Evaluation): string | undefined {
  const value = compiled && evaluate(compiled);
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' || /[\n\r]/.test(text) || Buffer.byteLength(text) > LONGEST_MESSAGE ? undefined : text;
}
