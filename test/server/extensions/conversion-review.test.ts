import assert from 'node:assert/strict';
import type {Json, JsonObject} from '../../../server/api/json.ts';
import type {WebhookConversion} from '../../../server/api/kinds.generated.ts';
import type {KubeObject} from '../../../server/api/object.ts';
import type {Random} from '../../../server/api/random.ts';
import {createReview} from '../../../server/extensions/conversion-review.ts';
import type {WebhookClient} from '../../../server/extensions/webhook-client.ts';

const object = {apiVersion: 'g.io/v1', kind: 'Widget', metadata: {name: 'w', namespace: 'n', uid: 'u', labels: {a: 'b'}}} as KubeObject;
const other = (more: object = {}, metadata: object | undefined = object.metadata): JsonObject =>
  ({...object, apiVersion: 'g.io/v2', ...more, metadata}) as unknown as JsonObject;
const success = {status: 'Success'};

/** Converts one object; `answer` is the response, `more` what the review is besides. */
async function review(answer: JsonObject | undefined, more: JsonObject = {}, version = 'v1'): Promise<KubeObject | string> {
  const client = {
    post: async (_config: object, sent: JsonObject) =>
      ({kind: 'ConversionReview', apiVersion: sent.apiVersion!, ...(answer && {response: answer}), ...more}) as Json,
    close() {},
  } satisfies WebhookClient;
  const webhook = {conversionReviewVersions: [version], clientConfig: {}} as WebhookConversion;
  try {
    return (await createReview(client, {uuid: () => 'uid-1'} as Random)(webhook, [object], 'g.io/v2'))[0]!;
  } catch (error) {
    return (error as Error).message.replace('conversion webhook for g.io/v1, Kind=Widget ', '');
  }
}
const converted = (result: JsonObject, more?: JsonObject, version?: string) =>
  review({uid: 'uid-1', result: success, convertedObjects: [result]}, more, version);

describe('server/extensions/conversion-review', () => {
  it('takes labels and annotations, and no other metadata', async () => {
    const result = await converted(other({spec: {}}, {...object.metadata, labels: {c: 'd'}, annotations: null, finalizers: ['x']}));
    assert.deepEqual(result, {
      apiVersion: 'g.io/v2',
      kind: 'Widget',
      metadata: {name: 'w', namespace: 'n', uid: 'u', labels: {c: 'd'}},
      spec: {},
    });
  });

  const failures: [string, Promise<KubeObject | string>][] = [
    ['failed: no response provided', review(undefined)],
    [
      'failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got /, Kind=',
      review({}, {kind: '', apiVersion: ''}),
    ],
    ['failed: expected response.uid="uid-1", got ""', review({result: success})],
    ["failed: response.result.status was '', not 'Success'", review({uid: 'uid-1'})],
    ['returned 0 objects, expected 1', review({uid: 'uid-1', result: success})],
    [
      'returned invalid object at index 0: invalid groupVersion (expected g.io/v2, received g.io/v1)',
      converted(other({apiVersion: 'g.io/v1'})),
    ],
    ['returned invalid object at index 0: invalid kind (expected Widget, received X)', converted(other({kind: 'X'}))],
    ['returned invalid object: must have the same UID: u != x', converted(other({}, {...object.metadata, uid: 'x'}))],
    ['returned invalid object: must have the same name: w != ', converted({apiVersion: 'g.io/v2', kind: 'Widget'})],
    [
      'returned invalid metadata: invalid metadata.labels of type []interface {} in converted object',
      converted(other({}, {...object.metadata, labels: []})),
    ],
    [
      'returned invalid metadata: metadata.annotations[a] must be a string, but is int64 in converted object',
      converted(other({}, {...object.metadata, annotations: {a: 1}})),
    ],
  ];
  for (const [message, result] of failures) it(`says: ${message}`, async () => assert.equal(await result, message));

  it('holds new labels to their rules', async () => {
    const result = await converted(other({}, {...object.metadata, labels: {'a b': 'c'}}));
    assert.match(String(result), /^returned invalid metadata: metadata.labels: Invalid value: "a b": name part must consist of /);
  });

  it('is less strict with v1beta1', async () => {
    const answer = {result: success, convertedObjects: [other()]};
    assert.equal(((await review(answer, {kind: 'X'}, 'v1beta1')) as KubeObject).apiVersion, 'g.io/v2');
  });
});
