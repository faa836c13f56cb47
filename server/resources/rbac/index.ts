import type {Strategy} from '../resource.ts';
import {clusterRoleBinding, roleBinding} from './bindings.ts';
import {clusterRole, role} from './roles.ts';

/** Rules of the rbac.authorization.k8s.io group by kind. */
export const rbac: {readonly [kind: string]: Strategy} = {
  ClusterRole: clusterRole,
  ClusterRoleBinding: clusterRoleBinding,
  Role: role,
  RoleBinding: roleBinding,
};
