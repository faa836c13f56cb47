import assert from 'node:assert/strict';
import type {WebhookAddress} from '../../../server/resources/webhook.ts';
import {validateWebhookAddress} from '../../../server/resources/webhook.ts';
import {told} from './core/support.ts';

describe('addresses of webhooks', () => {
  const errors = (address: WebhookAddress): string[] => told(validateWebhookAddress(address, 'c'));
  const service = {name: 'n', namespace: 's', port: 443};

  it('are a URL or a service', () => {
    assert.deepEqual(errors({url: 'https://a.example/x'}), []);
    assert.deepEqual(errors({service}), []);
    const one = ['c: Required value: exactly one of url or service is required'];
    assert.deepEqual(errors({}), one);
    assert.deepEqual(errors({url: 'https://a', service}), one);
  });

  it('want a plain HTTPS URL', () => {
    assert.deepEqual(errors({url: 'http://u@h?q#f'}), [
      `c.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'c.url: Invalid value: "u": user information is not permitted in the URL',
      'c.url: Invalid value: "f": fragments are not permitted in the URL',
      'c.url: Invalid value: "q": query parameters are not permitted in the URL',
    ]);
    assert.match(errors({url: 'https://a:x'})[0]!, /invalid port ":x" after host/);
    assert.match(errors({url: 'https://[::1/x'})[0]!, /: missing '\]' in host; desired format/);
  });

  it('want a port and a clean path of a service', () => {
    assert.deepEqual(errors({service: {...service, port: 0}}), [
      'c.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
    ]);
    assert.deepEqual(errors({service: {...service, path: '/a//b'}}), [
      'c.service.path: Invalid value: "/a//b": segment[1] may not be empty',
    ]);
    assert.deepEqual(errors({service: {...service, path: 'ab'}}), [`c.service.path: Invalid value: "ab": must start with a '/'`]);
  });
});
