import {withDecisions} from '../access/authorizer.ts';
import type {MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingAdmissionPolicySpec} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {ApiError} from '../api/status.ts';
import type {Compiled} from '../schema/cel/environment.ts';
import {toJson} from '../schema/cel/json-values.ts';
import {RESULTS} from '../schema/cel/policy-environment.ts';
import {isError, isTagged} from '../schema/cel/values.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refuse} from './admission.ts';
import type {Expressions} from './policies-evaluate.ts';
import {compileExpressions, createEvaluation, matchesConditions, problemOf} from './policies-evaluate.ts';
import {matchesResources, resourceOfPolicy} from './policies-match.ts';
import type {VersionedRequest} from './policies-objects.ts';
import {decoded, inVersion, isExempt, replaceObject, setDefaults} from './policies-objects.ts';
import type {Param} from './policies-params.ts';
import {paramResource, paramsOf} from './policies-params.ts';
import {patched} from './policies-patch.ts';
import type {Round} from './rounds.ts';
import {recall, recallIfChanged, remember} from './rounds.ts';

const GROUP = 'admissionregistration.k8s.io';
const NAME = 'MutatingAdmissionPolicy';

interface CompiledPolicy {
  readonly expressions: Expressions;
  readonly mutations: readonly {readonly compiled: Compiled; readonly expression: string; readonly type: string}[];
}

/** What one policy does by one binding and one parameter object. */
interface Invocation {
  readonly policy: MutatingAdmissionPolicy;
  readonly binding: MutatingAdmissionPolicyBinding;
  readonly param: Param;
  /** In whose version the policy wants the object. */
  readonly resource: AdmissionRequest['resource'];
}

interface Failure {
  readonly policy: MutatingAdmissionPolicy;
  readonly binding?: MutatingAdmissionPolicyBinding;
  readonly message: string;
  readonly reason?: string;
}

/** MutatingAdmissionPolicy: patches in CEL (k8s.io/apiserver/pkg/admission/plugin/policy/mutating). */
export function createMutatingPolicies(): AdmissionPlugin {
  const compiled = new WeakMap<object, CompiledPolicy>();
  const compile = (policy: MutatingAdmissionPolicy): CompiledPolicy => {
    const known = compiled.get(policy) ?? compilePolicy(policy.spec);
    compiled.set(policy, known);
    return known;
  };
  return {
    name: NAME,
    handles: request => request.object !== undefined && !isExempt(request),
    admit(request, lookup, round) {
      const bindings = lookup.list(GROUP, 'mutatingadmissionpolicybindings') as unknown as MutatingAdmissionPolicyBinding[];
      return bindings.length === 0 ? undefined : admit(bindings, compile, request, lookup, round);
    },
  };
}

async function admit(
  bindings: readonly MutatingAdmissionPolicyBinding[],
  compile: (policy: MutatingAdmissionPolicy) => CompiledPolicy,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
  round: Round,
): Promise<void> {
  const failures: Failure[] = [];
  const invocations = invocationsOf(bindings, request, lookup, failures);
  if (invocations.length > 0) await invokeAll(invocations, compile, request, lookup, round, failures);
  const counting = failures.filter(({policy}) => policy.spec.failurePolicy !== 'Ignore');
  if (counting.length > 0) throw refusal(request, counting);
}

/** Who is meant by the request as it came in. */
function invocationsOf(
  bindings: readonly MutatingAdmissionPolicyBinding[],
  request: AdmissionRequest,
  lookup: AdmissionLookup,
  failures: Failure[],
): Invocation[] {
  const policies = lookup.list(GROUP, 'mutatingadmissionpolicies') as unknown as MutatingAdmissionPolicy[];
  return policies.flatMap(policy => {
    const own = bindings.filter(({spec}) => spec.policyName === policy.metadata.name);
    const resource = own.length > 0 ? resourceOfPolicy(policy.spec.matchConstraints, request, lookup) : undefined;
    if (!resource) return [];
    const kind = paramResource(policy.spec.paramKind, lookup);
    if (typeof kind === 'string') failures.push({policy, message: `failed to configure policy: ${kind}`});
    if (typeof kind === 'string') return [];
    return own.flatMap(binding => {
      if (!matchesResources(binding.spec.matchResources, request, lookup)) return [];
      const params = paramsOf(kind, binding.spec.paramRef, request, lookup);
      if (typeof params !== 'string') return params.map(param => ({policy, binding, param, resource}));
      failures.push({policy, binding, message: `failed to configure binding: ${params}`});
      return [];
    });
  });
}

