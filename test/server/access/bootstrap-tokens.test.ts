import assert from 'node:assert/strict';
import {createBootstrapTokens} from '../../../server/access/bootstrap-tokens.ts';
import type {KubeObject} from '../../../server/api/object.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DATA = {'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true'};

function identify(token: string, data: {[name: string]: string}, more: object = {}) {
  const encoded = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString('base64')]));
  const secret = {metadata: {name: 'bootstrap-token-abcdef'}, type: 'bootstrap.kubernetes.io/token', data: encoded, ...more};
  const clock = {now: () => NOW, after: () => ({cancel() {}}), nextDue: () => undefined};
  const find = (_resource: string, namespace: string, name: string) =>
    namespace === 'kube-system' && name === 'bootstrap-token-abcdef' ? (secret as unknown as KubeObject) : undefined;
  return createBootstrapTokens(clock, find)(token);
}

describe('server/access/bootstrap-tokens', () => {
  it('knows a token with its groups', () => {
    const data = {...DATA, expiration: '2026-01-01T00:00:01Z', 'auth-extra-groups': 'system:bootstrappers:a,system:bootstrappers:b'};
    assert.deepEqual(identify('abcdef.0123456789abcdef', data), {
      name: 'system:bootstrap:abcdef',
      groups: ['system:bootstrappers', 'system:bootstrappers:a', 'system:bootstrappers:b'],
    });
  });

  const unknown: [string, string, {[name: string]: string}, object?][] = [
    ['another password', 'abcdef.0123456789abcdeg', DATA],
    ['another id', 'abcdeg.0123456789abcdef', DATA],
    ['another form', 'abcdef.0123456789', DATA],
    ['expired', 'abcdef.0123456789abcdef', {...DATA, expiration: '2026-01-01T00:00:00Z'}],
    ['no time', 'abcdef.0123456789abcdef', {...DATA, expiration: 'soon'}],
    ['not for authentication', 'abcdef.0123456789abcdef', {...DATA, 'usage-bootstrap-authentication': 'false'}],
    ['groups of others', 'abcdef.0123456789abcdef', {...DATA, 'auth-extra-groups': 'system:masters'}],
    ['another type', 'abcdef.0123456789abcdef', DATA, {type: 'Opaque'}],
  ];
  for (const [what, token, data, more] of unknown) {
    it(`does not know: ${what}`, () => {
      assert.equal(identify(token, data, more), undefined);
    });
  }
});
