import assert from 'node:assert/strict';
import {warningHeaders} from '../../../server/transport/warnings.ts';

const lengths = (headers: string[]) => headers.map(header => header.length - '299 - ""'.length);

describe('Warning headers', () => {
  it('carry their texts quoted', () => {
    assert.deepEqual(warningHeaders(['unknown field "a\\b"', 'two\nlines']), ['299 - "unknown field \\"a\\\\b\\""', '299 - "two lines"']);
  });

  it('go out as they are while they are short together', () => {
    assert.deepEqual(lengths(warningHeaders(['a'.repeat(4000), 'b'.repeat(96)])), [4000, 96]);
  });

  it('are cut when they are too much together', () => {
    assert.deepEqual(lengths(warningHeaders(['a'.repeat(4000), 'b'.repeat(97), 'c'.repeat(300)])), [256, 97, 256]);
  });

  it('end where even cut ones are too many', () => {
    const headers = warningHeaders(Array.from({length: 100}, (_, i) => `${i}`.repeat(300)));
    assert.equal(headers.length, 16);
    assert.ok(lengths(headers).every(length => length === 256));
  });
});
