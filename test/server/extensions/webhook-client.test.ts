import assert from 'node:assert/strict';
import {answered} from '../../../server/extensions/webhook-client.ts';

const status = JSON.stringify({kind: 'Status', apiVersion: 'v1', message: 'said so'});

/** Status, text, content type, message. */
const failures: [number, string, string, string][] = [
  [200, '', 'text/plain', '0-length response with status code: 200 and content type: text/plain'],
  [200, '<html>', 'text/html', "couldn't get version/kind; json parse error: invalid character '<' looking for beginning of value"],
  [500, 'boom\n', 'text/plain; charset=utf-8', 'an error on the server ("boom") has prevented the request from succeeding'],
  [500, '{"a":1}', 'application/json', 'an error on the server ("unknown") has prevented the request from succeeding'],
  [502, '', '', 'an error on the server ("unknown") has prevented the request from succeeding'],
  [500, status, 'application/json', 'said so'],
  [403, 'go away', 'text/plain', 'go away'],
  [404, 'not here', 'text/plain', 'the server could not find the requested resource'],
  [405, '', '', 'the server does not allow this method on the requested resource'],
  [415, 'what?', 'text/plain', 'what?'],
  [418, 'tea', 'text/plain', 'the server responded with the status code 418 but did not return more information'],
  [504, '', '', 'the server was unable to return a response in the time allotted, but may still be processing the request'],
];

describe('server/extensions/webhook-client', () => {
  for (const [code, text, type, message] of failures)
    it(`says of ${code} ${JSON.stringify(text)}: ${message}`, () => assert.throws(() => answered(code, text, type), {message}));

  it('takes any JSON, whatever it is called', () => {
    assert.deepEqual(answered(201, '{"a":1}', 'text/plain'), {a: 1});
  });
});
