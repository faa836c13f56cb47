import type {Identity} from '../api/client.ts';
import type {ClusterRole, PolicyRule, RbacSubject, RoleBinding, RoleRef} from '../api/kinds.generated.ts';
import type {ResourceStorage} from '../storage/types.ts';
import type {AccessAttributes, AccessDecision} from './authorizer.ts';
import {aggregateText} from './authorizer.ts';

/** Where roles and bindings lie. */
export interface RbacStorages {
  readonly roles: ResourceStorage;
  readonly clusterRoles: ResourceStorage;
  readonly roleBindings: ResourceStorage;
  readonly clusterRoleBindings: ResourceStorage;
}

/** A rule that somebody has, and through which binding. */
export interface GrantedRule {
  readonly rule: PolicyRule;
  readonly binding: Binding;
  readonly subject: RbacSubject;
}

export interface Rbac {
  authorize(attributes: AccessAttributes): AccessDecision;
  /** Every rule an identity has in a namespace ('' for the whole cluster only). */
  rulesFor(identity: Identity, namespace: string): Iterable<GrantedRule>;
  /** Why roles that an identity is bound to give it nothing: they do not exist. */
  complaints(identity: Identity, namespace: string): string[];
  /** The rules of the role a binding refers to; undefined if there is no such role. */
  roleRules(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined;
}

interface Binding {
  readonly namespace: string;
  readonly name: string;
  readonly roleRef: RoleRef;
}

/** Role-based access control over what the caches hold (k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac). */
export function createRbac(storages: RbacStorages): Rbac {
  const clusterWide = createBindingIndex(storages.clusterRoleBindings);
  const namespaced = createBindingIndex(storages.roleBindings);

  function* bindingsOf(identity: Identity, namespace: string): Iterable<BoundSubject> {
    yield* clusterWide.of(identity, '');
    if (namespace !== '') yield* namespaced.of(identity, namespace);
  }

  function* rulesFor(identity: Identity, namespace: string): Iterable<GrantedRule> {
    for (const {binding, subject} of bindingsOf(identity, namespace)) yield* grants(binding, subject);
  }

  function complaints(identity: Identity, namespace: string): string[] {
    const missing = new Set<string>();
    for (const {binding} of bindingsOf(identity, namespace)) {
      const {kind, name} = binding.roleRef;
      if (roleRules(binding.roleRef, binding.namespace) === undefined)
        missing.add(`${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`);
    }
    return [...missing];
  }

  function* grants(binding: Binding, subject: RbacSubject): Iterable<GrantedRule> {
    for (const rule of roleRules(binding.roleRef, binding.namespace) ?? []) yield {rule, binding, subject};
  }

  function roleRules({kind, name}: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const entry = kind === 'ClusterRole' ? storages.clusterRoles.get(name) : storages.roles.get(`${namespace}/${name}`);
    return entry && ((entry.object as unknown as ClusterRole).rules ?? []);
  }

  return {
    rulesFor,
    complaints,
    roleRules,
    authorize(attributes) {
      for (const granted of rulesFor(attributes.identity, attributes.namespace)) {
        if (allows(granted.rule, attributes)) return {allowed: true, reason: allowedBy(granted)};
      }
      const missing = complaints(attributes.identity, attributes.namespace);
      return {allowed: false, reason: missing.length === 0 ? '' : `RBAC: ${aggregateText(missing)}`};
    },
  };
}

/** Does the rule cover the request? */
export function allows(rule: PolicyRule, {isResource, verb, group, resource, subresource, name, path}: AccessAttributes): boolean {
  if (!has(rule.verbs, verb)) return false;
  if (!isResource)
    return (rule.nonResourceURLs ?? []).some(
      url => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))),
    );
  return has(rule.apiGroups, group) && coversResource(rule.resources, resource, subresource) && coversName(rule.resourceNames, name);
}

const has = (list: readonly string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted));

function coversResource(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`;
  return (resources ?? []).some(
    candidate => candidate === '*' || candidate === wanted || (subresource !== '' && candidate === `*/${subresource}`),
  );
}

const coversName = (names: readonly string[] | undefined, name: string): boolean =>
  names === undefined || names.length === 0 || names.includes(name);

function allowedBy({binding, subject}: GrantedRule): string {
  const {namespace, name, roleRef} = binding;
  const where = namespace === '' ? `ClusterRoleBinding ${JSON.stringify(name)}` : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  const who =
    subject.kind === 'ServiceAccount'
      ? `ServiceAccount ${JSON.stringify(`${subject.name}/${subject.namespace || namespace}`)}`
      : `${subject.kind} ${JSON.stringify(subject.name)}`;
  return `RBAC: allowed by ${where} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${who}`;
}

interface BoundSubject {
  readonly binding: Binding;
  readonly subject: RbacSubject;
  /** The subject's place in the binding. */
  readonly place: number;
}

/** Bindings by their namespace and the subjects they name, so that a decision does not look at all of them. Follows the storage; made anew when it changed. */
function createBindingIndex(storage: ResourceStorage) {
  let cursor = storage.cursor(storage.revision);
  let bySubject: Map<string, BoundSubject[]> | undefined;
  const refresh = (): Map<string, BoundSubject[]> => {
    if (bySubject !== undefined && !changed()) return bySubject;
    bySubject = new Map();
    for (const entry of storage.snapshot().range()) {
      const {roleRef, subjects} = entry.object as unknown as RoleBinding;
      const binding = {namespace: entry.namespace, name: entry.name, roleRef};
      for (const [place, subject] of (subjects ?? []).entries()) {
        const key = `${entry.namespace} ${subjectKey(subject, entry.namespace)}`;
        const bound = bySubject.get(key);
        if (!bound) bySubject.set(key, [{binding, subject, place}]);
        else if (bound.at(-1)!.binding !== binding) bound.push({binding, subject, place});
      }
    }
    return bySubject;
  };
  const changed = (): boolean => {
    try {
      let any = false;
      while (cursor.next(1000).length > 0) any = true;
      return any;
    } catch {
      // Fallen off the log: whatever happened, look again.
      cursor = storage.cursor(storage.revision);
      return true;
    }
  };
  return {
    /** Every binding that names the identity, once: by the first of its subjects that does. */
    of({name, groups}: Identity, namespace: string): Iterable<BoundSubject> {
      const index = refresh();
      const lists = [`User ${name}`, ...groups.map(group => `Group ${group}`)].flatMap(key => {
        const bound = index.get(`${namespace} ${key}`);
        return bound ? [bound] : [];
      });
      return lists.length < 2 ? (lists[0] ?? []) : firstSubjects(lists);
    },
  };
}

function firstSubjects(lists: readonly (readonly BoundSubject[])[]): Iterable<BoundSubject> {
  const found = new Map<Binding, BoundSubject>();
  for (const list of lists) {
    for (const bound of list) {
      const known = found.get(bound.binding);
      if (known === undefined || bound.place < known.place) found.set(bound.binding, bound);
    }
  }
  return found.values();
}

/** A service account is bound under the user name that its tokens have. */
const subjectKey = ({kind, name, namespace}: RbacSubject, bindingNamespace: string): string =>
  kind === 'ServiceAccount' ? `User system:serviceaccount:${namespace || bindingNamespace}:${name}` : `${kind} ${name}`;
