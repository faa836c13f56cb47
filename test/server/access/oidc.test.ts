import assert from 'node:assert/strict';
import {exportJWK, generateKeyPair, type JWK, SignJWT} from 'jose';
import {type ClusterClock, createClock, createWallClock} from '../../../cluster/clock.ts';
import type {Oidc, OidcOptions} from '../../../server/access/oidc.ts';
import {createOidc} from '../../../server/access/oidc.ts';
import type {JsonObject} from '../../../server/api/json.ts';
import {useRemoteServer} from '../../support/remote-server.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');

describe('server/access/oidc', () => {
  const issuer = useRemoteServer();
  let published: JWK[];
  let open: Oidc | undefined;
  let clock: ClusterClock;

  const key = async (kid: string, algorithm = 'RS256') => {
    const {publicKey, privateKey} = await generateKeyPair(algorithm);
    return {kid, algorithm, privateKey, jwk: {...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig'} as JWK};
  };
  type Key = Awaited<ReturnType<typeof key>>;
  let first: Key;

  before(async () => {
    first = await key('1');
  });
  beforeEach(() => {
    clock = createClock({wall: createWallClock(), manual: true, start: NOW});
    published = [first.jwk];
    issuer.asked.length = 0;
    issuer.answer = ({path}) =>
      path === '/keys' ? {body: {keys: published}} : {body: {issuer: issuer.url, jwks_uri: `${issuer.url}/keys`}};
  });
  afterEach(() => open?.close());

  const oidc = (options: Partial<OidcOptions> = {}): Oidc => {
    open = createOidc(
      {
        issuer: issuer.url,
        clientId: 'kubernetes',
        usernameClaim: 'sub',
        usernamePrefix: 'oidc:',
        groupsClaim: 'groups',
        groupsPrefix: 'oidc:',
        requiredClaims: new Map(),
        signingAlgs: ['RS256'],
        ca: issuer.ca,
        ...options,
      },
      clock,
      createWallClock(),
    );
    return open;
  };
  const token = (claims: JsonObject = {}, by: Key = first): Promise<string> =>
    new SignJWT({iss: issuer.url, aud: 'kubernetes', sub: 'alice', exp: NOW / 1000 + 600, ...claims})
      .setProtectedHeader({alg: by.algorithm, kid: by.kid})
      .sign(by.privateKey);

  it('knows whose token it is', async () => {
    assert.deepEqual(await oidc().authenticate(await token({groups: ['a', 'b'], jti: 'id'})), {
      name: 'oidc:alice',
      groups: ['oidc:a', 'oidc:b'],
      extra: {'authentication.kubernetes.io/credential-id': ['JTI=id']},
    });
  });

  it('takes a single group without a list, and addresses that are verified', async () => {
    const known = oidc({usernameClaim: 'email', usernamePrefix: '', groupsPrefix: ''});
    assert.deepEqual(await known.authenticate(await token({email: 'a@b.c', email_verified: true, groups: 'ops'})), {
      name: 'a@b.c',
      groups: ['ops'],
    });
    assert.deepEqual(await known.authenticate(await token({email: 'a@b.c', email_verified: false})), {error: 'oidc: email not verified'});
  });

  it('follows a rotation of keys', async () => {
    const known = oidc();
    const old = await token();
    await known.authenticate(old);
    const second = await key('2');
    published = [second.jwk];
    // What was good is believed for a moment.
    assert.deepEqual(await known.authenticate(old), {name: 'oidc:alice', groups: []});
    await clock.advance(10_001);
    const answers = await Promise.all(Array.from({length: 5}, async () => known.authenticate(await token({}, second))));
    for (const answer of answers) assert.deepEqual(answer, {name: 'oidc:alice', groups: []});
    assert.equal(issuer.asked.filter(({path}) => path === '/keys').length <= 6, true);
    assert.match(((await known.authenticate(old)) as {error: string}).error, /failed to verify signature/);
  });

  it('tries keys that have no name one after the other', async () => {
    const second = await key('2');
    const nameless = ({kid: _kid, ...jwk}: JWK): JWK => jwk;
    published = [nameless(second.jwk), nameless(first.jwk)];
    const unnamed = await new SignJWT({iss: issuer.url, aud: ['other', 'kubernetes'], sub: 'alice', exp: NOW / 1000 + 1})
      .setProtectedHeader({alg: 'RS256'})
      .sign(first.privateKey);
    assert.deepEqual(await oidc().authenticate(unnamed), {name: 'oidc:alice', groups: []});
    published = [nameless(second.jwk), nameless((await key('3')).jwk)];
    assert.ok('error' in (await oidc().authenticate(unnamed))!);
  });

  it('finds the issuer when it comes to life', async () => {
    const answer = issuer.answer;
    issuer.answer = () => ({status: 503, body: {}});
    const known = oidc();
    assert.deepEqual(await known.authenticate(await token()), {error: 'oidc: authenticator not initialized'});
    // Asked again only after a while.
    issuer.answer = answer;
    assert.deepEqual(await known.authenticate(await token()), {error: 'oidc: authenticator not initialized'});
    assert.equal(issuer.asked.length, 1);
  });

  it('believes no token beyond its end', async () => {
    const known = oidc();
    const short = await token({exp: clock.now() / 1000 + 3});
    assert.ok('name' in (await known.authenticate(short))!);
    await clock.advance(3001);
    assert.match(((await known.authenticate(short)) as {error: string}).error, /token is expired/);
  });

  it('leaves other issuers’ tokens and what is no token to others', async () => {
    const known = oidc();
    for (const other of [await token({iss: 'https://elsewhere'}), 'x', 'a.b.c', ''])
      assert.equal(await known.authenticate(other), undefined);
    assert.equal(issuer.asked.length, 0);
  });

  it('does not trust an issuer that another authority stands behind', async () => {
    const {ca: _ca, ...options} = {ca: issuer.ca};
    const known = oidc({...options, ca: undefined} as Partial<OidcOptions>);
    assert.deepEqual(await known.authenticate(await token()), {error: 'oidc: authenticator not initialized'});
  });

  const expired = 'oidc: verify token: oidc: token is expired (Token Expiry: 2026-05-31 23:59:59 +0000 UTC)';
  const refusals: [string, JsonObject, RegExp | string, Partial<OidcOptions>?][] = [
    ['expired', {exp: NOW / 1000 - 1}, expired],
    ['without an end', {exp: 'never'}, /token is expired/],
    ['not valid yet', {nbf: NOW / 1000 + 301}, /before the nbf/],
    ['for others', {aud: ['vault']}, 'oidc: verify token: oidc: expected audience "kubernetes" got ["vault"]'],
    ['without a name', {sub: undefined as never}, 'oidc: parse username claims "sub": claim not present'],
    ['with a name that is a number', {sub: 5}, /cannot unmarshal number into Go value of type string/],
    ['whose name would be JavaScript’s own', {}, /claim not present/, {usernameClaim: 'constructor'}],
    ['with groups that are none', {groups: [1]}, /parse groups claim "groups"/],
    ['without a required claim', {}, 'oidc: required claim hd not present in ID token', {requiredClaims: new Map([['hd', 'x']])}],
    ['with another value of a required claim', {hd: 'y'}, /Got = y, want = x/, {requiredClaims: new Map([['hd', 'x']])}],
    ['whose groups are elsewhere', {_claim_names: {groups: 's'}}, /distributed claims/],
    ['signed in another way than allowed', {}, /unsupported algorithm, expected \["ES256"\] got "RS256"/, {signingAlgs: ['ES256']}],
  ];
  for (const [what, claims, message, options] of refusals) {
    it(`refuses a token ${what}`, async () => {
      const answer = (await oidc(options).authenticate(await token(claims))) as {error: string};
      if (typeof message === 'string') assert.deepEqual(answer, {error: message});
      else assert.match(answer.error, message);
    });
  }

  it('refuses forged tokens', async () => {
    const known = oidc({signingAlgs: ['RS256', 'ES256']});
    const [head, body, signature] = (await token()).split('.') as [string, string, string];
    const forger = await key('1');
    const claims = Buffer.from(JSON.stringify({iss: issuer.url, aud: 'kubernetes', sub: 'root', exp: NOW})).toString('base64url');
    const header = (fields: JsonObject) => Buffer.from(JSON.stringify(fields)).toString('base64url');
    for (const forged of [
      await token({}, forger),
      `${head}.${claims}.${signature}`,
      `${header({alg: 'none'})}.${body}.${signature}`,
      `${header({alg: 'HS256', kid: '1'})}.${body}.${signature}`,
      `${header({alg: 'ES256', kid: '1'})}.${body}.${signature}`,
    ]) {
      const answer = await known.authenticate(forged);
      assert.ok(answer && 'error' in answer, forged);
    }
  });
});
