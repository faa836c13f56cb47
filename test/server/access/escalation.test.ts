import assert from 'node:assert/strict';
import {escalationMessage, missingRules} from '../../../server/access/escalation.ts';
import type {PolicyRule} from '../../../server/api/kinds.generated.ts';

const rule = (apiGroups: string[], resources: string[], verbs: string[], resourceNames?: string[]): PolicyRule => ({
  apiGroups,
  resources,
  verbs,
  ...(resourceNames && {resourceNames}),
});

describe('server/access/escalation', () => {
  const cases: [string, PolicyRule[], PolicyRule[], number][] = [
    ['the same', [rule([''], ['pods'], ['get'])], [rule([''], ['pods'], ['get'])], 0],
    ['two rules together', [rule([''], ['pods'], ['get']), rule([''], ['pods'], ['list'])], [rule([''], ['pods'], ['get', 'list'])], 0],
    ['a wildcard covers', [rule(['*'], ['*'], ['*'])], [rule(['apps'], ['deployments/scale'], ['patch'])], 0],
    ['a wildcard is not covered', [rule([''], ['pods'], ['get'])], [rule([''], ['*'], ['get'])], 1],
    ['a subresource of all', [rule([''], ['*/status'], ['get'])], [rule([''], ['pods/status', 'pods/log'], ['get'])], 1],
    ['names are narrower', [rule([''], ['pods'], ['get'], ['a'])], [rule([''], ['pods'], ['get'])], 1],
    ['some of the names', [rule([''], ['pods'], ['get'], ['a', 'b'])], [rule([''], ['pods'], ['get'], ['b', 'c'])], 1],
    ['paths below', [{nonResourceURLs: ['/api/*'], verbs: ['get']}], [{nonResourceURLs: ['/api/x', '/apis'], verbs: ['get']}], 1],
  ];
  for (const [what, own, wanted, missing] of cases) {
    it(`finds what is missing: ${what}`, () => {
      assert.equal(missingRules(own, wanted).length, missing);
    });
  }

  it('names what is missing, verbs of one resource together', () => {
    const missing = missingRules([], [rule([''], ['pods'], ['get', 'list'], ['a']), {nonResourceURLs: ['/x'], verbs: ['get']}]);
    assert.equal(
      escalationMessage({name: 'alice', groups: ['devs', 'ops']}, missing),
      'user "alice" (groups=["devs" "ops"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get" "list"]}\n' +
        '{NonResourceURLs:["/x"], Verbs:["get"]}',
    );
  });
});
