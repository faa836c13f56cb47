import equal from 'fast-deep-equal';
import type {ClusterRole, PolicyRule} from '../server/api/kinds.generated.ts';
import {clusterRoles as roleType} from '../server/api/resource-types.generated.ts';
import {selectsLabels} from '../server/api/selectors.ts';
import type {ControllerDefinition} from './runtime/definition.ts';

/** Keeps the rules of aggregated ClusterRoles (pkg/controller/clusterroleaggregation). */
export const clusterRoleAggregationController: ControllerDefinition = {
  name: 'clusterrole-aggregation-controller',
  alias: 'clusterrole-aggregation',
  start(context) {
    const roles = context.informer(roleType);
    const queue = context.queue();
    // Any role may be part of any aggregate.
    const all = () => {
      for (const role of roles.list()) if (role.aggregationRule) queue.add(role.metadata.name!);
    };
    roles.addHandler({added: all, updated: all, deleted: all});

    const reconcile = async (name: string) => {
      const role = roles.get(name);
      if (!role?.aggregationRule || role.metadata.deletionTimestamp) return;
      const rules = aggregateRules(role, roles.list());
      if (equal(rules, role.rules ?? [])) return;
      const apply = {apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: {name}, rules};
      await context.client.apply(roleType, apply, {fieldManager: 'clusterrole-aggregation-controller', force: true});
    };
    return [context.run(queue, reconcile)];
  },
};

/** The union of the rules of all selected roles, by name of the role, each rule once. */
export function aggregateRules({metadata, aggregationRule}: ClusterRole, roles: readonly ClusterRole[]): PolicyRule[] {
  const rules: PolicyRule[] = [];
  const sorted = [...roles].sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1));
  for (const selector of aggregationRule?.clusterRoleSelectors ?? []) {
    for (const role of sorted) {
      if (role.metadata.name === metadata.name || !selectsLabels(selector, role.metadata.labels)) continue;
      for (const rule of role.rules ?? []) if (!rules.some(known => equal(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
