import type {Decide} from '../access/authorizer.ts';
import {withRawSelectors} from '../access/review-attributes.ts';
import type {JsonObject} from '../api/json.ts';
import type {MatchCondition, Variable} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import type {Compiled} from '../schema/cel/environment.ts';
import {CALL_LIMIT} from '../schema/cel/environment.ts';
import {dynamicValue} from '../schema/cel/json-values.ts';
import type {AuthorizationDecision, AuthorizationQuery} from '../schema/cel/library/authorization.ts';
import {authorizerValue} from '../schema/cel/library/authorization.ts';
import type {PolicyScope} from '../schema/cel/policy-environment.ts';
import {compileExpected, policyEnvironment, RESULTS} from '../schema/cel/policy-environment.ts';
import type {CelType} from '../schema/cel/types.ts';
import type {Value} from '../schema/cel/values.ts';
import {failure, isError, opaque} from '../schema/cel/values.ts';
import type {AdmissionLookup, AdmissionRequest} from './admission.ts';
import type {VersionedRequest} from './policies-objects.ts';
import {shownNamespace} from './policies-objects.ts';

/** What all expressions of one policy may cost in one request, and all its conditions. */
const BUDGET = 10_000_000;
const CONDITIONS_BUDGET = 2_500_000;

/** What is said where the budget is spent. */
const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** Expressions of one policy or webhook: compiled once, in the scope of the variables declared before. */
export interface Expressions {
  readonly variables: readonly {readonly name: string; readonly compiled: Compiled}[];
  readonly conditions: readonly {readonly expression: string; readonly compiled: Compiled}[];
  compile(source: string, results: readonly CelType[]): Compiled;
}

export function compileExpressions(
  {variables, matchConditions}: {variables?: readonly Variable[]; matchConditions?: readonly MatchCondition[]},
  scope: PolicyScope,
): Expressions {
  const types = new Map<string, CelType>();
  // Conditions are evaluated before there are variables.
  const conditions = (matchConditions ?? []).map(({expression}) => ({
    expression,
    compiled: compileExpected(policyEnvironment(scope), expression, RESULTS.validation),
  }));
  const declared = (variables ?? []).map(({name, expression}) => {
    const compiled = compileExpected(policyEnvironment({...scope, variables: types}), expression, []);
    if ('checked' in compiled) types.set(name, compiled.checked.type);
    return {name, compiled};
  });
  return {
    variables: declared,
    conditions,
    compile: (source, results) => compileExpected(policyEnvironment({...scope, variables: types}), source, results),
  };
}

/** Evaluates expressions about one request; all share the variables and one budget. */
export interface Evaluation {
  /** The value; an error value says what went wrong. Conditions do not get to see the namespace. */
  evaluate(compiled: Compiled, ofCondition?: boolean): Value;
}

/** What expressions are about, and who answers what they ask about rights. */
export interface Subject {
  readonly params?: KubeObject | undefined;
  readonly decide: Decide;
}

export function createEvaluation(
  expressions: Expressions,
  request: VersionedRequest,
  lookup: AdmissionLookup,
  subject: Subject,
  budget = BUDGET,
): Evaluation {
  const known = new Map<string, Value>();
  const lazily = (name: string, read: () => Value): Value => {
    const present = known.get(name);
    if (present !== undefined) return present;
    const value = read();
    known.set(name, value);
    return value;
  };
  const evaluate = (compiled: Compiled, ofCondition = false): Value => {
    if ('error' in compiled) return failure(compiled.error);
    const seen = ofCondition ? (name: string) => (name === 'namespaceObject' ? null : variable(name)) : variable;
    const {value, cost} = compiled.program.evaluate(seen, Math.min(CALL_LIMIT, budget));
    budget -= cost;
    return budget < 0 ? failure(OUT_OF_BUDGET) : value;
  };
  const composed: Value = {
    kind: 'object',
    type: 'kubernetes.variables',
    get(name) {
      const own = expressions.variables.findLast(one => one.name === name);
      if (!own) return undefined;
      return lazily(`variables.${name}`, () => {
        const value = evaluate(own.compiled);
        return isError(value) ? failure(`composited variable ${JSON.stringify(name)} fails to evaluate: ${value.message}`) : value;
      });
    },
    fields: () => expressions.variables.map(({name}) => name),
  };
  const variable = (name: string): Value | undefined => {
    switch (name) {
      case 'object':
        return lazily(name, () => dynamicValue(request.object as unknown as JsonObject));
      case 'oldObject':
        return lazily(name, () => dynamicValue(request.old as unknown as JsonObject));
      case 'params':
        return lazily(name, () => dynamicValue(subject.params as unknown as JsonObject));
      case 'request':
        return lazily(name, () => dynamicValue(requestOf(request)));
      case 'namespaceObject':
        return lazily(name, () => namespaceObject(request, lookup));
      case 'authorizer':
        return lazily(name, () => authorizerValue(query => answer(query, request, subject)));
      case 'authorizer.requestResource':
        return lazily(name, () => ownResource(request, subject));
      case 'variables':
        return composed;
      default:
        return undefined;
    }
  };
  return {evaluate};
}

