import assert from 'node:assert/strict';
import {toYaml} from '../../../server/encode/yaml.ts';

const words = (count: number, word = 'word') => Array.from({length: count}, () => word).join(' ');

describe('YAML answers', () => {
  it('sort keys and quote what would read as something else', () => {
    assert.equal(toYaml({b: 'yes', a: ['1', 'x'], c: '2024-01-01'}), 'a:\n- "1"\n- x\nb: "yes"\nc: "2024-01-01"\n');
  });

  it('break a text at the first space beyond column 80', () => {
    assert.equal(toYaml({a: {message: words(20)}}), `a:\n  message: ${words(15)}\n    ${words(5)}\n`);
    assert.equal(toYaml({list: [words(18)]}), `list:\n- ${words(16)}\n  ${words(2)}\n`);
    assert.equal(toYaml({list: [{a: words(18)}]}), `list:\n- a: ${words(16)}\n    ${words(2)}\n`);
  });

  it('break quoted texts too, never a word', () => {
    assert.equal(toYaml({a: `b: ${words(18)}`}), `a: 'b: ${words(15)}\n  ${words(3)}'\n`);
    assert.equal(toYaml({a: 'x'.repeat(100)}), `a: ${'x'.repeat(100)}\n`);
  });

  it('leave texts of several lines alone', () => {
    const text = `${words(20)}\n${words(30)}`;
    assert.equal(toYaml({a: text, b: words(18)}), `a: |-\n  ${words(20)}\n  ${words(30)}\nb: ${words(16)}\n  ${words(2)}\n`);
  });
});
