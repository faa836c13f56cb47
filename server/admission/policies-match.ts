import type {MatchResources, NamedRuleWithOperations, RuleWithOperations} from '../api/kinds.generated.ts';
import type {KubeObject} from '../api/object.ts';
import type {LabelSelector} from '../api/selectors.ts';
import {selectsLabels} from '../api/selectors.ts';
import type {AdmissionLookup, AdmissionRequest} from './admission.ts';

/** The request in the version in which a policy or a binding is about it, without rules its own; undefined: it is not meant. */
export function asMeant(
  match: MatchResources | undefined,
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): AdmissionRequest | undefined {
  if (!match) return request;
  const {excludeResourceRules = [], resourceRules = []} = match;
  if (excludeResourceRules.length > 0 && asMatched(match, excludeResourceRules, request, lookup)) return undefined;
  if (resourceRules.length > 0) return asMatched(match, resourceRules, request, lookup);
  return matchesSelectors(match, request, lookup) ? request : undefined;
}

/** The request in the version that one of the rules names, its own before others; undefined: it is not meant. */
export function asMatched(
  match: {matchPolicy?: string; namespaceSelector?: unknown; objectSelector?: unknown},
  rules: readonly Rule[],
  request: AdmissionRequest,
  lookup: AdmissionLookup,
): AdmissionRequest | undefined {
  if (!matchesSelectors(match, request, lookup)) return undefined;
  const {resource, kind} = request;
  const matching = rules.filter(rule => matchesRule(rule, request));
  if (matching.some(({apiVersions}) => has(apiVersions, resource.version))) return request;
  if (match.matchPolicy === 'Exact' || kind.kind !== resource.kind) return undefined;
  for (const version of matching.flatMap(({apiVersions}) => apiVersions ?? [])) {
    const other = lookup.findKind({group: resource.group, version, kind: resource.kind});
    if (other) return {...request, resource: other, kind: {...kind, version}, original: request};
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

type Rule = RuleWithOperations & Partial<NamedRuleWithOperations>;

/** Is the request, whatever its version, what a rule names? */
function matchesRule(
  {operations, apiGroups, resources = [], resourceNames = [], scope = '*'}: Rule,
  {operation, resource, subresource, namespace, name}: AdmissionRequest,
): boolean {
  const isNamespaced = namespace !== '' && !(resource.group === '' && resource.resource === 'namespaces');
  return (
    has(operations, operation) &&
    has(apiGroups, resource.group) &&
    resources.some(pattern => matchesResource(pattern, resource.resource, subresource)) &&
    (scope === '*' || (scope === 'Namespaced') === isNamespaced) &&
    (resourceNames.length === 0 || resourceNames.includes(name))
  );
}

const has = (list: readonly string[] | undefined, value: string): boolean => (list ?? []).some(one => one === '*' || one === value);

/** `pods`, `pods/log`, `*`, `*\/*`, `pods/*`, `*\/scale`. */
function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const [own, sub = ''] = pattern.split('/') as [string, string?];
  if (own !== '*' && own !== resource) return false;
  return sub === '*' || sub === subresource;
}
