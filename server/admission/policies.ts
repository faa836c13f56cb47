import {withDecisions} from '../access/authorizer.ts';
import type {ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingAdmissionPolicySpec} from '../api/kinds.generated.ts';
import {ApiError} from '../api/status.ts';
import type {Compiled} from '../schema/cel/environment.ts';
import {RESULTS} from '../schema/cel/policy-environment.ts';
import {isError} from '../schema/cel/values.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse} from './admission.ts';
import type {Evaluation, Expressions, Subject} from './policies-evaluate.ts';
import {compileExpressions, createEvaluation, matchesConditions, problemOf} from './policies-evaluate.ts';
import {matchesResources, resourceOfPolicy} from './policies-match.ts';
import type {VersionedRequest} from './policies-objects.ts';
import {inVersion, isExempt} from './policies-objects.ts';
import {paramResource, paramsOf} from './policies-params.ts';

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
  readonly annotations: readonly {readonly key: string; readonly expression: string; readonly compiled: Compiled}[];
}

interface Denial {
  readonly message: string;
  readonly reason?: string | undefined;
}

/** What one evaluation of a policy says. */
interface Verdict {
  readonly denials: readonly Denial[];
  /** Annotations that could not be evaluated: they refuse, whatever the binding does about denials. */
  readonly faults: readonly Denial[];
}

interface Refusal extends Denial {
  readonly policy: string;
  /** Absent where the policy itself is at fault. */
  readonly binding?: string;
}

type Compile = (policy: ValidatingAdmissionPolicy) => CompiledPolicy;

/** ValidatingAdmissionPolicy: rules in CEL, bound to what they are about (k8s.io/apiserver/pkg/admission/plugin/policy/validating). */
export function createValidatingPolicies(): AdmissionPlugin {
  const compiled = new WeakMap<object, CompiledPolicy>();
  const compile: Compile = policy => {
    const known = compiled.get(policy) ?? compilePolicy(policy.spec);
    compiled.set(policy, known);
    return known;
  };
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: request => !isExempt(request),
    validate(request, lookup) {
      const bindings = lookup.list(GROUP, 'validatingadmissionpolicybindings') as unknown as ValidatingAdmissionPolicyBinding[];
      return bindings.length === 0 ? undefined : validate(bindings, compile, request, lookup);
    },
  };
}

async function validate(
  bindings: readonly ValidatingAdmissionPolicyBinding[],
  compile: Compile,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): Promise<void> {
  const refusals: Refusal[] = [];
  for (const policy of lookup.list(GROUP, 'validatingadmissionpolicies') as unknown as ValidatingAdmissionPolicy[]) {
    const own = bindings.filter(({spec}) => spec.policyName === policy.metadata.name);
    const resource = own.length > 0 ? resourceOfPolicy(policy.spec.matchConstraints, request, lookup) : undefined;
    if (resource) refusals.push(...(await judge(policy, own, compile, await inVersion(request, resource), lookup)));
  }
  const [first] = refusals;
  if (!first) return;
  const by = first.binding === undefined ? '' : ` with binding '${first.binding}'`;
  throw refusal(request, `ValidatingAdmissionPolicy '${first.policy}'${by} denied request: ${first.message}`, first.reason);
}

/** The refusals of one policy by all its bindings; warns where a binding says so. */
async function judge(
  policy: ValidatingAdmissionPolicy,
  bindings: readonly ValidatingAdmissionPolicyBinding[],
  compile: Compile,
  matched: VersionedRequest,
  lookup: AdmissionLookup,
): Promise<Refusal[]> {
  const {original} = matched;
  const name = policy.metadata.name!;
  const ignores = policy.spec.failurePolicy === 'Ignore';
  const kind = paramResource(policy.spec.paramKind, lookup);
  if (typeof kind === 'string') return ignores ? [] : [{policy: name, message: `failed to configure policy: ${kind}`}];
  const refusals: Refusal[] = [];
  for (const {metadata, spec} of bindings) {
    if (!matchesResources(spec.matchResources, original, lookup)) continue;
    const names = {policy: name, binding: metadata.name!};
    const params = paramsOf(kind, spec.paramRef, original, lookup);
    if (typeof params === 'string') {
      if (!ignores) refusals.push({...names, message: `failed to configure binding: ${params}`});
      continue;
    }
    const compiled = compile(policy);
    const verdicts = await withDecisions(lookup.authorizer, decide =>
      params.map(param => evaluatePolicy(policy, compiled, {params: param, decide}, matched, lookup)),
    );
    const actions = spec.validationActions ?? [];
    for (const {denials, faults} of verdicts) {
      const warning = `Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${names.binding}'`;
      if (actions.includes('Warn')) for (const {message} of denials) original.warn(`${warning}: ${message}`);
      for (const denial of [...(actions.includes('Deny') ? denials : []), ...faults]) refusals.push({...denial, ...names});
    }
  }
  return refusals;
}

const CODES: {readonly [reason: string]: number} = {Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422};

/** A refusal by a policy: told as forbidden, with the status of its reason. */
function refusal(request: AdmissionRequest, why: string, reason = 'Invalid'): ApiError {
  const {message, status} = refuse(request, why);
  return new ApiError(CODES[reason] ?? 422, reason, message, {...status.details, causes: [{message: why}]});
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
      expression: valueExpression,
      compiled: expressions.compile(valueExpression, RESULTS.annotation),
    })),
  };
}

function evaluatePolicy(
  {metadata, spec}: ValidatingAdmissionPolicy,
  {expressions, validations, annotations}: CompiledPolicy,
  subject: Subject,
  request: VersionedRequest,
  lookup: AdmissionLookup,
): Verdict {
  const ignores = spec.failurePolicy === 'Ignore';
  const failed = (message: string): Verdict => ({denials: ignores ? [] : [{message}], faults: []});
  const matches = matchesConditions(expressions, request, lookup, subject);
  if (typeof matches === 'string') return failed(matches);
  if (!matches) return {denials: [], faults: []};
  const evaluation = createEvaluation(expressions, request, lookup, subject);
  const denials: Denial[] = [];
  for (const {expression, compiled, message, messageExpression, reason} of validations) {
    const value = evaluation.evaluate(compiled);
    if (isError(value)) {
      const {text, final} = problemOf(expression, value);
      if (final) return failed(text);
      if (!ignores) denials.push({message: text});
    } else if (value !== true) {
      denials.push({message: messageOf(messageExpression, evaluation) ?? (message || `failed expression: ${expression}`), reason});
    }
  }
  const faults: Denial[] = [];
  const {evaluate} = createEvaluation(expressions, request, lookup, subject);
  for (const {key, expression, compiled} of annotations) {
    const value = evaluate(compiled);
    if (isError(value) && !ignores) faults.push({message: problemOf(expression, value).text});
    if (typeof value === 'string' && value.trim() !== '') request.audit(`${metadata.name}/${key}`, value.trim());
  }
  return {denials, faults};
}

/** What messageExpression yields, if that can be shown. */
function messageOf(compiled: Compiled | undefined, {evaluate}: Evaluation): string | undefined {
  const value = compiled && evaluate(compiled);
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' || text.includes('\n') || Buffer.byteLength(text) > LONGEST_MESSAGE ? undefined : text;
}
