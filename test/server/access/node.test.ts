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
  },
};
const isRelated = createNodeRelations({
  pods: {snapshot: () => ({indexed: (node: string) => (node === 'a' ? [{object: pod}] : [])})} as unknown as ResourceStorage,
  claims: {get: (key: string) => (key === 'n/data' ? {object: {spec: {volumeName: 'pv-1'}}} : undefined)} as unknown as ResourceStorage,
});
const rbac = {roleRules: () => [{apiGroups: [''], resources: ['pods'], verbs: ['get']}]} as unknown as Rbac;
const authorizer = createNodeAuthorizer(rbac, isRelated);

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
    of('get', 'pods', 'any'),
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
    [of('delete', 'pods', 'any'), ''],
  ];
  for (const [attributes, reason] of refused) {
    const {verb, resource, name, namespace} = attributes;
    it(`does not let a node ${verb} ${resource} ${namespace}/${name}: ${reason}`, () => {
      assert.deepEqual(authorizer(attributes), {allowed: false, reason});
    });
  }
});
