import assert from 'node:assert/strict';
import type {ClusterRole, Role, RoleBinding} from '../../../../server/api/kinds.generated.ts';
import {rbac} from '../../../../server/resources/rbac/index.ts';
import {rulesOf} from '../core/support.ts';

const metadata = {name: 'a', namespace: 'default'};

describe('roles', () => {
  it('have rules with verbs and what they are for', () => {
    const {create} = rulesOf<Role>(rbac.Role!);
    assert.deepEqual(create({metadata, rules: [{verbs: []}]}).errors, [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ]);
    assert.deepEqual(create({metadata, rules: [{verbs: ['get'], nonResourceURLs: ['/x']}]}).errors, [
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    ]);
  });

  it('of clusters may be for paths', () => {
    const {create} = rulesOf<ClusterRole>(rbac.ClusterRole!);
    assert.deepEqual(create({metadata: {name: 'a'}, rules: [{verbs: ['get'], nonResourceURLs: ['/x']}]}).errors, []);
  });
});

describe('role bindings', () => {
  const {create, update} = rulesOf<RoleBinding>(rbac.RoleBinding!);
  const roleRef = {apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r'};

  it('know groups of subjects', () => {
    const {object, errors} = create({
      metadata,
      roleRef,
      subjects: [
        {kind: 'User', name: 'u'},
        {kind: 'Robot', name: 's'},
      ],
    });
    assert.deepEqual(errors, ['subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"']);
    assert.equal(object.subjects![0]!.apiGroup, 'rbac.authorization.k8s.io');
  });

  it('keep their role', () => {
    const {errors} = update({metadata, roleRef}, object => {
      object.roleRef = {...roleRef, name: 's'};
    });
    assert.deepEqual(errors, [
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"s"}: cannot change roleRef',
    ]);
  });
});
