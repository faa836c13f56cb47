import {aggregateText} from '../access/authorizer.ts';
import {escalationMessage, missingRules} from '../access/escalation.ts';
import type {Rbac} from '../access/rbac.ts';
import type {ClusterRole, PolicyRule, RoleBinding, RoleRef} from '../api/kinds.generated.ts';
import {forbidden, notFound} from '../api/status.ts';
import {jsonEqual} from '../patch/equal.ts';
import type {AdmissionLookup, AdmissionPlugin, AdmissionRequest} from './admission.ts';

const GROUP = 'rbac.authorization.k8s.io';
const MASTERS = 'system:masters';
const EVERYTHING: readonly PolicyRule[] = [
  {verbs: ['*'], apiGroups: ['*'], resources: ['*']},
  {verbs: ['*'], nonResourceURLs: ['*']},
];

/**
 * Nobody gives others more than they have: roles need the verb `escalate` or the rights in them, bindings the verb `bind` or the rights
 * of their role (pkg/registry/rbac, policybased). Upstream that is storage; here it is the last to look before the kind's own rules.
 */
export function createRoleEscalation(rbac: Rbac): AdmissionPlugin {
  return {
    name: 'RoleEscalation',
    handles: ({operation, resource, subresource, identity}) =>
      resource.group === GROUP &&
      subresource === '' &&
      (operation === 'CREATE' || operation === 'UPDATE') &&
      !identity.groups.includes(MASTERS),
    async admit(request, lookup) {
      if (request.old && onlyReleases(request)) return;
      const {resource} = request;
      if (resource.resource.endsWith('bindings')) await checkBinding(rbac, request, lookup);
      else if (!(await mayOnRole(request, lookup, 'escalate', resource.resource, request.name))) checkRole(rbac, request);
    },
  };
}

/** Only owners and finalizers change: garbage collection has to be possible. */
function onlyReleases({object, old}: AdmissionRequest): boolean {
  const {ownerReferences: _o, finalizers: _f, managedFields: _m, ...now} = object!.metadata;
  const {ownerReferences: _p, finalizers: _g, managedFields: _n, ...before} = old!.metadata;
  return jsonEqual({...object!, metadata: now}, {...old!, metadata: before});
}

function checkRole(rbac: Rbac, request: AdmissionRequest): void {
  const {rules, aggregationRule} = request.object as unknown as ClusterRole;
  const before = (request.old as unknown as ClusterRole | undefined)?.aggregationRule;
  confirm(rbac, request, rules ?? []);
  if (request.resource.resource !== 'clusterroles' || (aggregationRule === undefined && before === undefined)) return;
  if (missingRules(ownRules(rbac, request), EVERYTHING).length === 0) return;
  throw forbidden(request.resource, request.name, 'must have cluster-admin privileges to use an aggregationRule');
}

async function checkBinding(rbac: Rbac, request: AdmissionRequest, lookup: AdmissionLookup): Promise<void> {
  const {roleRef} = request.object as unknown as RoleBinding;
  if (await mayBind(request, lookup, roleRef)) return;
  const rules = rbac.roleRules(roleRef, request.namespace);
  if (rules === undefined) throw notFound(request.resource, roleRef.name);
  confirm(rbac, request, rules);
}

const mayBind = async (request: AdmissionRequest, lookup: AdmissionLookup, {kind, name, apiGroup}: RoleRef): Promise<boolean> =>
  apiGroup === GROUP && mayOnRole(request, lookup, 'bind', kind === 'ClusterRole' ? 'clusterroles' : 'roles', name);

async function mayOnRole(
  {identity, namespace}: AdmissionRequest,
  {authorizer}: AdmissionLookup,
  verb: 'bind' | 'escalate',
  resource: string,
  name: string,
): Promise<boolean> {
  const attributes = {identity, verb, isResource: true, group: GROUP, version: '*', resource, subresource: '', namespace, name, path: ''};
  return (await authorizer(attributes)).allowed;
}

const ownRules = (rbac: Rbac, {identity, namespace}: AdmissionRequest): PolicyRule[] =>
  [...rbac.rulesFor(identity, namespace)].map(({rule}) => rule);

function confirm(rbac: Rbac, request: AdmissionRequest, rules: readonly PolicyRule[]): void {
  const missing = missingRules(ownRules(rbac, request), rules);
  if (missing.length === 0) return;
  const errors = rbac.complaints(request.identity, request.namespace);
  const unresolved = errors.length === 0 ? '' : `; resolution errors: [${aggregateText(errors)}]`;
  throw forbidden(request.resource, request.name, escalationMessage(request.identity, missing) + unresolved);
}