/** What went wrong with an expression; `final`: nothing further is evaluated. */
export const problemOf = (expression: string, {message}: {readonly message: string}): {readonly text: string; readonly final: boolean} =>
  message === OUT_OF_BUDGET
    ? {text: message, final: true}
    : {text: `expression '${expression}' resulted in error: ${message}`, final: false};

/** Do all conditions hold? One that does not decides, whatever others failed to say; a text says what failed. */
export function matchesConditions(
  expressions: Expressions,
  request: VersionedRequest,
  lookup: AdmissionLookup,
  subject: Subject,
): boolean | string {
  const {evaluate} = createEvaluation(expressions, request, lookup, subject, CONDITIONS_BUDGET);
  const failures: string[] = [];
  for (const {expression, compiled} of expressions.conditions) {
    const value = evaluate(compiled, true);
    if (isError(value)) {
      const {text, final} = problemOf(expression, value);
      if (final) return text;
      failures.push(text);
    } else if (value !== true) return false;
  }
  if (failures.length === 0) return true;
  return failures.length === 1 ? failures[0]! : `[${failures.join(', ')}]`;
}

/** The AdmissionRequest that expressions and webhooks see, without the objects. */
export function requestOf(request: VersionedRequest): JsonObject {
  const {subresource, name, namespace, operation, identity, dryRun, options, original} = request;
  const {extra, uid, groups} = identity;
  return {
    kind: kindOf(request),
    resource: resourceOf(request),
    ...(subresource && {subResource: subresource}),
    requestKind: kindOf(original),
    requestResource: resourceOf(original),
    ...(subresource && {requestSubResource: subresource}),
    ...(name && {name}),
    ...(namespace && {namespace}),
    operation,
    userInfo: {username: identity.name, ...(uid && {uid}), ...(groups.length > 0 && {groups}), ...(extra && {extra})},
    dryRun,
    options: options ?? null,
  };
}

const kindOf = ({kind: {group, version, kind}}: AdmissionRequest): JsonObject => ({group, version, kind});

const resourceOf = ({resource: {group, version, resource}}: AdmissionRequest): JsonObject => ({group, version, resource});

function namespaceObject(request: VersionedRequest, lookup: AdmissionLookup): Value {
  const name = shownNamespace(request);
  const found = name === '' ? undefined : lookup.get('', 'namespaces', '', name);
  if (!found) return null;
  const {metadata, spec, status} = found as unknown as {metadata: JsonObject; spec?: JsonObject; status?: JsonObject};
  const {managedFields: _managed, ownerReferences: _owners, selfLink: _link, ...shown} = metadata;
  return dynamicValue({metadata: shown, ...(spec && {spec}), ...(status && {status})});
}

function answer(query: AuthorizationQuery, request: AdmissionRequest, {decide}: Subject): AuthorizationDecision {
  const {serviceAccount, path = '', group = '', resource = '', subresource = '', namespace = '', name = '', verb = ''} = query;
  const identity = serviceAccount
    ? {
        name: `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${serviceAccount.namespace}`, 'system:authenticated'],
      }
    : request.identity;
  const isResource = query.path === undefined;
  const version = isResource ? '*' : '';
  const attributes = {identity, verb, isResource, group, version, resource, subresource, namespace, name, path};
  return decide(withRawSelectors(attributes, query));
}

function ownResource(request: AdmissionRequest, subject: Subject): Value {
  const {resource, subresource, namespace, name} = request;
  const query: AuthorizationQuery = {group: resource.group, resource: resource.resource, subresource, namespace, name};
  const pending = {decide: (asked: AuthorizationQuery) => answer(asked, request, subject), query};
  return opaque('kubernetes.authorization.ResourceCheck', pending, other => other === pending);
}
