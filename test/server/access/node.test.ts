import assert from 'node:assert/strict';
import type {AccessAttributes} from '../../../server/access/authorizer.ts';
import {createNodeAuthorizer} from '../../../server/access/node.ts';
import {createNodeRelations} from '../../../server/access/node-relations.ts';
import type {Rbac} from '../../../server/access/rbac.ts';
import type {ResourceStorage} from '../../../server/storage/types.ts';

const pod = {
  metadata: {name: 'p', namespace: 'n'},
  spec: {
    serviceAccountName: 'robot',
    imagePullSecrets: [{name: 'pull'}],
    containers: [
      {name: 'a', env: [{name: 'E', valueFrom: {secretKeyRef: {name: 'env', key: 'k'}}}], envFrom: [{configMapRef: {name: 'all'}}]},
    ],
    volumes: [
      {name: 'v', projected: {sources: [{secret: {name: 'projected'}}, {configMap: {name: 'root-ca'}}]}},
      {name: 'w', persistentVolumeClaim: {claimName: 'data'}},
      {name: 'x', ephemeral: {}},
    ],
    resourceClaims: [
      {name: 'gpu', resourceClaimName: 'shared'},
      {name: 'nic', resourceClaimTemplateName: 't'},
    ],
    nodeName: 'a',
  },
  status: {
    resourceClaimStatuses: [{name: 'nic', resourceClaimName: 'p-nic-x'}],
    extendedResourceClaimStatus: {resourceClaimName: 'extended'},
  },
};
const mirror = {
  metadata: {name: 'm', namespace: 'n', annotations: {'kubernetes.io/config.mirror': 'x'}},
  spec: {nodeName: 'a', containers: [{name: 'a', envFrom: [{secretRef: {name: 'coveted'}}]}]},
};
const bound = (namespace: string) => ({
  metadata: {name: 'pv'},
  spec: {
    claimRef: {namespace, name: 'data'},
    csi: {nodeStageSecretRef: {name: 'stage', namespace: 'csi'}, controllerPublishSecretRef: {name: 'control', namespace: 'csi'}},
  },
});
const objects: {[resource: string]: {[key: string]: unknown}} = {
  pods: {'n/p': pod, 'n/m': mirror, 'n/elsewhere': {spec: {nodeName: 'b'}}},
  persistentvolumeclaims: {'n/data': {spec: {volumeName: 'pv-1'}}, 'n/p-x': {spec: {volumeName: 'pv-2'}}},
  persistentvolumes: {'pv-1': {...bound('n'), metadata: {name: 'pv-1'}}, 'pv-2': {...bound('other'), metadata: {name: 'pv-2'}}},
  volumeattachments: {mine: {spec: {nodeName: 'a'}}, others: {spec: {nodeName: 'b'}}},
  resourceslices: {mine: {spec: {nodeName: 'a'}}, others: {spec: {nodeName: 'b'}}, free: {spec: {allNodes: true}}},
};
const storage = (_group: string, resource: string) =>
  ({
    get: (key: string) => (objects[resource]![key] ? {object: objects[resource]![key]} : undefined),
    snapshot: () => ({
      indexed: (node: string) =>
        Object.values(objects[resource]!)
          .filter(object => (object as typeof pod).spec.nodeName === node)
          .map(object => ({object})),
    }),
  }) as unknown as ResourceStorage;
const rbac = {roleRules: () => [{apiGroups: [''], resources: ['services'], verbs: ['get']}]} as unknown as Rbac;
const authorizer = createNodeAuthorizer(rbac, createNodeRelations(storage));

const NONE = "no relationship found between node 'a' and this object";
const of = (verb: string, resource: string, name = '', more: Partial<AccessAttributes> = {}): AccessAttributes => ({
  identity: {name: 'system:node:a', groups: ['system:nodes']},
  verb,
  isResource: true,
  group: '',
  version: 'v1',
  resource,
  subresource: '',
  namespace: 'n',
  name,
  path: '',
  ...more,
});
const slices = {group: 'resource.k8s.io', namespace: ''};
const lease = {group: 'coordination.k8s.io', namespace: 'kube-node-lease'};

