import assert from 'node:assert/strict';
import type {AccessAttributes} from '../../../server/access/authorizer.ts';
import {allows, createRbac} from '../../../server/access/rbac.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import type {ResourceStorage} from '../../../server/storage/types.ts';

/** A storage of objects by key that never changes. */
function storage(objects: {[key: string]: object}): ResourceStorage {
  const entries = Object.entries(objects).map(([key, object]) => {
    const [namespace, name] = key.includes('/') ? (key.split('/') as [string, string]) : ['', key];
    return {key, namespace, name, object: object as KubeObject};
  });
  return {
    revision: 1,
    get: (key: string) => entries.find(entry => entry.key === key),
    snapshot: () => ({range: () => entries}),
    cursor: () => ({next: () => [], close() {}}),
  } as unknown as ResourceStorage;
}

const role = (verbs: string[], resources: string[], more: object = {}) => ({rules: [{apiGroups: [''], verbs, resources, ...more}]});
const bind = (kind: string, name: string, ...subjects: object[]) => ({
  roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind, name},
  subjects,
});
const user = (name: string) => ({kind: 'User', name});

const rbac = createRbac({
  roles: storage({'n/reader': role(['get'], ['configmaps'])}),
  clusterRoles: storage({lister: role(['list'], ['*']), named: role(['*'], ['secrets'], {resourceNames: ['mine']})}),
  roleBindings: storage({
    'n/a': bind('Role', 'reader', user('alice'), {kind: 'ServiceAccount', name: 'robot'}),
    'm/a': bind('ClusterRole', 'lister', user('alice')),
    'm/lost': bind('Role', 'reader', user('alice')),
  }),
  clusterRoleBindings: storage({
    all: bind('ClusterRole', 'named', {kind: 'Group', name: 'devs'}),
    twice: bind('ClusterRole', 'lister', {kind: 'Group', name: 'ops'}, user('carol'), {kind: 'Group', name: 'admins'}, user('carol')),
  }),
});

const attributes = (name: string, verb: string, resource: string, namespace: string, more: Partial<AccessAttributes> = {}) => ({
  identity: {name, groups: ['devs']},
  verb,
  isResource: true,
  group: '',
  version: 'v1',
  resource,
  subresource: '',
  namespace,
  name: '',
  path: '',
  ...more,
});

describe('server/access/rbac', () => {
  const decisions: [string, AccessAttributes, string | undefined][] = [
    ['a role where it is bound', attributes('alice', 'get', 'configmaps', 'n'), 'RoleBinding "a/n" of Role "reader" to User "alice"'],
    [
      'a cluster role in one namespace',
      attributes('alice', 'list', 'pods', 'm'),
      'RoleBinding "a/m" of ClusterRole "lister" to User "alice"',
    ],
    ['a cluster role bound in a namespace, cluster-wide', attributes('alice', 'list', 'pods', ''), undefined],
    [
      'an account of the namespace',
      attributes('system:serviceaccount:n:robot', 'get', 'configmaps', 'n'),
      'RoleBinding "a/n" of Role "reader" to ServiceAccount "robot/n"',
    ],
    ['an account of another', attributes('system:serviceaccount:m:robot', 'get', 'configmaps', 'n'), undefined],
    [
      'a named object',
      attributes('bob', 'get', 'secrets', 'n', {name: 'mine'}),
      'ClusterRoleBinding "all" of ClusterRole "named" to Group "devs"',
    ],
    ['another object', attributes('bob', 'get', 'secrets', 'n', {name: 'yours'}), undefined],
    ['a subresource', attributes('alice', 'get', 'configmaps', 'n', {subresource: 'status'}), undefined],
  ];
  for (const [what, asked, by] of decisions) {
    it(`${by ? 'allows' : 'does not allow'} ${what}`, () => {
      assert.deepEqual(rbac.authorize(asked), by ? {allowed: true, reason: `RBAC: allowed by ${by}`} : {allowed: false, reason: ''});
    });
  }

  it('counts a binding once, by the first of its subjects', () => {
    const carol = {name: 'carol', groups: ['admins', 'ops', 'ops']};
    assert.deepEqual(
      [...rbac.rulesFor(carol, '')].map(({binding, subject}) => [binding.name, subject.name]),
      [['twice', 'ops']],
    );
    assert.deepEqual(
      [...rbac.rulesFor({...carol, groups: ['admins']}, '')].map(({subject}) => subject.name),
      ['carol'],
    );
  });

  it('says which role is not there', () => {
    assert.deepEqual(rbac.authorize(attributes('alice', 'get', 'configmaps', 'm')), {
      allowed: false,
      reason: 'RBAC: role.rbac.authorization.k8s.io "reader" not found',
    });
  });

  it('matches paths by their beginning', () => {
    const path = (of: string) => attributes('a', 'get', '', '', {isResource: false, path: of});
    const rule = {verbs: ['get'], nonResourceURLs: ['/api/*', '/healthz']};
    assert.deepEqual(
      ['/api/v1', '/healthz', '/healthz/x', '/apis'].map(each => allows(rule, path(each))),
      [true, true, false, false],
    );
  });

  it('looks at the bindings of one namespace only', () => {
    const many = Object.fromEntries(
      Array.from({length: 2000}, (_, i) => [`n${i}/b`, bind('ClusterRole', 'lister', user('alice'), user(`u${i}`))]),
    );
    const crowded = createRbac({
      roles: storage({}),
      clusterRoles: storage({lister: role(['list'], ['pods'])}),
      roleBindings: storage(many),
      clusterRoleBindings: storage({}),
    });
    let visited = 0;
    for (const _rule of crowded.rulesFor({name: 'alice', groups: []}, 'n77')) visited++;
    assert.equal(visited, 1);
  });
});
