import assert from 'node:assert/strict';
import {createClock, createWallClock} from '../../../cluster/clock.ts';
import {createWebhookTokens} from '../../../server/access/webhook-tokens.ts';
import type {JsonObject} from '../../../server/api/json.ts';

function world(answer: (token: string) => JsonObject | Error) {
  const asked: JsonObject[] = [];
  const clock = createClock({wall: createWallClock(), manual: true});
  const webhook = {
    async ask({spec}: {spec: JsonObject}) {
      asked.push(spec);
      const status = answer(spec.token as string);
      if (status instanceof Error) throw status;
      return status;
    },
    close() {},
  };
  return {asked, clock, authenticate: createWebhookTokens({webhook, version: 'v1', ttl: 120_000, audiences: ['api'], clock})};
}

const alice = {authenticated: true, user: {username: 'alice', uid: 'u', groups: ['devs'], extra: {team: ['a']}}};

describe('server/access/webhook-tokens', () => {
  it('takes the webhook’s word', async () => {
    const {asked, authenticate} = world(() => alice);
    assert.deepEqual(await authenticate('t', ['api']), {
      identity: {name: 'alice', uid: 'u', groups: ['devs'], extra: {team: ['a']}},
      audiences: ['api'],
    });
    assert.deepEqual(asked, [{token: 't', audiences: ['api']}]);
  });

  it('believes it for a while, yes and no alike, and never an error', async () => {
    const {asked, clock, authenticate} = world(token =>
      token === 'bad' ? {authenticated: false} : token === 't' ? alice : new Error('down'),
    );
    await authenticate('t', ['api']);
    await authenticate('t', ['api']);
    assert.equal(await authenticate('bad', ['api']), undefined);
    await authenticate('bad', ['api']);
    assert.equal(asked.length, 2);
    await clock.advance(120_001);
    await authenticate('t', ['api']);
    assert.equal(asked.length, 3);
    for (const _ of [1, 2]) assert.deepEqual(await authenticate('unlucky', ['api']), {error: 'down'});
    assert.equal(asked.length, 5);
  });

  it('asks once for all who ask the same at once', async () => {
    const {asked, authenticate} = world(() => alice);
    await Promise.all(Array.from({length: 20}, () => authenticate('t', ['api'])));
    assert.equal(asked.length, 1);
    await authenticate('t', ['vault']);
    assert.equal(asked.length, 2);
  });

  it('minds for whom the token is', async () => {
    const {authenticate} = world(token => ({...alice, ...(token === 'said' && {audiences: ['vault', 'x']})}));
    assert.equal(await authenticate('silent', ['vault']), undefined);
    const said = await authenticate('said', ['vault']);
    assert.deepEqual(said && 'audiences' in said && said.audiences, ['vault']);
    assert.equal(await authenticate('said', ['api']), undefined);
  });

  it('passes on what the webhook says against a token', async () => {
    const {authenticate} = world(() => ({authenticated: false, error: 'expired', user: {username: 'alice'}}));
    assert.deepEqual(await authenticate('t', ['api']), {error: 'expired'});
  });
});
