import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, invalid, required} from '../../api/field.ts';
import type {ClusterRole, PolicyRule, Role} from '../../api/kinds.generated.ts';
import {nameIsPathSegment} from '../../api/names.ts';
import type {KubeObject} from '../../api/object.ts';
import type {Strategy} from '../resource.ts';
import {collect, each, validateLabelSelector} from '../rules.ts';

const common: Strategy = {
  validateName: nameIsPathSegment,
  allowCreateOnUpdate: true,
  generation: 'none',
};

/** Upstream: pkg/apis/rbac/validation, pkg/registry/rbac/role. */
export const role: Strategy = {
  ...common,
  validate: object => validateRules((object as Role).rules, true),
  validateUpdate: object => validateRules((object as Role).rules, true),
};

/** Upstream: pkg/apis/rbac/validation, pkg/registry/rbac/clusterrole. */
export const clusterRole: Strategy = {...common, validate: validateClusterRole, validateUpdate: validateClusterRole};

function validateClusterRole(object: KubeObject): FieldError[] {
  const {rules, aggregationRule} = object as ClusterRole;
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule?.clusterRoleSelectors ?? [];
  return collect(
    validateRules(rules, false),
    aggregationRule && selectors.length === 0 && required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'),
    each(selectors, path, (selector, at) => {
      const errors = validateLabelSelector(selector, at);
      return collect(errors, errors.length > 0 && invalid(at, null, 'invalid label selector.'));
    }),
  );
}

const validateRules = (rules: readonly PolicyRule[] | undefined | null, namespaced: boolean): FieldError[] =>
  each(rules, 'rules', (rule, path) => validateRule(rule, namespaced, path));

function validateRule(rule: PolicyRule, namespaced: boolean, path: FieldPath): FieldError[] {
  const has = (list: readonly string[] | undefined): boolean => (list ?? []).length > 0;
  const urls = child(path, 'nonResourceURLs');
  const verbs = !has(rule.verbs) && required(child(path, 'verbs'), 'verbs must contain at least one value');
  if (has(rule.nonResourceURLs)) {
    const mixed = has(rule.apiGroups) || has(rule.resources) || has(rule.resourceNames);
    return collect(
      verbs,
      namespaced && invalid(urls, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'),
      mixed && invalid(urls, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
    );
  }
  return collect(
    verbs,
    !has(rule.apiGroups) && required(child(path, 'apiGroups'), 'resource rules must supply at least one api group'),
    !has(rule.resources) && required(child(path, 'resources'), 'resource rules must supply at least one resource'),
  );
}
