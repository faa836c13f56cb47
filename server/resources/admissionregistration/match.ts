import type {FieldError, FieldPath} from '../../api/field.ts';
import {at, child, duplicate, invalid, notSupported, required, tooMany} from '../../api/field.ts';
import type {MatchCondition, MatchResources, NamedRuleWithOperations, RuleWithOperations} from '../../api/kinds.generated.ts';
import {isPathSegmentName, isQualifiedName} from '../../api/names.ts';
import type {PolicyScope} from '../../schema/cel/policy-environment.ts';
import {RESULTS} from '../../schema/cel/policy-environment.ts';
import {collect, each, named, oneOf, validateLabelSelector} from '../rules.ts';
import {expressionRules, isBlank} from './expressions.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const MAX_MATCH_CONDITIONS = 64;

/** What matchConstraints and matchResources leave open. */
export function defaultMatch(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

export function defaultRules(rules: readonly {scope?: string}[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

/** Upstream: validateMatchResources. Mutating policies never see DELETE. */
export function validateMatch(match: MatchResources, path: FieldPath, mutating = false): FieldError[] {
  const rules = child(path, 'resourceRules');
  const allowed = OPERATIONS.filter(operation => operation !== 'DELETE');
  const refused = mutating
    ? (match.resourceRules ?? []).flatMap(({operations}) => (operations ?? []).filter(each => !allowed.includes(each)))
    : [];
  return collect(
    match.matchPolicy !== undefined && oneOf(match.matchPolicy, child(path, 'matchPolicy'), ['Equivalent', 'Exact']),
    validateLabelSelector(match.namespaceSelector, child(path, 'namespaceSelector')),
    validateLabelSelector(match.objectSelector, child(path, 'objectSelector')),
    each(match.resourceRules, rules, validateNamedRule),
    each(match.excludeResourceRules, child(path, 'excludeResourceRules'), validateNamedRule),
    refused.map(operation => notSupported(child(rules, 'operations'), operation, allowed)),
  );
}

const validateNamedRule = (rule: NamedRuleWithOperations, path: FieldPath): FieldError[] =>
  collect(
    each(rule.resourceNames, child(path, 'resourceNames'), (name, here, i) =>
      collect(named(name, here, isPathSegmentName), rule.resourceNames!.indexOf(name) < i && duplicate(here, name)),
    ),
    validateRule(rule, path),
  );

/** Upstream: validateRuleWithOperations. */
export const validateRule = (rule: RuleWithOperations | NamedRuleWithOperations, path: FieldPath): FieldError[] =>
  collect(
    wildcards(rule.operations, child(path, 'operations'), 'operations'),
    each(rule.operations, child(path, 'operations'), (operation, here) => oneOf(operation, here, OPERATIONS)),
    wildcards(rule.apiGroups, child(path, 'apiGroups'), 'API groups'),
    wildcards(rule.apiVersions, child(path, 'apiVersions'), 'API versions'),
    each(rule.apiVersions, child(path, 'apiVersions'), (version, here) => version === '' && required(here)),
    validateResources(rule.resources ?? [], child(path, 'resources')),
    rule.scope !== undefined && oneOf(rule.scope, child(path, 'scope'), ['*', 'Cluster', 'Namespaced']),
  );

/** Something is there, and `*` alone. */
const wildcards = (list: readonly string[] | undefined, path: FieldPath, what: string): FieldError[] => {
  const values = list ?? [];
  if (values.length === 0) return [required(path)];
  return values.length > 1 && values.includes('*') ? [invalid(path, [...values], `if '*' is present, must not specify other ${what}`)] : [];
};

function validateResources(resources: readonly string[], path: FieldPath): FieldError[] {
  if (resources.length === 0) return [required(path)];
  const wholes = new Set<string>();
  const everywhere = new Set<string>();
  const errors = resources.flatMap((text, i) => {
    const here = at(path, i);
    if (text === '') return [required(here)];
    const slash = text.indexOf('/');
    if (slash < 0) return [];
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
    const clashes = collect(
      wholes.has(resource) && invalid(here, text, `if '${resource}/*' is present, must not specify ${text}`),
      everywhere.has(subresource) && invalid(here, text, `if '*/${subresource}' is present, must not specify ${text}`),
    );
    if (subresource === '*') wholes.add(resource);
    if (resource === '*') everywhere.add(subresource);
    return clashes;
  });
  // The last one without a subresource decides.
  const whole = resources.findLast(text => text !== '' && !text.includes('/'));
  return collect(
    errors,
    resources.length > 1 &&
      resources.includes('*/*') &&
      invalid(path, [...resources], "if '*/*' is present, must not specify other resources"),
    resources.includes('*') &&
      whole !== '*' &&
      invalid(path, [...resources], "if '*' is present, must not specify other resources without subresources"),
  );
}

/** Match conditions have different names. They are evaluated before there are variables. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  path: FieldPath,
  scope: PolicyScope,
): FieldError[] {
  const rules = expressionRules(undefined, path, scope);
  return collect(
    (conditions ?? []).length > MAX_MATCH_CONDITIONS && tooMany(path, conditions!.length, MAX_MATCH_CONDITIONS),
    each(conditions, path, ({name, expression}, here, i) => {
      const [ofName, ofExpression] = [child(here, 'name'), child(here, 'expression')];
      return collect(
        isBlank(expression) ? required(ofExpression) : rules.check(expression.trim(), ofExpression, RESULTS.validation),
        name ? named(name, ofName, isQualifiedName) : required(ofName),
        name && conditions!.findIndex(other => other.name === name) < i && duplicate(ofName, name),
      );
    }),
  );
}