describe('server/access/node', () => {
  const allowed: AccessAttributes[] = [
    ...['pull', 'env', 'projected'].map(name => of('get', 'secrets', name)),
    of('watch', 'secrets', 'env'),
    of('list', 'configmaps', 'all'),
    of('get', 'configmaps', 'root-ca'),
    of('get', 'persistentvolumeclaims', 'data'),
    of('get', 'persistentvolumeclaims', 'p-x'),
    of('patch', 'persistentvolumeclaims', 'data', {subresource: 'status'}),
    of('get', 'persistentvolumes', 'pv-1', {namespace: ''}),
    of('create', 'serviceaccounts', 'robot', {subresource: 'token'}),
    of('update', 'leases', 'a', lease),
    of('get', 'services', 'any'),
    of('get', 'pods', 'p'),
    of('list', 'pods', '', {namespace: '', fieldSelector: [{field: 'spec.nodeName', operator: '=', value: 'a'}]}),
    of('watch', 'pods', 'p'),
    of('delete', 'pods', 'any'),
    of('patch', 'pods', 'any', {subresource: 'status'}),
    of('create', 'pods', 'any', {subresource: 'eviction'}),
    of('get', 'nodes', 'a', {namespace: ''}),
    of('update', 'nodes', 'a', {namespace: '', subresource: 'status'}),
    of('get', 'secrets', 'stage', {namespace: 'csi'}),
    of('get', 'volumeattachments', 'mine', {namespace: '', group: 'storage.k8s.io'}),
    ...['shared', 'p-nic-x', 'extended'].map(name => of('get', 'resourceclaims', name, {group: 'resource.k8s.io'})),
    of('delete', 'resourceslices', 'mine', slices),
    of('list', 'resourceslices', '', {...slices, fieldSelector: [{field: 'nodeName', operator: '=', value: 'a'}]}),
  ];
  for (const attributes of allowed) {
    const {verb, resource, name} = attributes;
    it(`lets a node ${verb} ${resource} ${name}`, () => {
      assert.deepEqual(authorizer(attributes), {allowed: true, reason: ''});
    });
  }

  const refused: [AccessAttributes, string][] = [
    [of('get', 'secrets', 'other'), NONE],
    [of('get', 'secrets', 'env', {namespace: 'm'}), NONE],
    [of('list', 'secrets'), 'No Object name found'],
    [of('list', 'secrets', '', {namespace: ''}), 'can only read namespaced object of this type'],
    [of('delete', 'configmaps', 'all'), 'can only read resources of this type'],
    [of('list', 'persistentvolumes'), 'can only get individual resources of this type'],
    [of('create', 'serviceaccounts', 'other', {subresource: 'token'}), NONE],
    [of('update', 'leases', 'b', lease), 'can only access node lease with the same name as the requesting node'],
    [of('get', 'secrets', 'env', {identity: {name: 'system:node:', groups: ['system:nodes']}}), 'unknown node for user "system:node:"'],
    [of('get', 'secrets', 'env', {identity: {name: 'system:node:a', groups: ['others']}}), ''],
    [of('delete', 'services', 'any'), ''],
    [of('get', 'pods', 'elsewhere'), NONE],
    [of('list', 'pods', '', {namespace: ''}), 'can only list/watch pods with spec.nodeName field selector'],
    [
      of('list', 'pods', '', {fieldSelector: [{field: 'spec.nodeName', operator: '!=', value: 'a'}]}),
      'can only list/watch pods with spec.nodeName field selector',
    ],
    [of('update', 'pods', 'p'), ''],
    [of('create', 'pods', 'p', {subresource: 'exec'}), ''],
    [of('list', 'nodes', '', {namespace: ''}), "node 'a' cannot read all nodes, only its own Node object"],
    [of('get', 'nodes', 'b', {namespace: ''}), "node 'a' cannot read 'b', only its own Node object"],
    [of('delete', 'nodes', 'a', {namespace: ''}), ''],
    [of('get', 'secrets', 'coveted'), NONE],
    [of('get', 'secrets', 'control', {namespace: 'csi'}), NONE],
    [of('get', 'persistentvolumes', 'pv-2', {namespace: ''}), NONE],
    [of('get', 'volumeattachments', 'others', {namespace: '', group: 'storage.k8s.io'}), NONE],
    [of('get', 'resourceclaims', 'other', {group: 'resource.k8s.io'}), NONE],
    [of('get', 'resourceslices', 'free', slices), NONE],
    [of('list', 'resourceslices', '', slices), 'can only list/watch/deletecollection resourceslices with nodeName field selector'],
  ];
  for (const [attributes, reason] of refused) {
    const {verb, resource, name, namespace} = attributes;
    it(`does not let a node ${verb} ${resource} ${namespace}/${name}: ${reason}`, () => {
      assert.deepEqual(authorizer(attributes), {allowed: false, reason});
    });
  }
});
