import type {Authorizer} from './authorizer.ts';
import type {Rbac} from './rbac.ts';
import {allows} from './rbac.ts';

const NODES = 'system:nodes';
const NODE_USER = /^system:node:./;

/**
 * Lets kubelets do what kubelets do: the rules of the cluster role `system:node`, which is bound to nobody (plugin/pkg/auth/authorizer/node).
 * Which secrets and volumes belong to a node's own pods is not looked at.
 */
export const createNodeAuthorizer =
  (rbac: Rbac): Authorizer =>
  attributes => {
    const {identity} = attributes;
    if (!identity.groups.includes(NODES) || !NODE_USER.test(identity.name)) return {allowed: false, reason: ''};
    const rules = rbac.roleRules({apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node'}, '') ?? [];
    return {allowed: rules.some(rule => allows(rule, attributes)), reason: ''};
  };
