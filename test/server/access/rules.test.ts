import assert from 'node:assert/strict';
import type {Rbac} from '../../../server/access/rbac.ts';
import {rulesStatus} from '../../../server/access/rules.ts';

const rbac = {
  *rulesFor() {
    yield {rule: {verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['p']}};
    yield {rule: {verbs: ['get'], nonResourceURLs: ['/healthz']}};
  },
  complaints: () => [],
} as unknown as Rbac;
const OWN = {
  resourceRules: [{verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['p']}],
  nonResourceRules: [{verbs: ['get'], nonResourceURLs: ['/healthz']}],
};
const alice = {name: 'alice', groups: ['devs']};

describe('server/access/rules', () => {
  it('lists what roles give, resources and paths apart', () => {
    assert.deepEqual(rulesStatus(rbac, ['Node', 'RBAC'], alice, 'n'), {...OWN, incomplete: false});
  });

  it('says that a node may more than can be listed', () => {
    assert.deepEqual(rulesStatus(rbac, ['Node', 'RBAC'], {name: 'system:node:a', groups: ['system:nodes']}, 'n'), {
      ...OWN,
      incomplete: true,
      evaluationError: 'node authorizer does not support user rule resolution',
    });
  });

  it('lists everything where everything is allowed', () => {
    assert.deepEqual(rulesStatus(rbac, ['AlwaysAllow'], alice, 'n'), {
      resourceRules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}],
      nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}],
      incomplete: false,
    });
  });

  it('lists nothing where nobody decides', () => {
    assert.deepEqual(rulesStatus(rbac, ['AlwaysDeny'], alice, 'n'), {resourceRules: [], nonResourceRules: [], incomplete: false});
  });
});
