import type {MatchResources, NamedRuleWithOperations, RuleWithOperations} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import type {LabelSelector} from '../api/selectors.ts';
import {selectsLabels} from '../api/selectors.ts';
import type {Resource} from '../resources/resource.ts';
import type {AdmissionLookup, AdmissionRequest} from './admission.ts';

/** Is the request what a policy or a binding is about? Without a match it is. */
export function matchesResources(match: MatchResources | undefined, request: AdmissionRequest, lookup: AdmissionLookup): boolean {
  if (!match) return true;
  if (!matchesSelectors(match, request, lookup)) return false;
  const named = (rule: NamedRuleWithOperations): boolean => matchedResource(rule, request, match.matchPolicy, lookup) !== undefined;
  if (match.excludeResourceRules?.some(named)) return false;
  return (match.resourceRules ?? []).length === 0 || match.resourceRules!.some(named);
}

/** The request in the version that one of the rules names; undefined: it is not meant. */
export function asMatched(
  match: {matchPolicy?: string; namespaceSelector?: unknown; objectSelector?: unknown},
  rules: readonly RuleWithOperations[],
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): AdmissionRequest | undefined {
  if (!matchesSelectors(match, request, lookup)) return undefined;
  for (const rule of rules) {
    const resource = matchedResource(rule, request, match.matchPolicy, lookup);
    if (resource === request.resource) return request;
    if (resource) return {...request, resource, kind: {...request.kind, version: resource.version}};
  }
  return undefined;
}

/** Namespace and object selectors, as webhooks have them too. */
export function matchesSelectors(
  {namespaceSelector, objectSelector}: {namespaceSelector?: unknown; objectSelector?: unknown},
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): boolean {
  return (
    selectsNamespace((namespaceSelector ?? {}) as LabelSelector, request, lookup) &&
    selectsObject((objectSelector ?? {}) as LabelSelector, request)
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

/** The resource by which a rule names the request: its own, or with matchPolicy Equivalent another version of it. */
function matchedResource(
  rule: RuleWithOperations & Partial<NamedRuleWithOperations>,
  {operation, resource, subresource, kind, namespace, name}: AdmissionRequest,
  matchPolicy: string | undefined,
  lookup: AdmissionLookup,
): Resource | undefined {
  const has = (list: readonly string[] | undefined, value: string): boolean => (list ?? []).some(one => one === '*' || one === value);
  const {scope = '*', resourceNames = []} = rule;
  const isNamespaced = namespace !== '' && !(resource.group === '' && resource.resource === 'namespaces');
  const matches =
    has(rule.operations, operation) &&
    has(rule.apiGroups, resource.group) &&
    (rule.resources ?? []).some(pattern => matchesResource(pattern, resource.resource, subresource)) &&
    (scope === '*' || (scope === 'Namespaced') === isNamespaced) &&
    (resourceNames.length === 0 || resourceNames.includes(name));
  if (!matches) return undefined;
  if (has(rule.apiVersions, resource.version)) return resource;
  if (matchPolicy === 'Exact' || kind.kind !== resource.kind) return undefined;
  for (const version of rule.apiVersions ?? []) {
    const other = lookup.findKind({group: resource.group, version, kind: resource.kind});
    if (other) return other;
  }
  return undefined;
}

/** `pods`, `pods/log`, `*`, `*\/*`, `pods/*`, `*\/scale`. */
function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const [own, sub = ''] = pattern.split('/') as [string, string?];
  if (own !== '*' && own !== resource) return false;
  return sub === '*' || sub === subresource;
}
