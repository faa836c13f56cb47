import type {MatchResources, NamedRuleWithOperations, RuleWithOperations} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import type {LabelSelector} from '../api/selectors.ts';
import {selectsLabels} from '../api/selectors.ts';
import type {AdmissionLookup, AdmissionRequest} from './admission.ts';

/** Is the request what a policy or a binding is about? Without a match it is. */
export function matchesResources(match: MatchResources | undefined, request: AdmissionRequest, lookup: AdmissionLookup): boolean {
  if (!match) return true;
  if (!matchesSelectors(match, request, lookup)) return false;
  if (match.excludeResourceRules?.some(rule => matchesRule(rule, request, match.matchPolicy))) return false;
  return (match.resourceRules ?? []).length === 0 || match.resourceRules!.some(rule => matchesRule(rule, request, match.matchPolicy));
}

/** Namespace and object selectors, as webhooks have them too. */
export function matchesSelectors(
  {namespaceSelector, objectSelector}: {namespaceSelector?: unknown; objectSelector?: unknown},
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): boolean {
  return (
    selectsNamespace((namespaceSelector ?? {}) as LabelSelector, request, lookup) && selectsObject((objectSelector ?? {}) as LabelSelector, request)
  );
}

function selectsNamespace(selector: LabelSelector, request: AdmissionRequest, lookup: AdmissionLookup): boolean {
  if (isEmpty(selector)) return true;
  const own = request.resource.group === '' && request.resource.resource === 'namespaces';
  // Cluster-scoped objects are matched whatever the selector says; namespaces by their own labels.
  if (own) return selectsLabels(selector, (request.object ?? request.old)?.metadata.labels ?? {});
  if (request.namespace === '') return true;
  return selectsLabels(selector, lookup.get('', 'namespaces', '', request.namespace)?.metadata.labels ?? {});
}

const isEmpty = ({matchLabels, matchExpressions}: LabelSelector): boolean =>
  Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;

const selectsObject = (selector: LabelSelector, {object, old}: AdmissionRequest): boolean =>
  isEmpty(selector) || [object, old].some(one => one !== undefined && selectsLabels(selector, (one as KubeObject).metadata?.labels ?? {}));

/** Does a rule name the request? With matchPolicy Equivalent any version of the resource will do. */
export function matchesRule(
  rule: RuleWithOperations & Partial<NamedRuleWithOperations>,
  {operation, resource, subresource, namespace, name}: AdmissionRequest,
  matchPolicy: string | undefined,
): boolean {
  const has = (list: readonly string[] | undefined, value: string): boolean => (list ?? []).some(one => one === '*' || one === value);
  const {scope = '*', resourceNames = []} = rule;
  const isNamespaced = namespace !== '' && !(resource.group === '' && resource.resource === 'namespaces');
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, resource.group) &&
    (has(rule.apiVersions, resource.version) || (matchPolicy !== 'Exact' && (rule.apiVersions ?? []).length > 0)) &&
    (rule.resources ?? []).some(pattern => matchesResource(pattern, resource.resource, subresource)) &&
    (scope === '*' || (scope === 'Namespaced') === isNamespaced) &&
    (resourceNames.length === 0 || resourceNames.includes(name))
  );
}

/** `pods`, `pods/log`, `*`, `*\/*`, `pods/*`, `*\/scale`. */
function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const [own, sub = ''] = pattern.split('/') as [string, string?];
  if (own !== '*' && own !== resource) return false;
  return sub === '*' || sub === subresource;
}
