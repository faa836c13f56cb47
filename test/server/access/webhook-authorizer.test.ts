import assert from 'node:assert/strict';
import {createClock, createWallClock} from '../../../cluster/clock.ts';
import type {AccessAttributes} from '../../../server/access/authorizer.ts';
import {authorizerChain, withDecisions} from '../../../server/access/authorizer.ts';
import {createWebhookAuthorizer} from '../../../server/access/webhook-authorizer.ts';
import type {JsonObject} from '../../../server/api/json.ts';

const pods: AccessAttributes = {
  identity: {name: 'alice', groups: ['devs'], uid: 'u', extra: {team: ['a']}},
  verb: 'list',
  isResource: true,
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'n',
  name: '',
  path: '',
};

function world(answer: (spec: JsonObject) => JsonObject | Error, version: 'v1' | 'v1beta1' = 'v1') {
  const asked: JsonObject[] = [];
  const clock = createClock({wall: createWallClock(), manual: true});
  const webhook = {
    async ask(review: {apiVersion: string; kind: string; spec: JsonObject}) {
      asked.push(review as unknown as JsonObject);
      const status = answer(review.spec);
      if (status instanceof Error) throw status;
      return status;
    },
    close() {},
  };
  return {asked, clock, authorizer: createWebhookAuthorizer({webhook, version, authorizedTtl: 300_000, unauthorizedTtl: 30_000, clock})};
}

describe('server/access/webhook-authorizer', () => {
  it('asks with all that is known', async () => {
    const {asked, authorizer} = world(() => ({allowed: true, reason: 'because'}));
    const selectors = {
      fieldSelector: [{field: 'spec.nodeName', operator: '=', value: 'a'}],
      labelSelector: [
        {key: 'app', operator: 'in', values: ['x', 'y']},
        {key: 'n', operator: 'gt', values: ['1']},
      ],
    } as const;
    assert.deepEqual(await authorizer({...pods, ...selectors}), {allowed: true, reason: 'because'});
    assert.deepEqual(asked, [
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          resourceAttributes: {
            namespace: 'n',
            verb: 'list',
            version: 'v1',
            resource: 'pods',
            fieldSelector: {requirements: [{key: 'spec.nodeName', operator: 'In', values: ['a']}]},
            labelSelector: {requirements: [{key: 'app', operator: 'In', values: ['x', 'y']}]},
          },
          user: 'alice',
          groups: ['devs'],
          extra: {team: ['a']},
          uid: 'u',
        },
      },
    ]);
  });

  it('names groups as v1beta1 does, and paths', async () => {
    const {asked, authorizer} = world(() => ({allowed: false}), 'v1beta1');
    await authorizer({...pods, isResource: false, path: '/metrics', verb: 'get'});
    assert.deepEqual(asked[0]!.spec, {
      nonResourceAttributes: {path: '/metrics', verb: 'get'},
      user: 'alice',
      group: ['devs'],
      extra: {team: ['a']},
      uid: 'u',
    });
  });

  it('believes a yes for longer than a no', async () => {
    let allowed = true;
    const {asked, clock, authorizer} = world(() => ({allowed}));
    await authorizer(pods);
    await clock.advance(299_000);
    assert.deepEqual(authorizer(pods), {allowed: true, reason: ''});
    allowed = false;
    await clock.advance(2000);
    assert.deepEqual(await authorizer(pods), {allowed: false, reason: ''});
    assert.deepEqual(authorizer(pods), {allowed: false, reason: ''});
    await clock.advance(30_000);
    await authorizer(pods);
    assert.equal(asked.length, 3);
  });

  it('denies for all, has no opinion when it fails', async () => {
    let status: JsonObject | Error = {allowed: false, denied: true, reason: 'never'};
    const {clock, authorizer} = world(() => status);
    const chain = authorizerChain(authorizer, () => ({allowed: true, reason: 'the other'}));
    assert.deepEqual(await chain(pods), {allowed: false, denied: true, reason: 'never'});
    await clock.advance(30_001);
    status = new Error('nobody there');
    assert.deepEqual(await chain(pods), {allowed: true, reason: 'the other'});
    assert.deepEqual(await authorizerChain(authorizer, () => ({allowed: false, reason: 'no'}))(pods), {
      allowed: false,
      reason: 'no',
      error: 'nobody there',
    });
  });

  it('answers those who cannot wait', async () => {
    const {authorizer} = world(({resourceAttributes}) => ({allowed: (resourceAttributes as JsonObject).resource === 'pods'}));
    const runs: boolean[][] = [];
    const result = await withDecisions(authorizer, decide => {
      const answers = ['pods', 'secrets'].map(resource => decide({...pods, resource}).allowed);
      runs.push(answers);
      return answers;
    });
    assert.deepEqual(result, [true, false]);
    assert.equal(runs.length, 2);
    assert.equal(
      withDecisions(
        () => ({allowed: true, reason: ''}),
        decide => decide(pods).allowed,
      ),
      true,
    );
  });
});