/** One after the other, each on what the one before made. */
async function invokeAll(
  invocations: readonly Invocation[],
  compile: (policy: MutatingAdmissionPolicy) => CompiledPolicy,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
  round: Round,
  failures: Failure[],
): Promise<void> {
  const memory = round.memory(NAME);
  if (round.again) recallIfChanged(memory, request.object);
  let mutated = false;
  for (const invocation of invocations) {
    const {policy, binding, param, resource} = invocation;
    const compiled = compile(policy);
    const matched = await inVersion(request, resource);
    const matches = await withDecisions(lookup.authorizer, decide =>
      matchesConditions(compiled.expressions, matched, lookup, {params: param, decide}),
    );
    if (typeof matches === 'string') failures.push({...invocation, message: matches, reason: 'Invalid'});
    if (matches !== true) continue;
    const key = JSON.stringify([policy.metadata.name, binding.metadata.name, param?.metadata.namespace, param?.metadata.name]);
    if (round.again && !memory.due.has(key)) continue;
    const problems = await mutate(compiled, param, matched, lookup);
    failures.push(...problems.map(message => ({...invocation, message, reason: 'Invalid'})));
    mutated ||= problems.length < compiled.mutations.length;
    if (mutated) recall(memory);
    if (policy.spec.reinvocationPolicy === 'IfNeeded') memory.called.add(key);
  }
  if (mutated) {
    recall(memory);
    round.askAgain();
  }
  remember(memory, request.object);
}

/** A refusal by policies, in the words of the first failure. */
function refusal(request: AdmissionRequest, failures: readonly Failure[]): ApiError {
  const texts = failures.map(({policy, binding, message}) => {
    const {name} = policy.metadata;
    return `policy ${binding ? `'${name}' with binding '${binding.metadata.name}'` : JSON.stringify(name)} denied request: ${message}`;
  });
  const {details} = refuse(request, '').status;
  const causes = texts.map(message => ({message}));
  return new ApiError(403, failures[0]!.reason ?? 'Forbidden', texts[0]!, {...details, causes});
}

function compilePolicy(spec: MutatingAdmissionPolicySpec): CompiledPolicy {
  const expressions = compileExpressions(spec, {authorizer: true, params: spec.paramKind !== undefined, patches: true});
  return {
    expressions,
    mutations: (spec.mutations ?? []).map(({patchType, applyConfiguration, jsonPatch}) => {
      const expression = (patchType === 'JSONPatch' ? jsonPatch?.expression : applyConfiguration?.expression) ?? '';
      const results = patchType === 'JSONPatch' ? RESULTS.jsonPatch : RESULTS.apply;
      return {type: patchType, expression, compiled: expressions.compile(expression, results)};
    }),
  };
}

/** Applies all mutations, each to what the one before made; says which failed. */
async function mutate(
  {expressions, mutations}: CompiledPolicy,
  params: Param,
  matched: VersionedRequest,
  lookup: AdmissionLookup,
): Promise<string[]> {
  const problems: string[] = [];
  let object = matched.object!;
  for (const mutation of mutations) {
    const next = await mutated(mutation, expressions, params, {...matched, object}, lookup);
    if (typeof next === 'string') problems.push(next);
    else object = next;
  }
  if (object !== matched.object) await replaceObject(matched, object);
  return problems;
}

async function mutated(
  {type, expression, compiled}: CompiledPolicy['mutations'][number],
  expressions: Expressions,
  params: Param,
  request: VersionedRequest,
  lookup: AdmissionLookup,
): Promise<KubeObject | string> {
  const value = await withDecisions(lookup.authorizer, decide =>
    createEvaluation(expressions, request, lookup, {params, decide}).evaluate(compiled),
  );
  if (isError(value)) return problemOf(expression, value).text;
  const patch = isTagged(value, 'list') ? value.items.map(item => toJson(item) ?? null) : (toJson(value) ?? {});
  const result = patched(type, request.object!, patch, request.resource.schema);
  if (typeof result === 'string' || result === request.object) return result;
  const next = type === 'JSONPatch' ? decoded(request, result, true) : result;
  setDefaults(request, next);
  return next;
}
