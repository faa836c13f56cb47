import assert from 'node:assert/strict';
import type {ValidatingWebhookConfiguration} from '../../../../server/api/kinds.generated.ts';
import {admissionregistration} from '../../../../server/resources/admissionregistration/index.ts';
import {rulesOf} from '../core/support.ts';

describe('webhook configurations', () => {
  const {create} = rulesOf<ValidatingWebhookConfiguration>(admissionregistration.ValidatingWebhookConfiguration!);
  const webhook = {
    name: 'a.example.com',
    clientConfig: {url: 'https://a.example.com'},
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    rules: [{operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods']}],
  };

  it('fail and match equivalents unless told otherwise', () => {
    const {object, errors} = create({metadata: {name: 'a'}, webhooks: [webhook]});
    assert.deepEqual(errors, []);
    const [{failurePolicy, matchPolicy, timeoutSeconds} = {} as never] = object.webhooks!;
    assert.deepEqual([failurePolicy, matchPolicy, timeoutSeconds], ['Fail', 'Equivalent', 10]);
  });

  it('name their webhooks once, by domains', () => {
    const {errors} = create({metadata: {name: 'a'}, webhooks: [{...webhook, name: 'a'}, webhook, webhook]});
    assert.match(errors[0]!, /^webhooks\[0\]\.name: Invalid value: "a": should be a domain with at least three segments/);
    assert.equal(errors[1], 'webhooks[2].name: Duplicate value: "a.example.com"');
  });

  it('review in a version that is known, without side effects', () => {
    const {errors} = create({metadata: {name: 'a'}, webhooks: [{...webhook, admissionReviewVersions: ['v9'], sideEffects: 'Some'}]});
    assert.deepEqual(errors, [
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
    ]);
  });
});
