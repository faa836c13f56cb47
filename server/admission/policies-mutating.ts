import {klona} from 'klona/json';
import {withDecisions} from '../access/authorizer.ts';
import type {Json} from '../api/json.ts';
import type {MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingAdmissionPolicySpec} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import {isApiError} from '../api/status.ts';
import {applyJsonPatch} from '../patch/json.ts';
import {merge} from '../patch/typed-merge.ts';
import type {Compiled} from '../schema/cel/environment.ts';
import {RESULTS} from '../schema/cel/policy-environment.ts';
import {isError, isTagged, toJson} from '../schema/cel/values.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';
import {refusal} from './policies.ts';
import type {Expressions} from './policies-evaluate.ts';
import {compileExpressions, createEvaluation, matchesConditions} from './policies-evaluate.ts';
import {asMeant} from './policies-match.ts';
import {isExempt, replaceObject, versionedObjects} from './policies-objects.ts';
import type {Param} from './policies-params.ts';
import {paramsOf} from './policies-params.ts';

const GROUP = 'admissionregistration.k8s.io';

interface CompiledPolicy {
  readonly expressions: Expressions;
  readonly mutations: readonly {readonly compiled: Compiled; readonly expression: string; readonly type: string}[];
}

/** MutatingAdmissionPolicy: patches in CEL (k8s.io/apiserver/pkg/admission/plugin/policy/mutating). */
export function createMutatingPolicies(): AdmissionPlugin {
  const compiled = new WeakMap<object, CompiledPolicy>();
  return {
    name: 'MutatingAdmissionPolicy',
    handles: request => request.object !== undefined && !isExempt(request),
    admit(request, lookup) {
      const bindings = lookup.list(GROUP, 'mutatingadmissionpolicybindings') as unknown as MutatingAdmissionPolicyBinding[];
      return bindings.length === 0 ? undefined : admit(bindings, compiled, request, lookup);
    },
  };
}

async function admit(
  bindings: readonly MutatingAdmissionPolicyBinding[],
  compiled: WeakMap<object, CompiledPolicy>,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): Promise<void> {
  for (const policy of lookup.list(GROUP, 'mutatingadmissionpolicies') as unknown as MutatingAdmissionPolicy[]) {
    const own = bindings.filter(({spec}) => spec.policyName === policy.metadata.name);
    const meant = own.length === 0 ? undefined : asMeant(policy.spec.matchConstraints, request, lookup);
    if (!meant) continue;
    const known = compiled.get(policy) ?? compilePolicy(policy.spec);
    compiled.set(policy, known);
    for (const binding of own) {
      if (asMeant(binding.spec.matchResources, request, lookup)) await applyPolicy(policy, binding, known, meant, lookup);
    }
  }
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

async function applyPolicy(
  policy: MutatingAdmissionPolicy,
  binding: MutatingAdmissionPolicyBinding,
  compiled: CompiledPolicy,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): Promise<void> {
  const fail = (message: string): void => {
    if (policy.spec.failurePolicy === 'Ignore') return;
    const names = `policy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
    throw refusal(request, `${names} denied request: ${message}`);
  };
  const params = paramsOf(policy.spec.paramKind, binding.spec.paramRef, request, lookup);
  if (typeof params === 'string') {
    fail(params);
    return;
  }
  for (const param of params) {
    const problem = await mutate(compiled, param, request, lookup);
    if (problem !== undefined) fail(problem);
  }
}

/** Applies all mutations, each to what the one before made; the first failure ends it, and says why. */
async function mutate(
  {expressions, mutations}: CompiledPolicy,
  params: Param,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): Promise<string | undefined> {
  const {resource} = request;
  const subject = await versionedObjects(request);
  const matches = await withDecisions(lookup.authorizer, decide =>
    matchesConditions(expressions, createEvaluation(expressions, request, lookup, {...subject, params, decide})),
  );
  if (matches === false) return undefined;
  if (typeof matches === 'string') return matches;
  let object = subject.object!;
  for (const {type, expression, compiled} of mutations) {
    const current = object;
    const value = await withDecisions(lookup.authorizer, decide =>
      createEvaluation(expressions, request, lookup, {...subject, object: current, params, decide}).evaluate(compiled),
    );
    if (isError(value)) return `expression '${expression}' resulted in error: ${value.message}`;
    const patch = isTagged(value, 'list') ? value.items.map(item => toJson(item) ?? null) : (toJson(value) ?? {});
    const next = patched(type, object, patch, request);
    if (typeof next === 'string') return next;
    resource.strategy.defaults?.(next);
    object = next;
  }
  await replaceObject(request, object);
  return undefined;
}

function patched(type: string, object: KubeObject, patch: Json, {resource}: AdmissionRequest): KubeObject | string {
  try {
    const copy = klona(object) as unknown as Json;
    const next = type === 'JSONPatch' ? applyJsonPatch(copy, patch) : merge(copy, patch, resource.schema);
    return next as unknown as KubeObject;
  } catch (error) {
    if (isApiError(error)) return error.message;
    throw error;
  }
}
