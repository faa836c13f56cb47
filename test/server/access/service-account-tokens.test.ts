import assert from 'node:assert/strict';
import {createPublicKey, generateKeyPairSync, type KeyObject} from 'node:crypto';
import {createLocalJWKSet, type JSONWebKeySet, jwtVerify} from 'jose';
import {parseJwt, signingKey, signJwt} from '../../../server/access/jwt.ts';
import {createServiceAccountTokens, type TokenClaims} from '../../../server/access/service-account-tokens.ts';
import {createTokenAuthenticator, forAudiences, knownTokens} from '../../../server/access/tokens.ts';
import type {JsonObject} from '../../../server/api/json.ts';
import type {KubeObject} from '../../../server/api/object.ts';

const ISSUER = 'https://issuer.example';
const CLAIMS: TokenClaims = {namespace: 'n', account: {name: 'robot', uid: 'u1'}, audiences: [ISSUER], lifetime: 600};

describe('server/access/service-account-tokens', () => {
  let privateKey: KeyObject;
  beforeEach(() => {
    privateKey = generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey;
  });

  function world(verifiers?: KeyObject[]) {
    const objects = new Map<string, KubeObject>([['serviceaccounts n/robot', {metadata: {name: 'robot', uid: 'u1'}}]]);
    const state = {now: 1_000_000_000_000, keys: 0, objects};
    const tokens = createServiceAccountTokens({
      issuer: ISSUER,
      key: async () => {
        state.keys++;
        return privateKey;
      },
      verifiers,
      clock: {now: () => state.now, after: () => ({cancel() {}}), nextDue: () => undefined},
      random: {float: () => 0, integer: () => 0, bytes: length => new Uint8Array(length), uuid: () => 'id'},
      find: (resource, namespace, name) => objects.get(`${resource} ${namespace}/${name}`),
    });
    return {state, tokens};
  }

  it('knows the account by its token', async () => {
    const {tokens} = world();
    assert.deepEqual(await tokens.authenticate(await tokens.issue(CLAIMS), [ISSUER]), {
      identity: {
        name: 'system:serviceaccount:n:robot',
        uid: 'u1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:n'],
        extra: {'authentication.kubernetes.io/credential-id': ['JTI=id']},
      },
      audiences: [ISSUER],
    });
  });

  for (const [curve, alg] of [
    ['P-256', 'ES256'],
    ['P-384', 'ES384'],
    ['P-521', 'ES512'],
  ] as const) {
    it(`signs with ${alg} if its key is one of ${curve}`, async () => {
      privateKey = generateKeyPairSync('ec', {namedCurve: curve}).privateKey;
      const {tokens} = world();
      const token = await tokens.issue(CLAIMS);
      const keys = await tokens.keys();
      // By a library of others.
      const {protectedHeader} = await jwtVerify(token, createLocalJWKSet(keys as unknown as JSONWebKeySet), {currentDate: new Date(1e12)});
      assert.equal(protectedHeader.alg, alg);
      assert.ok('identity' in (await tokens.authenticate(token, [ISSUER]))!);
    });
  }

  it('verifies by the keys it is given, and tells them', async () => {
    const other = generateKeyPairSync('rsa', {modulusLength: 2048}).publicKey;
    const mine = createPublicKey(privateKey);
    const token = await world().tokens.issue(CLAIMS);
    assert.ok('identity' in (await world([other, mine]).tokens.authenticate(token, [ISSUER]))!);
    assert.equal(await world([other]).tokens.authenticate(token, [ISSUER]), undefined);
    assert.equal(((await world([other, mine]).tokens.keys()).keys as unknown[]).length, 2);
  });

  it('makes its key once, and not before somebody needs it', async () => {
    const {tokens, state} = world();
    assert.equal(state.keys, 0);
    assert.equal(await tokens.authenticate('no-token', [ISSUER]), undefined);
    assert.equal(state.keys, 0);
    await Promise.all([tokens.issue(CLAIMS), tokens.issue(CLAIMS), tokens.keys()]);
    assert.equal(state.keys, 1);
  });

  const later: [string, (state: ReturnType<typeof world>['state']) => void, string][] = [
    [
      'expired',
      state => {
        state.now += 700_000;
      },
      'service account token has expired',
    ],
    ['deleted account', ({objects}) => void objects.clear(), 'serviceaccounts "robot" not found'],
    [
      'another account of that name',
      ({objects}) => void objects.set('serviceaccounts n/robot', {metadata: {uid: 'u2'}}),
      'service account UID (u2) does not match claim (u1)',
    ],
    ['deleted pod', ({objects}) => void objects.delete('pods n/p'), 'service account token has been invalidated'],
    [
      'another pod of that name',
      ({objects}) => void objects.set('pods n/p', {metadata: {uid: 'p2'}}),
      'pod UID (p2) does not match service account pod ref claim (p1)',
    ],
  ];
  for (const [what, change, error] of later) {
    it(`refuses a token that was good: ${what}`, async () => {
      const {tokens, state} = world();
      state.objects.set('pods n/p', {metadata: {uid: 'p1'}});
      const token = await tokens.issue({...CLAIMS, pod: {name: 'p', uid: 'p1'}});
      assert.ok('identity' in (await tokens.authenticate(token, [ISSUER]))!);
      change(state);
      assert.deepEqual(await tokens.authenticate(token, [ISSUER]), {error});
    });
  }

  it('accepts tokens for one of the audiences only', async () => {
    const {tokens} = world();
    const token = await tokens.issue({...CLAIMS, audiences: ['vault', 'other']});
    assert.deepEqual(await tokens.authenticate(token, [ISSUER]), {
      error: `token audiences ["vault" "other"] is invalid for the target audiences ["${ISSUER}"]`,
    });
    assert.deepEqual((await tokens.authenticate(token, ['other', 'third'])) as object, {
      ...((await tokens.authenticate(token, ['other'])) as object),
      audiences: ['other'],
    });
  });

  it('trusts nothing that it has not signed', async () => {
    const {tokens} = world();
    const good = await tokens.issue(CLAIMS);
    const {claims} = parseJwt(good)!;
    const stranger = signingKey(generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey);
    const part = (object: JsonObject) => Buffer.from(JSON.stringify(object)).toString('base64url');
    const [head, body, signature] = good.split('.') as [string, string, string];
    const forged = {...claims, sub: 'system:serviceaccount:kube-system:admin'};
    for (const bad of [
      await signJwt(claims, stranger),
      `${part({alg: 'none'})}.${body}.${signature}`,
      `${part({alg: 'HS256'})}.${body}.${signature}`,
      `${head}.${part(forged)}.${signature}`,
      `${head}.${body}.`,
      `${head}.${body}`,
      '..',
    ]) {
      assert.equal(await tokens.authenticate(bad, [ISSUER]), undefined, bad);
    }
  });

  it('takes tokens of Secrets as long as they hold them', async () => {
    const {tokens, state} = world();
    const token = await tokens.issueLegacy({namespace: 'n', name: 'robot', uid: 'u1', secret: 's'});
    assert.deepEqual(await tokens.authenticate(token, [ISSUER]), {error: 'token has been invalidated'});
    const secret = (text: string) => ({metadata: {uid: 's1'}, data: {token: Buffer.from(text).toString('base64')}});
    state.objects.set('secrets n/s', secret(token));
    assert.ok('identity' in (await tokens.authenticate(token, [ISSUER]))!);
    assert.deepEqual(await tokens.authenticate(token, ['vault']), {
      error: `token audiences ["${ISSUER}"] is invalid for the target audiences ["vault"]`,
    });
    state.objects.set('secrets n/s', secret('another'));
    assert.deepEqual(await tokens.authenticate(token, [ISSUER]), {error: "token does not match server's copy"});
  });

  it('is asked after the tokens known from the start', async () => {
    const {tokens} = world();
    const all = createTokenAuthenticator(
      [ISSUER],
      [forAudiences([ISSUER], knownTokens(new Map([['secret', {name: 'bob', groups: ['ops']}]]))), tokens.authenticate],
    );
    assert.deepEqual(await all.authenticate('secret'), {
      identity: {name: 'bob', groups: ['ops', 'system:authenticated']},
      audiences: [ISSUER],
    });
    assert.deepEqual(await all.authenticate('secre'), {error: 'invalid bearer token'});
    assert.deepEqual(await all.authenticate('secret', ['vault']), {error: 'invalid bearer token'});
  });
});
