import type {MatchResources, NamedRuleWithOperations, RuleWithOperations} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import type {LabelSelector} from '../api/selectors.ts';
import {selectsLabels} from '../api/selectors.ts';
import type {Resource} from '../resources/resource.ts';
import type {AdmissionLookup, AdmissionRequest} from './admission.ts';

/** Is the request what a policy or a binding is about? Without a match it is. */
export const matchesResources = (match: MatchResources | undefined, request: AdmissionRequest, lookup: AdmissionLookup): boolean =>
  resourceOfPolicy(match, request, lookup) !== undefined;

/** The resource by which a policy names the request; undefined: it is not about it. */
export function resourceOfPolicy(
  match: MatchResources | undefined,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): Resource | undefined {
  if (!match) return request.resource;
  const {matchPolicy, resourceRules = [], excludeResourceRules = []} = match;
  if (!matchesSelectors(match, request, lookup)) return undefined;
  if (namedResource(excludeResourceRules, request, matchPolicy, lookup)) return undefined;
  return resourceRules.length === 0 ? request.resource : namedResource(resourceRules, request, matchPolicy, lookup);
}

/** The resource by which a webhook names the request; undefined: it is not meant. */
export const resourceOfWebhook = (
  match: {matchPolicy?: string; namespaceSelector?: unknown; objectSelector?: unknown},
  rules: readonly RuleWithOperations[],
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): Resource | undefined =>
  matchesSelectors(match, request, lookup) ? namedResource(rules, request, match.matchPolicy, lookup) : undefined;

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

/** What has no metadata (the options of a connection) no selector selects, not even by a label that must not be there. */
const selectsObject = (selector: LabelSelector, {object, old}: AdmissionRequest): boolean =>
  isEmpty(selector) ||
  [object, old].some(
    (one: Partial<KubeObject> | undefined) => one?.metadata !== undefined && selectsLabels(selector, one.metadata.labels ?? {}),
  );

type Rule = RuleWithOperations & Partial<NamedRuleWithOperations>;

const has = (list: readonly string[] | undefined, value: string): boolean => (list ?? []).some(one => one === '*' || one === value);

/** The resource by which rules name the request: its own, else with matchPolicy Equivalent another version of it. */
function namedResource(
  rules: readonly Rule[],
  request: AdmissionRequest,
  matchPolicy: string | undefined,
  lookup: AdmissionLookup,
): Resource | undefined {
  const {resource, kind} = request;
  const meant = rules.filter(rule => matchesRule(rule, request));
  if (meant.some(({apiVersions}) => has(apiVersions, resource.version))) return resource;
  if (matchPolicy === 'Exact' || kind.kind !== resource.kind) return undefined;
  for (const version of meant.flatMap(({apiVersions}) => apiVersions ?? [])) {
    const other = lookup.findKind({group: resource.group, version, kind: resource.kind});
    if (other) return other;
  }
  return undefined;
}

/** In all but the version. */
function matchesRule(rule: Rule, {operation, resource, subresource, namespace, name}: AdmissionRequest): boolean {
  const {scope = '*', resourceNames = []} = rule;
  const isNamespaced = namespace !== '' && !(resource.group === '' && resource.resource === 'namespaces');
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, resource.group) &&
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
