import assert from 'node:assert/strict';
import type {LocalSubjectAccessReview, SubjectAccessReview} from '../../../../server/api/kinds.generated.ts';
import {authorization} from '../../../../server/resources/authorization/index.ts';
import {rulesOf} from '../core/support.ts';

describe('access reviews', () => {
  const {create} = rulesOf<SubjectAccessReview>(authorization.SubjectAccessReview!);
  const resourceAttributes = {verb: 'get', resource: 'pods'};

  it('ask one question about somebody', () => {
    assert.deepEqual(create({metadata: {}, spec: {user: 'u', resourceAttributes}}).errors, []);
    assert.deepEqual(create({metadata: {}, spec: {}}).errors, [
      'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    ]);
    assert.deepEqual(create({metadata: {}, spec: {groups: ['g'], resourceAttributes, nonResourceAttributes: {path: '/'}}}).errors, [
      'spec.nonResourceAttributes: Invalid value: {"Path":"/","Verb":""}: cannot be specified in combination with resourceAttributes',
    ]);
  });

  it('select by requirements or a text', () => {
    const labelSelector = {rawSelector: 'a', requirements: [{key: 'k', operator: 'New', values: ['v']}]};
    assert.deepEqual(create({metadata: {}, spec: {user: 'u', resourceAttributes: {...resourceAttributes, labelSelector}}}).errors, [
      'spec.resourceAttributes.labelSelector.rawSelector: Invalid value: "a": may not specified at the same time as requirements',
    ]);
  });

  it('stay in their namespace', () => {
    const local = rulesOf<LocalSubjectAccessReview>(authorization.LocalSubjectAccessReview!);
    const {errors} = local.create({
      metadata: {namespace: 'a'},
      spec: {user: 'u', resourceAttributes: {...resourceAttributes, namespace: 'b'}},
    });
    assert.deepEqual(errors, ['spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace']);
  });
});
