import type {Identity} from '../api/client.ts';
import type {PolicyRule} from '../api/kinds.generated.ts';

/** Do the owner's rules cover all of the others? What they do not is returned, one verb on one resource each (component-helpers/auth/rbac). */
export function missingRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakdown).filter(rule => !owned.some(own => covers(own, rule)));
}

/** The refusal of somebody who gives away what they do not have. */
export function escalationMessage({name, groups}: Identity, missing: readonly PolicyRule[]): string {
  const who = `user ${JSON.stringify(name)} (groups=[${groups.map(group => JSON.stringify(group)).join(' ')}])`;
  const rules = [...new Set(compact(missing).map(describe))].sort().join('\n');
  return `${who} is attempting to grant RBAC permissions not currently held:\n${rules}`;
}

/** Single verbs on single resources, of single groups and names. */
function* breakdownOf({
  verbs = [],
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): Iterable<PolicyRule> {
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const rule = {apiGroups: [group], resources: [resource], verbs: [verb]};
        if (resourceNames.length === 0) yield rule;
        for (const name of resourceNames) yield {...rule, resourceNames: [name]};
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) yield {nonResourceURLs: [url], verbs: [verb]};
}

const breakdown = (rule: PolicyRule): PolicyRule[] => [...breakdownOf(rule)];

function covers(own: PolicyRule, rule: PolicyRule): boolean {
  if (!hasAll(own.verbs, rule.verbs)) return false;
  if (rule.nonResourceURLs) return rule.nonResourceURLs.every(url => (own.nonResourceURLs ?? []).some(pattern => coversUrl(pattern, url)));
  if (!hasAll(own.apiGroups, rule.apiGroups)) return false;
  const names = own.resourceNames ?? [];
  if (names.length > 0 && !rule.resourceNames?.every(name => names.includes(name))) return false;
  return (rule.resources ?? []).every(resource => coversResource(own.resources ?? [], resource));
}

const hasAll = (own: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean =>
  own !== undefined && (own.includes('*') || (wanted ?? []).every(each => own.includes(each)));

function coversResource(own: readonly string[], wanted: string): boolean {
  if (own.includes('*') || own.includes(wanted)) return true;
  const slash = wanted.indexOf('/');
  return slash > 0 && own.includes(`*${wanted.slice(slash)}`);
}

const coversUrl = (pattern: string, url: string): boolean =>
  pattern === '*' || pattern === url || (pattern.endsWith('*') && url.startsWith(pattern.slice(0, -1)));

/** Rules that differ in their verbs only become one (pkg/registry/rbac/validation/policy_compact.go). */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const merged = new Map<string, PolicyRule>();
  for (const {verbs, ...rest} of rules) {
    const key = JSON.stringify([rest.apiGroups, rest.resources, rest.resourceNames, rest.nonResourceURLs]);
    const known = merged.get(key);
    merged.set(key, {...rest, verbs: [...new Set([...(known?.verbs ?? []), ...verbs])]});
  }
  return [...merged.values()];
}

/** As rbacv1helpers.CompactString writes a rule. */
function describe({apiGroups, resources, resourceNames, nonResourceURLs, verbs}: PolicyRule): string {
  const part = (name: string, values: readonly string[] | undefined) =>
    values !== undefined && values.length > 0 ? [`${name}:[${values.map(value => JSON.stringify(value)).join(' ')}]`] : [];
  const parts = [
    ...part('APIGroups', apiGroups),
    ...part('Resources', resources),
    ...part('NonResourceURLs', nonResourceURLs),
    ...part('ResourceNames', resourceNames),
    ...part('Verbs', verbs),
  ];
  return `{${parts.join(', ')}}`;
}
