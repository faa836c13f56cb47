import type {Identity} from '../api/client.ts';
import type {AccessAttributes, AccessDecision} from './authorizer.ts';
import type {IsRelated} from './node-relations.ts';
import type {Rbac} from './rbac.ts';
import {allows} from './rbac.ts';

const NODES = 'system:nodes';
const PREFIX = 'system:node:';
const LEASES = 'kube-node-lease';

/**
 * Lets kubelets do what kubelets do (plugin/pkg/auth/authorizer/node): read what the pods on their node use, keep what is
 * the node's own, and otherwise what the cluster role `system:node` allows, which is bound to nobody.
 */
export const createNodeAuthorizer =
  (rbac: Rbac, isRelated: IsRelated) =>
  (attributes: AccessAttributes): AccessDecision => {
    const {identity, isResource, group, resource} = attributes;
    if (!isNode(identity)) return {allowed: false, reason: ''};
    const node = identity.name.slice(PREFIX.length);
    if (node === '') return refused(`unknown node for user ${JSON.stringify(identity.name)}`);
    const special = isResource ? SPECIAL.get(group === '' ? resource : `${resource}.${group}`) : undefined;
    if (special) {
      const why = special(attributes, node, isRelated);
      return why === undefined ? {allowed: true, reason: ''} : refused(why);
    }
    const rules = rbac.roleRules({apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node'}, '') ?? [];
    return {allowed: rules.some(rule => allows(rule, attributes)), reason: ''};
  };

/** Is it a kubelet's identity? */
export const isNode = ({name, groups}: Identity): boolean => groups.includes(NODES) && name.startsWith(PREFIX);

const refused = (reason: string): AccessDecision => ({allowed: false, reason});

/** Why a node may not, '' if there is nothing to say; undefined if it may. */
type Check = (attributes: AccessAttributes, node: string, isRelated: IsRelated) => string | undefined;

function related({resource, namespace, name}: AccessAttributes, node: string, isRelated: IsRelated): string | undefined {
  if (name === '') return 'No Object name found';
  return isRelated(node, resource, namespace, name) ? undefined : `no relationship found between node '${node}' and this object`;
}

const READING = ['get', 'list', 'watch'];

const readOne: Check = (attributes, node, isRelated) => {
  if (!READING.includes(attributes.verb)) return 'can only read resources of this type';
  if (attributes.subresource !== '') return 'cannot read subresource';
  if (attributes.namespace === '') return 'can only read namespaced object of this type';
  return related(attributes, node, isRelated);
};

const getOne: Check = (attributes, node, isRelated) => {
  if (attributes.verb !== 'get') return 'can only get individual resources of this type';
  return attributes.subresource === '' ? related(attributes, node, isRelated) : 'cannot get subresource';
};

const claim: Check = (attributes, node, isRelated) => {
  if (attributes.subresource !== 'status') return getOne(attributes, node, isRelated);
  const writes = attributes.verb === 'update' || attributes.verb === 'patch';
  return writes ? related(attributes, node, isRelated) : 'can only get/update/patch this type';
};

const token: Check = (attributes, node, isRelated) => {
  const {verb, name, subresource} = attributes;
  if (verb !== 'create' || name === '') return 'can only create tokens for individual service accounts';
  return subresource === 'token' ? related(attributes, node, isRelated) : 'can only create token subresource of serviceaccount';
};

const OWN_VERBS = ['get', 'create', 'update', 'patch', 'delete'];

const lease: Check = ({verb, namespace, name}, node) => {
  if (!OWN_VERBS.includes(verb)) return 'can only get, create, update, patch, or delete a node lease';
  if (namespace !== LEASES) return `can only access leases in the ${JSON.stringify(LEASES)} system namespace`;
  return verb === 'create' || name === node ? undefined : 'can only access node lease with the same name as the requesting node';
};

const csiNode: Check = ({verb, subresource, name}, node) => {
  if (!OWN_VERBS.includes(verb)) return 'can only get, create, update, patch, or delete a CSINode';
  if (subresource !== '') return 'cannot authorize CSINode subresources';
  return verb === 'create' || name === node ? undefined : 'can only access CSINode with the same name as the requesting node';
};

const slice: Check = (attributes, node, isRelated) => {
  const {verb, subresource} = attributes;
  if (subresource !== '') return 'cannot authorize ResourceSlice subresources';
  // Whose it is to be, NodeRestriction sees.
  if (verb === 'create') return undefined;
  if (['get', 'update', 'patch', 'delete'].includes(verb)) return related(attributes, node, isRelated);
  if (!['watch', 'list', 'deletecollection'].includes(verb))
    return 'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection';
  return selects(attributes, 'nodeName', node)
    ? undefined
    : 'can only list/watch/deletecollection resourceslices with nodeName field selector';
};

const selects = ({fieldSelector = []}: AccessAttributes, wanted: string, node: string): boolean =>
  fieldSelector.some(({field, operator, value}) => field === wanted && operator === '=' && value === node);

/** NodeRestriction limits what is written to the node's own objects. */
const nodeObject: Check = ({verb, subresource, name}, node) => {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? undefined : '';
  if (subresource !== '') return '';
  if (verb === 'create' || verb === 'update' || verb === 'patch') return undefined;
  if (!READING.includes(verb)) return '';
  if (name === node) return undefined;
  return name === ''
    ? `node '${node}' cannot read all nodes, only its own Node object`
    : `node '${node}' cannot read '${name}', only its own Node object`;
};

const pod: Check = (attributes, node, isRelated) => {
  const {verb, subresource, name} = attributes;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? undefined : '';
  if (subresource === 'eviction') return verb === 'create' ? undefined : '';
  if (subresource !== '') return '';
  if (verb === 'create' || verb === 'delete') return undefined;
  if (verb === 'get') return getOne(attributes, node, isRelated);
  if (verb !== 'list' && verb !== 'watch') return '';
  if (selects(attributes, 'spec.nodeName', node)) return undefined;
  return name === '' ? 'can only list/watch pods with spec.nodeName field selector' : related(attributes, node, isRelated);
};

const SPECIAL: ReadonlyMap<string, Check> = new Map([
  ['secrets', readOne],
  ['configmaps', readOne],
  ['persistentvolumeclaims', claim],
  ['persistentvolumes', getOne],
  ['serviceaccounts', token],
  ['nodes', nodeObject],
  ['pods', pod],
  ['leases.coordination.k8s.io', lease],
  ['csinodes.storage.k8s.io', csiNode],
  ['volumeattachments.storage.k8s.io', getOne],
  ['resourceclaims.resource.k8s.io', getOne],
  ['resourceslices.resource.k8s.io', slice],
]);
